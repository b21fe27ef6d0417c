"""Lots: pictures that came together, small, with what is known of their classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

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
        pixels = images.astype(np.uint8)
        if most <= 1:
            pixels *= 255  # black and white only
        return Sample(_fitted(pixels, size, fit), width=W, height=H)
    values = np.nan_to_num(images.astype(np.float32), posinf=0, neginf=0)
    depth = "float" if images.dtype.kind == "f" else "16-bit" if least >= 0 and most <= 65535 else "32-bit"
    deep = np.clip(_fitted(values, size, fit), values.min(), values.max())
    pixels = np.clip(deep * (255 / 65535), 0, 255).astype(np.uint8)
    return Sample(pixels, deep=deep, depth=depth, width=W, height=H)


def _fitted(images: np.ndarray, size: int, fit: Fit) -> np.ndarray:
    """N,C,size,size of N,H,W,C in the same numbers, uint8 or float32."""
    N, H, W, C = images.shape
    if H == W == size:
        return np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    out = np.empty((N, C, size, size), images.dtype)
    for row in range(N):
        for channel in range(C):
            one = Image.fromarray(np.ascontiguousarray(images[row, :, :, channel]))
            out[row, channel] = np.asarray(fit(one, size))
    return out


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
