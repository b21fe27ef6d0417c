"""Hardware of this machine: usable CPU cores, the device to train on, threads."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from gan.config import ConfigError, RunConfig

Part = TypeVar("Part")
Result = TypeVar("Result")
GPU_DEVICES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # of the drivers of NVIDIA, AMD and Windows' Linux


def cores() -> int:
    """CPU cores this process may use: its affinity, cut by the container's quota; at least 1."""
    try:
        allowed = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        allowed = os.cpu_count() or 1
    return max(1, min(allowed, _quota()))


def _quota(home: Path = Path("/sys/fs/cgroup")) -> int:
    """Whole cores that the container may use at once (cgroup v2 or v1); a large number without a limit."""
    try:
        limit, period = (home / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            limit = (home / "cpu/cpu.cfs_quota_us").read_text()
            period = (home / "cpu/cpu.cfs_period_us").read_text()
        except OSError:
            return 1_000_000
    if not limit.strip().isdigit():
        return 1_000_000  # "max" or -1
    return max(1, math.ceil(int(limit) / int(period)))


def resolve(config: RunConfig) -> RunConfig:
    """The config with the device decided: "auto" takes CUDA, then MPS, then the CPU.

    Raises ConfigError for a device that is not here.
    """
    import torch

    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    device = config.device
    if device == "auto":
        device = next((name for name, there in here.items() if there), "cpu")
    elif not here.get(device, True):
        there = ", ".join(["cpu", *(name for name, ok in here.items() if ok)])
        raise ConfigError([f"device: {device!r} is not on this machine; there is {there}."])
    return config.replace(device=device)


def may_have_gpu() -> bool:
    """Whether PyTorch could find more than the CPU here: a Mac, or a driver's device. Without loading PyTorch."""
    return sys.platform == "darwin" or any(Path(device).exists() for device in GPU_DEVICES)


def use_threads(count: int) -> None:
    """Sets the number of CPU threads torch uses for the calling thread; other threads keep theirs."""
    import torch

    if torch.get_num_threads() != count:
        torch.set_num_threads(count)


def together(work: Callable[[Part], Result], parts: Iterable[Part]) -> list[Result]:
    """The results of `work(part)`, in order, by a pool of as many threads as the caller may use, one part each.

    Results do not depend on the count, and on a busy machine no thread waits for the others after every operation.
    """
    import torch

    with ThreadPoolExecutor(torch.get_num_threads(), initializer=lambda: use_threads(1)) as pool:
        return list(pool.map(torch.inference_mode()(work), parts))
