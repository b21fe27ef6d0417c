"""What a data set is compared by: its test images as the measures see them, shipped or made from the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gan import datasets, evaluator, metrics
from gan.config import RunConfig
from gan.datasets import Data
from gan.datasets._pixels import resize
from gan.evaluator import Evaluator, EvaluatorError
from gan.metrics import Evidence, Moments, Real, Seen, Unavailable
from gan.metrics import classes as class_shares
from gan.metrics.diversity import spreads
from gan.metrics.sharpness import laplacian
from gan.state import Broken, read_tensors, write_tensors

COMPONENTS = 64
MOST = 10_000  # images of a reference
ROOM = 1 << 25  # numbers from which principal components are taken: 128 MB


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
        components = _project(images, self.centre, self.basis)
        if self.evaluator is None:
            return Seen(images, components)
        return Seen(images, components, *self.evaluator.read(images))

    def fit(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Images uint8 N,C,H,W at the size of this data set. Raises ValueError for another number of channels."""
        C, H, _ = self.shape
        if images.ndim != 4 or images.shape[1] != C:
            raise ValueError(f"{self.dataset} has images of {C} channels, not {images.shape}.")
        return np.ascontiguousarray(images if images.shape[1:] == self.shape else resize(images, H))


def of(config: RunConfig, data: Data | None = None) -> Reference:
    """The reference of a run's data set: the shipped one, else one made from the data at hand.

    Raises Unavailable, with the reason, for points of the plane, EvaluatorError for an evaluator whose file was
    changed, DataError when the data are needed and not here.
    """
    if (told := evaluator.about(config.dataset)) is not None:
        return _shipped(config.dataset, told)
    data = data or datasets.open(config)
    if data.is_points:
        raise Unavailable("points of the plane are no images")
    return make(config.dataset, data, None)


def make(dataset: str, data: Data, judge: Evaluator | None) -> Reference:
    """A reference from the data: up to 10,000 images of the test split, else of a tenth kept out."""
    learn, test = (data, data.test) if data.test is not None else evaluator.split(data)
    size = min(MOST, len(test), max(1, len(learn)))
    images = np.ascontiguousarray(test.images[:size])
    centre, basis = _principal(learn.images[: max(COMPONENTS, ROOM // learn.images[0].size)])
    components = _project(images, centre, basis)
    labels = None if test.labels is None else test.labels[:size]
    real = Real(
        pixels=Moments.of(components),
        spread=spreads(components, labels, data.n_classes),
        sharpness=laplacian(images),
        split=f"{size:,} images of the test split" if data.test else f"{size:,} images kept out",
        labels=labels,
        features=None
        if judge is None
        else judge.read(images)[0].astype(np.float16).astype(np.float32),
        prior=None if learn.labels is None else class_shares.shares(learn.labels, data.n_classes),
    )
    found = Reference(dataset, data.shape, centre, basis, real, {}, judge)
    fresh = np.random.RandomState(1).permutation(len(learn))[:size]
    evidence = Evidence(
        found.see(learn.images[np.sort(fresh)]),
        real,
        why="training images are their own nearest ones",
    )
    floor: dict[str, float] = {}
    for _, scores, _ in metrics.measure(evidence):
        floor |= scores
    return replace(found, floor=floor)


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
    """The reference that was saved for `judge`. Raises EvaluatorError when it is missing, changed or another's."""
    try:
        tensors, about = read_tensors(path(dataset, home))
    except Broken as error:
        raise EvaluatorError(f"The reference of {dataset} cannot be used. {error}") from error
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
    return Reference(dataset, (C, H, W), t["centre"], t["basis"], real, about["floor"], judge)


@lru_cache(maxsize=4)
def _shipped(dataset: str, told: evaluator.About) -> Reference:
    return load(dataset, evaluator.load(dataset))


def _project(
    images: NDArray[np.uint8], centre: NDArray[np.float32], basis: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Principal components N,64 of images uint8 N,C,H,W."""
    flat = np.asarray(images).reshape(len(images), -1)
    return np.concatenate(
        [
            (flat[k : k + MOST].astype(np.float32) / 127.5 - 1 - centre) @ basis
            for k in range(0, len(flat), MOST)
        ]
    )


def _principal(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean (P,) and the first 64 principal components (P,64) of images N,C,H,W, by subspace iteration.

    Halko, Martinsson, Tropp, "Finding Structure with Randomness" (2011), from a fixed start.
    """
    x = np.asarray(images).reshape(len(images), -1).astype(np.float32) / 127.5 - 1
    centre = x.mean(0)
    x -= centre
    q = np.random.RandomState(0).standard_normal((x.shape[1], COMPONENTS + 16)).astype(np.float32)
    for _ in range(8):
        q = np.linalg.qr(x.T @ (x @ q))[0]
    basis = q @ np.linalg.svd(x @ q, full_matrices=False)[2][:COMPONENTS].T
    if basis.shape[1] < COMPONENTS:
        basis = np.pad(basis, ((0, 0), (0, COMPONENTS - basis.shape[1])))
    return centre, np.ascontiguousarray(basis)
