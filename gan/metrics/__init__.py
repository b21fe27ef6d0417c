"""Measures of generated images, one file each: what a measure is told (Evidence), and `measure`, which asks all.

A measure is a file here with a function and a fact:

    SCORES                   its scores: key -> (name for people, "lower", "higher", "one" or "": what is better)
    measure(evidence)        key -> number; leaves out nothing it can compute. Raises Unavailable with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gan import registry

T = TypeVar("T")
Number = TypeVar("Number", bound=np.generic)


class Unavailable(Exception):
    """Why a measure cannot be computed here; a sentence that goes on after "not available because"."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean (d,) and covariance (d,d), float64, of `n` vectors."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    n: int

    @classmethod
    def of(cls, vectors: NDArray[Any]) -> Moments:
        """Of N,d vectors, N at least 2."""
        x = np.asarray(vectors, np.float64)
        return cls(x.mean(0), np.cov(x, rowvar=False), len(x))

    @cached_property
    def spectrum(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Eigenvalues (d,), at least 0, and eigenvectors (d,d) of the covariance."""
        values, vectors = np.linalg.eigh(self.covariance)
        return values.clip(0), vectors


@dataclass(frozen=True, eq=False)
class Seen:
    """A set of images as the measures see it.

    images: uint8 N,C,H,W. components: N,64, their pixels in the reference's principal components. features (N,64)
    and probabilities (N,K): what the evaluator reads in them, None where there is none.
    """

    images: NDArray[np.uint8]
    components: NDArray[np.float32]
    features: NDArray[np.float32] | None = None
    probabilities: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def classes(self) -> NDArray[np.int64]:
        """What the evaluator takes each image for, N. Raises Unavailable without one."""
        return np.asarray(needed(self.probabilities, NO_EVALUATOR).argmax(1))


@dataclass(frozen=True, eq=False)
class Real:
    """What a data set is compared by: its test split's features, and statistics of its pixels.

    features (N,64) and labels (N,) are None without an evaluator; `pixels` are the moments of the principal
    components, `spread` the mean distance of two images of one class in them (K,; one number without labels),
    `prior` the class shares of the training split, `sharpness` what `metrics.sharpness.edges` finds, `split` says in
    words what the images are.
    """

    pixels: Moments
    spread: NDArray[np.float64]
    sharpness: float
    split: str
    features: NDArray[np.float32] | None = None
    labels: NDArray[np.int64] | None = None
    prior: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return self.pixels.n

    @cached_property
    def moments(self) -> Moments | None:
        """Of the features; None without an evaluator."""
        return None if self.features is None else Moments.of(self.features)


@dataclass(frozen=True, eq=False)
class Copied:
    """How near new real images come to the training images: what copying is measured against.

    train: N,64, the features of all training images. held_out: M, the distance of each held-out image to its nearest
    training image; classes: M, what the evaluator takes it for.
    """

    train: NDArray[np.float32]
    held_out: NDArray[np.float32]
    classes: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything a measure may look at. `copied` is None where the training images are not here; `why` says so."""

    fake: Seen
    real: Real
    copied: Copied | None = None
    why: str = "the training images are not on this machine"

    @cached_property
    def twins(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """For each generated image the distance to its nearest training image, and which one. Raises Unavailable."""
        from gan.metrics._near import nearest

        features = needed(self.fake.features, NO_EVALUATOR)
        return nearest(features, needed(self.copied, self.why).train)


NO_EVALUATOR = (
    "this data set has no evaluator (with labels: python -m gan evaluator --dataset NAME makes one)"
)


def needed(value: T | None, why: str) -> T:
    """`value`, or Unavailable when there is none."""
    if value is None:
        raise Unavailable(why)
    return value


def spaced(rows: NDArray[Number], most: int) -> NDArray[Number]:
    """At most `most` rows, evenly spaced: of images that come in some order the first ones would be a biased choice."""
    return rows if len(rows) <= most else rows[np.arange(most) * len(rows) // most]


def catalogue() -> dict[str, tuple[str, str]]:
    """All scores: key -> (name for people, what is better), read without importing a measure."""
    found: dict[str, tuple[str, str]] = {}
    for name in registry.names("metrics"):
        found |= registry.card("metrics", name).facts.get("SCORES", {})
    return found


def measure(evidence: Evidence) -> Iterator[tuple[str, dict[str, float], str]]:
    """Asks every measure: its name, its scores (finite), and why there are none ("" when there are)."""
    for name in registry.names("metrics"):
        found: Mapping[str, float] = {}
        why = ""
        try:
            found = registry.load("metrics", name).measure(evidence)
        except Unavailable as reason:
            why = str(reason)
        scores = {key: float(value) for key, value in found.items() if isfinite(value)}
        yield name, scores, why or ("" if scores else "these images give it nothing to measure")
