"""Lots: pictures that came together, small, with what is known of their classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike
from PIL import Image

from gan.datasets import _paged
from gan.datasets._decode import Fit, Sample
from gan.datasets.own import arrays, layout


@dataclass(frozen=True, eq=False)
class Lot:
    """Pictures of one split. labels: one a picture, words or numbers, or None; names: of classes that are numbers."""

    name: str
    samples: Sequence[Sample]
    labels: Sequence[object] | None = None
    names: tuple[str, ...] = ()
    is_test: bool = False

    def __len__(self) -> int:
        return sum(len(sample) for sample in self.samples)


def of_block(block: arrays.Block, size: int, fit: Fit) -> Lot:
    """The lot of a block of images."""
    labels = None if block.labels is None else block.labels.tolist()
    return Lot(block.name, [shrunk(block.images, size, fit)], labels, is_test=arrays.split(block.name) == "test")


def shrunk(images: np.ndarray, size: int, fit: Fit) -> Sample:
    """Images N,H,W,C of any kind of number, as small as wanted."""
    _, H, W, _ = images.shape
    least, most = images.min(), images.max()
    if images.dtype.kind in "bui" and least >= 0 and most <= 255:
        scale = 255 if most <= 1 else 1  # black and white only
        as_they_lie = images.transpose(0, 3, 1, 2)
        if images.dtype == np.uint8 and scale == 1 and H == W == size and as_they_lie.flags.c_contiguous:
            return Sample(as_they_lie, width=W, height=H)  # maybe of a file that stays where it is
        return Sample(_fitted(images, lambda some: some.astype(np.uint8) * scale, size, fit), width=W, height=H)
    depth = "float" if images.dtype.kind == "f" else "16-bit" if least >= 0 and most <= 65535 else "32-bit"
    deep = _fitted(images, _finite, size, fit, np.float32)
    if images.dtype.kind == "f":
        ends = [(some.min(), some.max()) for some in map(_finite, images)]
        least, most = min(low for low, _ in ends), max(high for _, high in ends)
    np.clip(deep, np.float32(least), np.float32(most), out=deep)
    pixels = _paged.by_rows(lambda some: np.clip(some * (255 / 65535), 0, 255), deep, deep.shape[1:])
    return Sample(pixels, deep=deep, depth=depth, width=W, height=H)


def _finite(values: np.ndarray) -> np.ndarray:
    return np.nan_to_num(values.astype(np.float32), posinf=0, neginf=0)


def _fitted(
    images: np.ndarray,
    read: Callable[[np.ndarray], np.ndarray],
    size: int,
    fit: Fit,
    dtype: DTypeLike = np.uint8,
) -> np.ndarray:
    """N,C,size,size of N,H,W,C, as `read` gives them: uint8 or float32."""
    _, H, W, C = images.shape

    def fitted(some: np.ndarray) -> np.ndarray:
        values = read(some)
        if H == W == size:
            return values.transpose(0, 3, 1, 2)
        out = np.empty((len(some), C, size, size), values.dtype)
        for row in range(len(some)):
            for channel in range(C):
                one = Image.fromarray(np.ascontiguousarray(values[row, :, :, channel]))
                out[row, channel] = np.asarray(fit(one, size))
        return out

    return _paged.by_rows(fitted, images, (C, size, size), dtype)


def classes(lots: Sequence[Lot]) -> tuple[tuple[str, ...], str]:
    """The names of the classes of the lots that are trained on, in label order; () for none, with the reason or ""."""
    train = [lot for lot in lots if not lot.is_test]
    if not train or any(lot.labels is None for lot in train):
        return (), ""
    there = {word(lot, label) for lot in train for label in lot.labels or ()}
    known = [name for lot in train for name in lot.names if name in there]
    names = tuple(dict.fromkeys(known)) if {*known} == there else tuple(layout.in_order(there))
    if len(names) > layout.MAX_CLASSES:
        return (), f"{len(names):,} labels are more than {layout.MAX_CLASSES} classes, so the pictures have no labels."
    return (names, "") if len(names) >= 2 else ((), "")


def word(lot: Lot, label: object) -> str:
    """A label as the name of its class."""
    if lot.names and isinstance(label, int) and 0 <= label < len(lot.names):
        return lot.names[label]
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    return label.decode("utf-8", "replace") if isinstance(label, bytes) else str(label)


def labels(lots: Sequence[Lot], names: tuple[str, ...]) -> np.ndarray | None:
    """int64 N, indices into `names`, of the pictures of some lots; None where one has no such label."""
    index = {name: row for row, name in enumerate(names)}
    rows = []
    for lot in lots:
        if lot.labels is None:
            return None
        rows += [index.get(word(lot, label), -1) for label in lot.labels]
    return None if not names or -1 in rows else np.array(rows, np.int64)
