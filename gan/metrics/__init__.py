"""Metrics of generated images, one per file. `MetricInputs` is the input of every metric; `measure` runs them all.

A metric is a file here with a function and a fact:

    SCORES                   its scores: key -> the fields of a Score, as a literal
    measure(inputs)          key -> number; leaves out nothing it can compute. Raises Unavailable with the reason, and
                             NotMeant where it is for other data (STACKED: for stacked digits alone).
"""

# ruff: noqa: N802  (members of Contract are called as they are in the files)

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from gan import registry


class Contract(Protocol):
    """What a file of this folder has to say; the type checker and the registry look."""

    @property
    def measure(self) -> Callable[[MetricInputs], Mapping[str, float]]:
        """the function measure(inputs) -> {key: number}; raises Unavailable."""

    @property
    def SCORES(self) -> Mapping[str, Any]:
        """its scores: key -> the fields of a Score."""


T = TypeVar("T")
Number = TypeVar("Number", bound=np.generic)


class Unavailable(Exception):
    """A metric that cannot be computed here; the message goes on after "not available because".

    Without a message it means nothing for such images, and nobody misses it.
    """


class NotMeant(Unavailable):
    """A metric that is for another kind of data: nothing is missing, so nothing is said of it."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean (d,) and covariance (d,d), float64, of `n` vectors."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    n: int

    @classmethod
    def of(cls, vectors: NDArray[Any]) -> Moments:
        """The moments of N,d vectors, N at least 2."""
        x = np.asarray(vectors, np.float64)
        return cls(x.mean(0), np.cov(x, rowvar=False), len(x))

    @cached_property
    def spectrum(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Eigenvalues (d,), at least 0, and eigenvectors (d,d) of the covariance."""
        values, vectors = np.linalg.eigh(self.covariance)
        return values.clip(0), vectors


@dataclass(frozen=True, eq=False)
class Features:
    """A set of images with their features.

    images: uint8 N,C,H,W. components: N,64, their pixels in the reference's principal components. features (N,64)
    and probabilities (N,K): EvalNet's, None where the data set has none. channels: N,C,K, the probabilities of each
    channel by the EvalNet of stacked digits, None for other data.
    """

    images: NDArray[np.uint8]
    components: NDArray[np.float32]
    features: NDArray[np.float32] | None = None
    probabilities: NDArray[np.float32] | None = None
    channels: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def classes(self) -> NDArray[np.int64]:
        """EvalNet's most likely class of each image, N. Raises Unavailable without EvalNet."""
        return np.asarray(needed(self.probabilities, NO_EVALUATOR).argmax(1))


@dataclass(frozen=True, eq=False)
class Real:
    """Statistics of a data set's test split: EvalNet's features, and moments of the pixels.

    features (N,64) and labels (N,) are None without EvalNet; `pixels` are the moments of the principal components,
    `spread` the mean distance of two images of one class in them (K,; one number without labels), `prior` the class
    shares of the training split, `sharpness` the value of `metrics.sharpness.edges`, `split` the split in words;
    `modes` (K**C,) the shares of the modes of stacked digits, None for other data.
    """

    pixels: Moments
    spread: NDArray[np.float64]
    sharpness: float
    split: str
    features: NDArray[np.float32] | None = None
    labels: NDArray[np.int64] | None = None
    prior: NDArray[np.float64] | None = None
    modes: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return self.pixels.n

    @cached_property
    def moments(self) -> Moments | None:
        """The moments of the features; None without EvalNet."""
        return None if self.features is None else Moments.of(self.features)


@dataclass(frozen=True, eq=False)
class TrainDistances:
    """Distances of held-out real images to the training images: the reference of copying.

    train: N,64, the features of all training images. held_out: M, the distance of each held-out image to its nearest
    training image; classes: M, its class by EvalNet.
    """

    train: NDArray[np.float32]
    held_out: NDArray[np.float32]
    classes: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MetricInputs:
    """The input of every metric. `train_distances` is None where the training images are missing; `why` says so.

    asked: N, the class that each generated image was asked for as; None where none was.
    """

    fake: Features
    real: Real
    train_distances: TrainDistances | None = None
    why: str = "the training images are not on this machine"
    asked: NDArray[np.int64] | None = None

    @cached_property
    def nearest_train(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Distances (N) of the generated images to their nearest training images, and the rows of those (N).

        Raises Unavailable.
        """
        from gan.metrics._near import nearest

        features = needed(self.fake.features, NO_EVALUATOR)
        return nearest(features, needed(self.train_distances, self.why).train)


NO_EVALUATOR = "this data set has no evaluator (with labels: python -m gan evaluator --dataset NAME makes one)"


def needed(value: T | None, why: str) -> T:
    """`value`, or Unavailable when there is none."""
    if value is None:
        raise Unavailable(why)
    return value


def spaced(rows: NDArray[Number], most: int) -> NDArray[Number]:
    """At most `most` rows, evenly spaced: of images that come in some order the first ones would be a biased choice."""
    return rows if len(rows) <= most else rows[np.arange(most) * len(rows) // most]


@dataclass(frozen=True)
class Score:
    """What a number is called and how it is read.

    better: "lower", "higher", "one" (1 is best), or "" for what only describes. digits: behind the point.
    report, compare: its place in the first table of the report card and of a comparison, the smallest first; without
    a place it stands behind "more".
    """

    label: str
    better: str = ""
    digits: int = 3
    report: int | None = None
    compare: int | None = None

    def text(self, value: float | None) -> str:
        """A value as people read it; an en dash where there is none."""
        return "–" if value is None else f"{value:,.{self.digits}f}"


def catalogue() -> dict[str, Score]:
    """All scores by their keys, read without importing a measure."""
    cards = [registry.card("metrics", name) for name in registry.names("metrics")]
    return {key: Score(**about) for card in cards for key, about in card.facts.get("SCORES", {}).items()}


def prominent(page: Literal["report", "compare"], keys: Collection[str]) -> list[str]:
    """Those of the scores that a page shows first, in its order."""
    places = {key: getattr(score, page) for key, score in catalogue().items() if key in keys}
    return sorted((key for key in places if places[key] is not None), key=lambda key: places[key])


def measure(inputs: MetricInputs) -> Iterator[tuple[str, dict[str, float], str]]:
    """Runs every metric that is meant for such data: yields its name, its finite scores, and why there are none."""
    for name in registry.names("metrics"):
        scores: dict[str, float] = {}
        why = ""
        try:
            values = registry.load("metrics", name).measure(inputs)
            scores = {key: float(value) for key, value in values.items() if isfinite(value)}
        except NotMeant:
            continue
        except (Unavailable, registry.Broken) as reason:
            if not (why := str(reason)):
                yield name, {}, ""
                continue
        except Exception as error:  # a broken metric takes nothing along: neither the other scores nor a training
            why = f"it failed with {type(error).__name__}: {error}{registry.place(error)}"
        yield name, scores, why or ("" if scores else "these images give it nothing to measure")
