"""Data sets: one file each with load(root) -> Data. Here is what they share, and `open`."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from gan import registry
from gan.datasets._pixels import resize


class DataError(Exception):
    """Data that is missing, broken or out of reach; the message says what to do."""


@dataclass(frozen=True)
class Progress:
    """How far a download or a making is: `done` of `total` `unit` (0: not known), in words."""

    done: int
    total: int
    unit: str
    text: str


@dataclass(frozen=True, eq=False)
class Data:
    """One split. Arrays may be memory maps; row i of every array is the same example.

    images: uint8 N,C,H,W in 0..255, or float32 N,2,1,1 in [-1, 1] for points of the plane.
    labels: int64 N, indices into `names`, or None.
    factors: what an image was made from, name -> N numbers, or None.
    test: the split that is never trained on, or None.
    note: a sentence on what was left out, or "".
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    names: tuple[str, ...] = ()
    factors: Mapping[str, np.ndarray] | None = None
    test: Data | None = None
    note: str = ""

    def __post_init__(self) -> None:
        kind, ndim = self.images.dtype, self.images.ndim
        if ndim != 4 or kind not in (np.uint8, np.float32):
            raise ValueError(f"images are uint8 or float32 N,C,H,W, not {kind} with {ndim} axes")
        if self.labels is not None and self.labels.dtype != np.int64:
            raise ValueError(f"labels are int64, not {self.labels.dtype}")
        columns = [self.labels, *(self.factors or {}).values()]
        if any(column is not None and len(column) != len(self.images) for column in columns):
            raise ValueError("images, labels and factors differ in length")

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one example."""
        _, C, H, W = self.images.shape
        return C, H, W

    @property
    def n_classes(self) -> int:
        """How many classes the labels tell apart; 0 without labels."""
        return len(self.names) if self.labels is not None else 0

    @property
    def is_points(self) -> bool:
        """Whether an example is a point of the plane rather than a picture."""
        return self.images.dtype == np.float32

    def take(self, rows: np.ndarray) -> Data:
        """The examples at `rows`, in that order; the test split stays whole."""
        labels = None if self.labels is None else self.labels[rows]
        factors = self.factors and {name: column[rows] for name, column in self.factors.items()}
        return dataclasses.replace(self, images=self.images[rows], labels=labels, factors=factors)

    def resized(self, size: int) -> Data:
        """Both splits at size x size pixels, antialiased; points are left as they are."""
        if self.is_points:
            return self
        test = self.test.resized(size) if self.test else None
        return dataclasses.replace(self, images=resize(self.images, size), test=test)


class Choice(Protocol):
    """The fields of a RunConfig that choose the data."""

    @property
    def dataset(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def n_images(self) -> int: ...
    @property
    def image_size(self) -> int: ...


def root() -> Path:
    """Where data sets lie: $GAN_DATA, or data/ in the working folder."""
    return Path(os.environ.get("GAN_DATA") or "data").expanduser()


def open(config: Choice) -> Data:
    """The data a config names, cut to `n_images` and resized to `image_size` (0: as they are).

    The n images are the first n of one fixed shuffle, so a smaller choice is part of a larger one.
    Raises DataError, and registry.Unknown for a name that is no file here.
    """
    module = registry.load("datasets", config.dataset)
    if config.dataset == "own-images":
        data: Data = module.load(root(), config.source, config.image_size)
    else:
        data = module.load(root())
    if 0 < config.n_images < len(data):
        data = data.take(np.random.RandomState(0).permutation(len(data))[: config.n_images])
    if config.image_size:
        data = data.resized(config.image_size)
    return data
