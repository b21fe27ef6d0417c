"""Settings of glibc's malloc that return freed memory to the system."""

from __future__ import annotations

import ctypes
import sys

TRIM, MAP, ARENAS = -1, -3, -8  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX of malloc.h
MAX_TOP_BYTES = 16 << 20  # kept at the end of a heap
MMAP_BYTES = 1 << 20  # of a block that has pages of its own
SHARED = 2  # heaps for all threads


def give_back() -> bool:
    """Fixes how glibc keeps what is freed. False where another library does.

    Blocks from MMAP_BYTES on are taken from the system and returned at once. By itself glibc raises that size to that
    of the largest block freed, up to 32 MB: the large tensors of a checkup then lie among small ones that stay, and
    their places are no longer returned. Much smaller blocks would cost training time, since their pages are made anew
    in every step.

    Threads share few heaps. By itself glibc gives them eight for each core, and every one of them keeps what the
    busiest of its threads ever took, one page of a browser after the other. `python -m benchmarks.memory` shows both.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    wanted = {TRIM: MAX_TOP_BYTES, MAP: MMAP_BYTES, ARENAS: SHARED}
    return bool(mallopt and all(mallopt(what, value) for what, value in wanted.items()))
