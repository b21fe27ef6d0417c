"""Data sets: one file each with load(root) -> Data. Here is what they share, and `open`.

A data set is a file here with the function `load` and these facts:

    LICENCE      who made the data and what may be done with them: a sentence, with its source
    SHAPE        (C, H, W) of one example, and COUNT how many there are; left out where only loading tells
    POINTS       True for points of the plane, whose shape is (2, 1, 1)
    LABELS       True where the examples have classes; None where only loading tells
    STACK_OF     the data set of which every channel is an example: its EvalNet reads them one by one, and counts modes
    VOCABULARY   the words of its captions; then `NAMES`, of the classes, are words of it, and SHEET has captions of all
                 sorts for a grid, with {} for the class
    FOLDERS      folders under `root` in which FILES may lie as well, under any of their names
    FILES        what has to lie under `root`, with DOWNLOAD_MB; `download(root)` fetches them, `make(root)` makes them
    KNOBS        the fields of RunConfig that `load` takes beside `root`: "source", "image_size"
    reading      the function `load` as a job, where it takes long: yields Progress, returns Data
    EXTRA        arguments of its own that `load` takes, as models declare theirs: name -> label, help, default, low, …
    TORCHVISION  the class of torchvision.datasets that has the same data; the exported script takes them from there

LICENCE alone has to be there.
"""

# ruff: noqa: N802  (members of Contract are called as they are in the files)

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from gan import registry
from gan.datasets import _paged
from gan.datasets._pixels import resize


@dataclass(frozen=True)
class LeftOut:
    """A file that is not taken: its name as the user knows it, and the reason in words."""

    name: str
    reason: str


@dataclass(frozen=True)
class Decision:
    """What was decided for a whole data set, in a sentence, and the setting of a run that decides it otherwise.

    knob: a field of RunConfig, or "" where there is no choice. value: what was taken, of that field's kind.
    """

    knob: str
    value: str | int
    text: str


@dataclass(frozen=True)
class Reading:
    """How a data set was read: what was left out, what was decided, what else is to be known.

    left_out: one entry a file, at most MAX_LEFT_OUT of them in order of their names; litter of operating systems
        is none. `left_out_count` is how many there are.
    notes: sentences for people, what was left out in groups first. decisions: in the order of their making.
    """

    left_out: tuple[LeftOut, ...] = ()
    left_out_count: int = 0
    notes: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """Notes and decisions."""
        return (*self.notes, *(decision.text for decision in self.decisions))


MAX_LEFT_OUT = 1_000


class DataError(Exception):
    """Data that is missing, broken or out of reach; the message says what to do.

    reading: what was left out and decided before that; images: how many could be read.
    """

    def __init__(self, message: str, reading: Reading | None = None, images: int = 0) -> None:
        super().__init__(message)
        self.reading, self.images = reading, images


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
    sources: what an image is to be made from by a game that starts from a picture, uint8 as the images, or None.
    captions: what is said of an image, int64 N,L: places in the VOCABULARY of the data set from 1 on, then 0; or None.
    other: pictures of a second kind, for a game that translates between two without pairs; with labels, names and a
        test split of their own. None where there is one kind, or `sources` are the second.
    test: the split that is never trained on, or None.
    reading: what was left out and decided while it was read; None where there is nothing to tell.
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    names: tuple[str, ...] = ()
    factors: Mapping[str, np.ndarray] | None = None
    test: Data | None = None
    reading: Reading | None = None
    sources: np.ndarray | None = None
    captions: np.ndarray | None = None
    other: Data | None = None

    def __post_init__(self) -> None:
        kind, ndim = self.images.dtype, self.images.ndim
        if ndim != 4 or kind not in (np.uint8, np.float32):
            raise ValueError(f"images are uint8 or float32 N,C,H,W, not {kind} with {ndim} axes")
        if self.labels is not None and self.labels.dtype != np.int64:
            raise ValueError(f"labels are int64, not {self.labels.dtype}")
        columns = [self.labels, self.captions, *(self.factors or {}).values()]
        if any(column is not None and len(column) != len(self.images) for column in columns):
            raise ValueError("images, labels, captions and factors differ in length")
        if self.sources is not None and (self.sources.shape != self.images.shape or self.sources.dtype != np.uint8):
            raise ValueError("sources are uint8, in the shape of the images")
        if self.other is not None and (self.other.shape != self.shape or self.other.images.dtype != kind):
            raise ValueError("pictures of the second kind have the shape of the first")

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
    def counts(self) -> tuple[int, ...] | None:
        """How many examples each class has; None without labels."""
        if self.labels is None:
            return None
        return tuple(np.bincount(self.labels, minlength=len(self.names)).tolist())

    @property
    def is_points(self) -> bool:
        """Whether an example is a point of the plane rather than a picture."""
        return self.images.dtype == np.float32

    def take(self, rows: np.ndarray) -> Data:
        """The examples at `rows`, in that order; the test split stays whole."""
        labels = None if self.labels is None else self.labels[rows]
        factors = self.factors and {name: column[rows] for name, column in self.factors.items()}
        sources = None if self.sources is None else _paged.take(self.sources, rows)
        captions = None if self.captions is None else self.captions[rows]
        return dataclasses.replace(
            self,
            images=_paged.take(self.images, rows),
            labels=labels,
            factors=factors,
            sources=sources,
            captions=captions,
        )

    def resized(self, size: int) -> Data:
        """Both splits at size x size pixels, antialiased; points are left as they are."""
        if self.is_points:
            return self
        test = self.test.resized(size) if self.test else None
        sources = None if self.sources is None else resize(self.sources, size)
        other = self.other.resized(size) if self.other else None
        return dataclasses.replace(self, images=resize(self.images, size), test=test, sources=sources, other=other)


class Contract(Protocol):
    """What a file of this folder has to say; the type checker and the registry look."""

    @property
    def load(self) -> Callable[..., Data]:
        """the function load(root, **knobs) -> Data; raises DataError."""

    @property
    def LICENCE(self) -> str:
        """who made the data and what may be done with them: a sentence, with its source."""


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


def arguments(config: Choice, module: Contract) -> dict[str, Any]:
    """What the `load` of a data set takes beside the folder, by the settings of a run."""
    names = (*getattr(module, "KNOBS", ()), *getattr(module, "EXTRA", ()))
    return {name: getattr(config, name) for name in names}


def open(config: Choice) -> Data:
    """The data a config names, cut to `n_images` and resized to `image_size` (0: as they are).

    The n images are the first n of one fixed shuffle, so a smaller choice is part of a larger one.
    Raises DataError, and registry.Unknown for a name that is no file here.
    """
    return finished(opening(config))


def opening(config: Choice) -> Generator[Progress, None, Data]:
    """The same as a job: yields how far it is where reading takes long, and returns the data."""
    module = registry.load("datasets", config.dataset)
    reading = getattr(module, "reading", None)
    if reading:
        data: Data = yield from reading(root(), **arguments(config, module))
    else:
        data = module.load(root(), **arguments(config, module))
    if 0 < config.n_images < len(data):
        data = data.take(np.random.RandomState(0).permutation(len(data))[: config.n_images])
    if config.image_size:
        data = data.resized(config.image_size)
    return data


def finished(job: Generator[Progress, None, Data]) -> Data:
    """What a job of reading returns, with nobody looking on."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value
