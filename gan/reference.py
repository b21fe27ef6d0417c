"""What a data set is compared by: its test images as the measures see them, shipped or made from the data."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gan import datasets, evaluator, metrics, teach
from gan.config import RunConfig
from gan.datasets import Data
from gan.datasets._pixels import resize
from gan.evaluator import Evaluator, EvaluatorError
from gan.metrics import (
    NO_EVALUATOR,
    Copied,
    Evidence,
    Moments,
    Real,
    Seen,
    Unavailable,
    copying,
    needed,
)
from gan.metrics import classes as class_shares
from gan.metrics._components import principal, project
from gan.metrics._near import nearest
from gan.metrics.diversity import spreads
from gan.metrics.sharpness import edges
from gan.state import Broken, read_tensors, write_tensors

MOST, FEWEST = 10_000, 100  # images of a reference


@dataclass(frozen=True, eq=False)
class Reference:
    """How images of one data set are seen and what they are compared with. Safe to use from several threads.

    basis: P,64, centre: P, of the P = C*H*W pixels in [-1, 1] of an image of `shape`. `floor` has the scores of
    10,000 training images against the same test images: what a perfect generator would get.
    """

    dataset: str
    shape: tuple[int, int, int]
    centre: NDArray[np.float32]
    basis: NDArray[np.float32]
    real: Real
    floor: Mapping[str, float]
    evaluator: Evaluator | None = None

    def see(self, images: NDArray[np.uint8]) -> Seen:
        """Images uint8 N,C,H,W as the measures see them; those of another size are resized. Raises ValueError."""
        images = self.fit(images)
        components = project(images, self.centre, self.basis)
        if self.evaluator is None:
            return Seen(images, components)
        return Seen(images, components, *self.evaluator.read(images))

    def fit(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Images uint8 N,C,H,W at the size of this data set. Raises ValueError for another number of channels."""
        C, H, _ = self.shape
        if images.ndim != 4 or images.shape[1] != C:
            raise ValueError(f"{self.dataset} has images N,{C},H,W, not {images.shape}.")
        return np.ascontiguousarray(images if images.shape[1:] == self.shape else resize(images, H))


def of(config: RunConfig, data: Data | None = None) -> Reference:
    """The reference of a run's data set: the kept one, else one made from the data at hand.

    Raises Unavailable, with the reason, for points of the plane, EvaluatorError for an evaluator whose file was
    changed, DataError when the data are needed and not here.
    """
    if (told := evaluator.about(config.dataset)) is not None:
        file = path(config.dataset)
        return _kept(config.dataset, told, file, file.stat().st_mtime_ns if file.exists() else 0)
    data = data or datasets.open(config)
    if data.is_points:
        raise Unavailable("points of the plane are no images")
    return make(config.dataset, data, None)


def make(dataset: str, data: Data, judge: Evaluator | None) -> Reference:
    """A reference from the data: up to 10,000 images of the test split, else of training images set apart.

    Those are the ones the evaluator was tested with, or half of all without one. Raises Unavailable for too few.
    """
    learn, test = _apart(data, judge)
    size = min(MOST, len(test), len(learn))
    if size < FEWEST:
        raise Unavailable(f"it takes {FEWEST} real images to compare with; there are {size}")
    images = np.ascontiguousarray(test.images[:size])
    centre, basis = principal(learn.images)
    components = project(images, centre, basis)
    features = labels = prior = None
    if judge is not None and test.labels is not None and learn.labels is not None:
        features = judge.read(images)[0].astype(np.float16).astype(np.float32)  # as it is kept
        labels = test.labels[:size]
        prior = class_shares.shares(learn.labels, data.n_classes)
    real = Real(
        pixels=Moments.of(components),
        spread=spreads(components, labels, data.n_classes),
        sharpness=edges(images),
        split=f"{size:,} images of the {'test' if test is data.test else 'training'} split",
        features=features,
        labels=labels,
        prior=prior,
    )
    found = Reference(dataset, data.shape, centre, basis, real, {}, judge)
    return replace(found, floor=_floor(found, learn, test))


