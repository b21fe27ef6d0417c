"""Arrays that lie in a file where they are large: the kernel reads what is looked at, and may drop it again.

Everything else takes them for arrays. The files have no name, so nothing is left of them when the process ends.
"""

from __future__ import annotations

import math
import mmap
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

MEMORY_BYTES = 256 << 20  # of an array that lies in memory
CHUNK_BYTES = 16 << 20  # that are worked on at a time
BLOCK_BYTES = 64 << 20  # of a file that small arrays share
LEFT_BYTES = 1 << 30  # of a disk that stay free
ALIGNED = 8  # bytes at which an array of any kind may begin


def is_large(array: np.ndarray) -> bool:
    """Whether an array belongs into a file."""
    return array.nbytes > MEMORY_BYTES


def empty(shape: tuple[int, ...], dtype: DTypeLike = np.uint8) -> np.ndarray:
    """An array to be filled, in a file where it is large. Raises DataError when no disk has room for it."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    return _in_file(size).view(dtype).reshape(shape) if size > MEMORY_BYTES else np.empty(shape, dtype)


def by_rows(
    make: Callable[[np.ndarray], np.ndarray], array: np.ndarray, shape: tuple[int, ...], dtype: DTypeLike = np.uint8
) -> np.ndarray:
    """What `make` gives of rows of an array, for all of them: len(array),*shape. Some rows at a time."""
    out = empty((len(array), *shape), dtype)
    bytes_of_1 = max(array.nbytes // max(1, len(array)), math.prod(shape) * np.dtype(dtype).itemsize, 1)
    step = max(1, CHUNK_BYTES // bytes_of_1)
    for start in range(0, len(array), step):
        out[start : start + step] = make(array[start : start + step])
    return out


def take(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The rows of an array in the order of their numbers, or where they are True."""
    places = np.flatnonzero(rows) if rows.dtype == bool else rows
    return by_rows(lambda some: array[some], places, array.shape[1:], array.dtype)


class Heap:
    """Small arrays: the first ones stay in memory, what comes when that is full lies in files."""

    def __init__(self) -> None:
        self.bytes, self._block, self._used = 0, np.empty(0, np.uint8), 0

    def keep(self, array: np.ndarray) -> np.ndarray:
        """The array, or its copy in a file."""
        self.bytes += array.nbytes
        if self.bytes <= MEMORY_BYTES:
            return array
        if self._used + array.nbytes > len(self._block):
            self._block, self._used = _in_file(max(BLOCK_BYTES, array.nbytes)), 0
        copy = self._block[self._used : self._used + array.nbytes].view(array.dtype).reshape(array.shape)
        copy[...] = array
        self._used += -(-array.nbytes // ALIGNED) * ALIGNED
        return copy


def _in_file(size: int) -> np.ndarray:
    """uint8, `size`, in a file without a name on the first disk that has room."""
    from gan.datasets import DataError, _cache, root  # which needs what is above

    problems = []
    for place in _cache.places(root()):
        try:
            return _mapped(place, size)
        except OSError as error:
            problems.append(f"{place} ({error.strerror or error})")
    raise DataError(
        f"These pictures take {size / 1e9:.1f} GB on a disk, and there is no room: {', '.join(problems)}. "
        "Make some, or set GAN_DATA to a folder on another disk."
    )


def _mapped(place: Path, size: int) -> np.ndarray:
    place.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(place).free < size + LEFT_BYTES:
        raise OSError("too full")
    with tempfile.TemporaryFile(dir=place, prefix=".pictures.") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)  # a disk that is full later would kill the process
        else:
            file.truncate(size)
        return np.frombuffer(mmap.mmap(file.fileno(), size), np.uint8)
