"""Lets freed memory go back to the system, so that an hour of training takes no more than its first minute."""

from __future__ import annotations

import ctypes
import sys

TRIM, MAP = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
AT_MOST, LARGE = (
    16 << 20,
    1 << 20,
)  # bytes: kept at the end of a heap; a block that has pages of its own


def give_back() -> bool:
    """Fixes from what size on glibc takes blocks from the system and returns them at once. False where it is another.

    By itself it raises that size to that of the largest block freed, up to 32 MB. The large tensors of a checkup then
    lie among small ones that stay, and their places are no longer returned: 100 MB with `lean` after a minute. Training
    is as fast; with pages for every 128 kB it would lose 40 %.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    return bool(mallopt and mallopt(TRIM, AT_MOST) and mallopt(MAP, LARGE))
