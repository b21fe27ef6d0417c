"""Arrays in files (npy, npz, idx): which of them are images, and which are the labels of these."""

from __future__ import annotations

import io
import math
import mmap
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.lib import format as npy

from gan.datasets import _paged
from gan.datasets.own import budget, entries

Arrays = dict[str, np.ndarray]
IDX_DTYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
LABEL_WORDS = re.compile(r"(^|[^a-z])(y|labels?|targets?|class(es)?|lbl|label_ids?|digits?)([^a-z]|$)", re.I)
MAX_SIDE = 4096  # of images in arrays


class NoImages(Exception):
    """Arrays that are no images; the message says what they are and what is wanted."""


@dataclass(frozen=True, eq=False)
class Block:
    """Images of one shape and their labels. images: N,H,W,C of any kind of number, C 1 or 3; labels: N of any kind."""

    name: str
    images: np.ndarray
    labels: np.ndarray | None = None


def npy_array(file: IO[bytes], length: int) -> np.ndarray:
    """The array of an .npy file of `length` bytes, never unpickled; a large one stays in its file.

    Raises NoImages, ValueError.
    """
    version = npy.read_magic(file)
    header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = header(file)
    if dtype.hasobject:
        raise NoImages("Python objects inside, which may hold a program and are never opened; save numbers instead")
    size = math.prod(shape) * dtype.itemsize
    mapped = size > _paged.MEMORY_BYTES and isinstance(getattr(file, "raw", None), io.FileIO)
    if size > (length if mapped else min(length, budget.MAX_ARRAYS)) or dtype.itemsize == 0:
        raise NoImages("cut off: there is less than its header says")
    if mapped:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        array = np.frombuffer(content, dtype, math.prod(shape), file.tell())
    else:
        array = np.frombuffer(_exactly(file, size), dtype)
    return array.reshape(shape[::-1]).transpose() if fortran else array.reshape(shape)


def is_one_image(array: np.ndarray) -> bool:
    """Whether an array is a single image H,W or H,W,C rather than many."""
    return array.dtype.kind in "buif" and (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4)))


def npz_arrays(file: IO[bytes]) -> tuple[Arrays, dict[str, str]]:
    """The arrays of an .npz file, never unpickled, and which are left out with the reason. Raises NoImages for all."""
    arrays: Arrays = {}
    refused: dict[str, str] = {}
    spent = 0
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist()[:1000]:
            spent += info.file_size
            if spent > budget.MAX_ARRAYS or info.file_size > max(64 << 20, budget.MAX_RATIO * info.compress_size):
                raise NoImages("too large")
            name = info.filename.removesuffix(".npy")
            try:
                with archive.open(info) as content:
                    arrays[name] = npy_array(content, info.file_size)
            except NoImages as why:
                refused[name] = str(why)
    if not arrays and refused:
        raise NoImages(next(iter(refused.values())))
    return arrays, refused


def idx_array(file: IO[bytes]) -> np.ndarray:
    """The array of an IDX file: a header of big-endian int32 (kind and axes, then the sides), then the numbers."""
    length = entries.length(file)
    magic = file.read(4)
    dtype = np.dtype(IDX_DTYPES[magic[2]])
    shape = np.frombuffer(_exactly(file, 4 * magic[3]), ">u4").tolist()
    size = math.prod(shape) * dtype.itemsize
    if size != length - file.tell():
        raise NoImages(f"broken: it has {length - file.tell():,} bytes of {size:,}")
    return np.frombuffer(_exactly(file, size), dtype).reshape(shape)


def _exactly(file: IO[bytes], size: int) -> bytearray:
    content = bytearray()
    while len(content) < size:  # grows as it comes: a header may promise anything
        piece = file.read(min(16 << 20, size - len(content)))
        if not piece:
            raise NoImages("cut off: there is less than its header says")
        content += piece
    return content


def blocks(arrays: Mapping[str, np.ndarray]) -> list[Block]:
    """Images with the labels that go with them, told by shape and name. Raises NoImages where none are images."""
    images = {name: pixels for name, array in arrays.items() if (pixels := as_images(array)) is not None}
    labels = {name: array for name, array in arrays.items() if name not in images and _is_labels(array)}
    for name in [*images]:  # N,28 numbers of one row each may be one-hot labels of others
        if len(images) > 1 and LABEL_WORDS.search(name) and arrays[name].ndim == 2:
            labels[name] = arrays[name]
            del images[name]
    if not images:
        held = ", ".join(f"{name} {array.dtype} {array.shape}" for name, array in [*arrays.items()][:6])
        raise NoImages(f"arrays that are no images ({held}); wanted are images N,H,W or N,H,W,3, and labels N")
    pairs = []
    for name, pixels in images.items():
        fitting = [other for other, array in labels.items() if len(array) == len(pixels)]
        same_split = [other for other in fitting if split(other) == split(name)]
        chosen = min(same_split or fitting, key=lambda other: _apart(name, other), default=None)
        pairs.append(Block(name, pixels, None if chosen is None else _indices(labels[chosen])))
    return pairs


def as_images(array: np.ndarray) -> np.ndarray | None:
    """An array as images N,H,W,C, or None where it cannot be."""
    if array.dtype.kind not in "buif" or array.size == 0:
        return None
    if array.ndim == 2 and (shape := sides(array.shape[1])):
        return array.reshape(len(array), *shape)
    if array.ndim == 3 and array.shape[0] not in (1, 3, 4) and array.shape[2] > 4:
        return array[..., None] if max(array.shape[1:]) <= MAX_SIDE else None
    if array.ndim == 4 and max(array.shape[1:]) <= MAX_SIDE:
        if array.shape[3] in (1, 3, 4):
            return array[..., :3]
        if array.shape[1] in (1, 3, 4):
            return array.transpose(0, 2, 3, 1)[..., :3]
    return None


def sides(count: int) -> tuple[int, int, int] | None:
    """H,W,C of square images of `count` numbers: grey, or else three colours; None where they are not square."""
    for colours in (1, 3):
        side = math.isqrt(count // colours)
        if side >= 8 and side * side * colours == count:
            return side, side, colours
    return None


def split(name: str) -> str:
    """ "test" for names of what is not trained on, or "train"."""
    return (
        "test" if re.search(r"(^|[^a-z])(test|t10k|val|valid|validation|eval|dev)([^a-z]|$)", name, re.I) else "train"
    )


def _is_labels(array: np.ndarray) -> bool:
    flat = array.ndim == 1 or (array.ndim == 2 and array.shape[1] <= 1000)
    return flat and array.size > 0 and array.dtype.kind in "buifSU"


def _indices(labels: np.ndarray) -> np.ndarray:
    """Labels N, of whatever numbers or words; the place of the largest where each is a row of numbers."""
    if labels.ndim == 2:
        labels = labels[:, 0] if labels.shape[1] == 1 else labels.argmax(1)
    if labels.dtype.kind == "f" and (labels == np.rint(labels)).all():
        labels = labels.astype(np.int64)
    return labels


def _apart(one: str, other: str) -> int:
    """How many signs two names do not share at their beginning and end."""
    words = [set(re.split(r"[^a-z0-9]+", name.lower())) for name in (one, other)]
    return len(words[0] ^ words[1])
