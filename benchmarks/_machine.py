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
    return (
        f"{_processor()}, bfloat16 by {bfloat16()}, {hardware.cores()} cores, load {load:.1f} at the start; Python "
        f"{platform.python_version()}, torch {torch.__version__}, {torch.get_num_threads()} threads by default"
    )


def bfloat16() -> str:
    """What the processor has for it; worlds lie between."""
    import torch

    if torch.cpu._is_amx_tile_supported():
        return "AMX"
    return "AVX-512" if torch.cpu._is_avx512_bf16_supported() else "nothing"


def _processor() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in told.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()
