"""Lets freed memory go back to the system, so that an hour of training takes hardly more than its first minute."""

from __future__ import annotations

import ctypes
import sys

TRIM, MAP = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
AT_MOST = 16 << 20  # bytes that are kept at the end of a heap
LARGE = 1 << 20  # bytes of a block that has pages of its own


def give_back() -> bool:
    """Fixes from what size on glibc takes blocks from the system and returns them at once. False where it is another.

    By itself it raises that size to that of the largest block freed, up to 32 MB. The large tensors of a checkup then
    lie among small ones that stay, and their places are no longer returned: python -m benchmarks.memory. Much smaller
    blocks would cost training time, since their pages are made anew in every step.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    return bool(mallopt and mallopt(TRIM, AT_MOST) and mallopt(MAP, LARGE))
