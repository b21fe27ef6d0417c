"""How much memory a training takes, estimated before it begins, and what is free."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gan import games, models, registry
from gan.config import RunConfig

GROUP = Path("/sys/fs/cgroup")
FLOAT = 4  # bytes
COPIES = 4  # of every weight: itself, its gradient, two moments of Adam
OUTPUT_COPIES = (
    3.0  # times the output of every layer: kept for the gradient, the gradient, and what a layer computes with
)
MARGIN, BASE = 1.25, 30_000_000  # by which seven measured trainings lay above the plain sum, at most
PARAMETERS = 100_000_000  # of both networks, at most: a slip of the finger in a form is no network to wait for
SAMPLES = 128  # pictures that are drawn at once to be looked at, at least
TOO_LITTLE = (
    "alloc_cpu",
    "not enough memory",
    "bad_alloc",
    "out of memory",
    "Cannot allocate memory",
    "could not create",
)


def needed(config: RunConfig, shape: tuple[int, int, int], n_classes: int, batch: int | None = None) -> int:
    """Bytes that training takes beside what the process has already, for data of that shape; an estimate.

    Raises ValueError for networks that cannot make such data.
    """
    nets = games.outline(config, shape, n_classes)
    G, D = nets["G"], nets["D"]
    batch = batch or config.batch
    y = games.stand_in(G, 2, "meta")
    with torch.no_grad():
        made, of_g = _outputs(G.eval(), torch.zeros(2, config.z_dim, device="meta"), y)
        _, of_d = _outputs(D.eval(), made, y)
    weights = sum(p.numel() for net in (G, D) for p in net.parameters())
    copies = 2 * weights  # the EMA, and what is published
    passes = registry.card("games", config.game).facts.get("PASSES", 1)
    outputs = batch * passes * (sum(of_g) + 2 * sum(of_d)) * OUTPUT_COPIES + 2 * max(of_g) * max(
        SAMPLES, config.samples
    )
    return round(MARGIN * FLOAT * (COPIES * weights + copies + outputs)) + BASE


def refusal(config: RunConfig, shape: tuple[int, int, int], n_classes: int) -> str:
    """Why a training cannot be: too many parameters, or more memory than is free, and what would fit; "" when it can.

    Raises ValueError for networks that cannot make such data.
    """
    nets = games.outline(config, shape, n_classes)
    for letter, net in nets.items():
        if problem := models.misfit(net, letter):
            raise ValueError(problem)
    if (count := sum(p.numel() for net in nets.values() for p in net.parameters())) > PARAMETERS:
        return f"These networks have {count:,} parameters, and {PARAMETERS:,} are the most: make them smaller."
    if (there := free(config.device)) is None:
        return ""
    wanted = needed(config, shape, n_classes)
    if wanted <= there:
        return ""
    smaller = [size for size in (2**k for k in range(11, 2, -1)) if size < config.batch]
    fits = next((size for size in smaller if needed(config, shape, n_classes, size) <= there), 0)
    advice = f"A batch of {fits:,} would fit" if fits else "Lower the width and the batch"
    return (
        f"This takes about {_size(wanted)} of memory, and {_size(there)} are free: a batch of {config.batch:,} with a "
        f"width of {config.width} does not fit. {advice}; a smaller width or image size helps, too."
    )


def refusal_before(config: RunConfig) -> str:
    """The same before the data are read: of data whose shape is known, else of grey pictures of the size asked for."""
    facts = registry.card("datasets", config.dataset).facts
    C, H, W = facts.get("SHAPE") or (1, 28, 28)
    side = config.image_size
    shape = (C, side, side) if side and not facts.get("POINTS") else (C, H, W)
    try:
        return refusal(config, shape, 10 if config.conditional else 0)
    except ValueError as error:
        return str(error) if facts.get("SHAPE") or side else ""  # else the trainer says so, once the data are read
    except RuntimeError:
        return ""


def free(device: str) -> int | None:
    """Bytes that this process may still take on a device: by its own limit, its container's and the machine's."""
    if device.startswith("cuda") and torch.cuda.is_available():
        return int(torch.cuda.mem_get_info()[0]) + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    known = [limit for limit in (_own_limit(), _container(), _machine()) if limit is not None]
    return min(known, default=None)


def is_shortage(error: BaseException) -> bool:
    """Whether an error says that memory was short; PyTorch's allocators raise a plain RuntimeError."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in TOO_LITTLE)


def shortage(config: RunConfig) -> str:
    """What is told when memory was short, and what to lower."""
    what = "graphics card" if config.device == "cuda" else "machine"
    return (
        f"The {what} has too little memory for this. Close what else takes it, or start a new run with a smaller batch "
        f"(now {config.batch:,}), width (now {config.width}) or image size."
    )


def _outputs(net: nn.Module, x: Tensor, y: Tensor | None) -> tuple[Tensor, list[float]]:
    """What a network makes of two examples, and how many numbers each of its layers makes of one."""
    sizes: list[float] = []

    def count(_layer: nn.Module, _inputs: Any, made: Any) -> None:
        if isinstance(made, Tensor):
            sizes.append(made.numel() / len(x))

    leaves = [layer for layer in net.modules() if not [*layer.children()]]
    hooks = [layer.register_forward_hook(count) for layer in leaves]
    try:
        made: Tensor = net(x, y)
    finally:
        for hook in hooks:
            hook.remove()
    return made, sizes or [0.0]


def _own_limit() -> int | None:
    """What `ulimit -v` leaves; None without a limit."""
    with contextlib.suppress(ImportError, OSError, ValueError, IndexError):
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        if soft != resource.RLIM_INFINITY:
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            return max(0, soft - pages * resource.getpagesize())
    return None


def _container(home: Path = GROUP) -> int | None:
    """What the container's limit leaves (cgroup v2 or v1); None without one. Caches of files count as free."""
    for most, now in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        with contextlib.suppress(OSError, ValueError, KeyError):
            limit, used = int((home / most).read_text()), int((home / now).read_text())
            statistics = dict(line.split() for line in (home / now).with_name("memory.stat").read_text().splitlines())
            return max(
                0, limit - used + int(statistics.get("inactive_file", 0)) + int(statistics.get("active_file", 0))
            )
    return None


def _machine() -> int | None:
    """What the kernel calls available; None where it does not say."""
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("MemAvailable")))
    return None


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
