"""Says what machine a number was measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from gan import hardware


def describe() -> str:
    """One line: processor, its bfloat16, cores that may be used, load at the moment, Python and torch."""
    import torch

    load = os.getloadavg()[0]
    fast = {
        "AMX": torch.cpu._is_amx_tile_supported(),
        "AVX-512": torch.cpu._is_avx512_bf16_supported(),
    }
    bfloat16 = next((f"bfloat16 by {name}" for name, has in fast.items() if has), "no bfloat16")
    return (
        f"{_processor()}, {bfloat16}, {hardware.cores()} cores, load {load:.1f} at the start; Python "
        f"{platform.python_version()}, torch {torch.__version__}, {torch.get_num_threads()} threads by default"
    )


def _processor() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    names = [
        line.split(":", 1)[1].strip() for line in told.splitlines() if line.startswith("model name")
    ]
    return names[0] if names else platform.machine()