def _apart(data: Data, judge: Evaluator | None) -> tuple[Data, Data]:
    """Images to learn from, and others to compare with."""
    if judge is not None:
        return teach.split(data)
    if data.test is not None:
        return data, data.test
    order = np.random.RandomState(0).permutation(len(data))
    half = len(data) // 2
    return data.take(np.sort(order[half:])), data.take(np.sort(order[:half]))


def _floor(found: Reference, learn: Data, test: Data) -> dict[str, float]:
    """The scores of as many training images; for copying, of one half of the test images beside the other."""
    size = len(found.real)
    floor: dict[str, float] = {}
    fresh = np.sort(np.random.RandomState(1).permutation(len(learn))[:size])
    for _, scores, _ in metrics.measure(Evidence(found.see(learn.images[fresh]), found.real)):
        floor |= scores
    if found.evaluator is not None:
        train = found.evaluator.read(learn.images)[0]
        one, other = (found.see(test.images[k:size:2]) for k in (0, 1))
        held_out = nearest(needed(other.features, NO_EVALUATOR), train)[0]
        with contextlib.suppress(Unavailable):
            copied = Copied(train, held_out, other.classes)
            floor |= copying.measure(Evidence(one, found.real, copied))
    return floor


def path(dataset: str, home: Path | None = None) -> Path:
    """Where a shipped reference lies, beside the evaluator that it belongs to."""
    return evaluator.path(f"{dataset}-reference", home)


def save(found: Reference, home: Path | None = None) -> None:
    """Writes the reference of an evaluator. Raises OSError."""
    real = found.real
    assert real.features is not None
    assert real.labels is not None
    assert real.prior is not None
    assert found.evaluator is not None
    tensors = {
        "features": real.features.astype(np.float16),
        "labels": real.labels.astype(np.uint8),
        "prior": real.prior,
        "spread": real.spread,
        "mean": real.pixels.mean,
        "covariance": real.pixels.covariance,
        "centre": found.centre,
        "basis": found.basis,
    }
    about = {
        "evaluator": found.evaluator.about.sha256,
        "sharpness": real.sharpness,
        "split": real.split,
        "floor": dict(found.floor),
        "shape": list(found.shape),
    }
    whole = {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in tensors.items()}
    write_tensors(path(found.dataset, home), whole, about)


def load(dataset: str, judge: Evaluator, home: Path | None = None) -> Reference:
    """The reference that was saved for `judge`, which has to read the classes in it as well as is told.

    Raises EvaluatorError when it is missing, changed or another's, or when it does not.
    """
    try:
        tensors, about = read_tensors(path(dataset, home))
        if about["evaluator"] != judge.about.sha256:
            raise EvaluatorError(
                f"The reference of {dataset} belongs to another evaluator. Make both anew: "
                f"python -m gan evaluator --dataset {dataset}"
            )
        t: dict[str, NDArray[Any]] = {name: tensor.numpy() for name, tensor in tensors.items()}
        features = t["features"].astype(np.float32)
        real = Real(
            pixels=Moments(t["mean"], t["covariance"], len(features)),
            spread=t["spread"],
            sharpness=about["sharpness"],
            split=about["split"],
            features=features,
            labels=t["labels"].astype(np.int64),
            prior=t["prior"],
        )
        C, H, W = about["shape"]
        found = Reference(dataset, (C, H, W), t["centre"], t["basis"], real, about["floor"], judge)
    except (Broken, KeyError, TypeError, ValueError) as error:
        raise EvaluatorError(f"The reference of {dataset} cannot be used. {error}") from error
    judge.check(judge.classify(features), t["labels"])
    return found


@lru_cache(maxsize=4)
def _kept(dataset: str, _told: evaluator.About, _file: Path, _mtime: int) -> Reference:
    return load(dataset, evaluator.load(dataset))
