"""Reference statistics of a data set: features of its test images, shipped or made from the data."""

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

from gan import datasets, metrics, registry
from gan.config import RunConfig
from gan.datasets import Data
from gan.datasets._pixels import resize
from gan.evaluation import evalnet, train_evalnet
from gan.evaluation.evalnet import EvalNetError, TrainedEvalNet
from gan.metrics import (
    NO_EVALUATOR,
    Features,
    MetricInputs,
    Moments,
    Real,
    TrainDistances,
    Unavailable,
    copying,
    modes,
    needed,
)
from gan.metrics import classes as class_shares
from gan.metrics._components import principal, project
from gan.metrics._near import nearest
from gan.metrics.diversity import spreads
from gan.metrics.sharpness import edges
from gan.tensor_files import CorruptFile, read_tensors, write_tensors

MAX_IMAGES, MIN_IMAGES = 10_000, 100  # images of a reference
MIN_TRAINING_IMAGES = 20  # where all are training images, and none can be set apart


@dataclass(frozen=True, eq=False)
class Reference:
    """The feature extraction of one data set, and the statistics to compare with. Safe to use from several threads.

    basis: P,64, centre: P, of the P = C*H*W pixels in [-1, 1] of an image of `shape`. `real_baseline` has the scores
    of 10,000 training images against the same test images: what a perfect generator would get. `channel_evalnet` is the
    EvalNet of stacked digits, which reads one channel at a time.
    """

    dataset: str
    shape: tuple[int, int, int]
    centre: NDArray[np.float32]
    basis: NDArray[np.float32]
    real: Real
    real_baseline: Mapping[str, float]
    evalnet: TrainedEvalNet | None = None
    channel_evalnet: TrainedEvalNet | None = None

    @property
    def classifier(self) -> TrainedEvalNet | None:
        """The EvalNet that reads the images, or their channels; None without one."""
        return self.evalnet or self.channel_evalnet

    def extract(self, images: NDArray[np.uint8]) -> Features:
        """The features of images uint8 N,C,H,W; those of another size are resized. Raises ValueError."""
        images = self.fit(images)
        components = project(images, self.centre, self.basis)
        if self.channel_evalnet is not None:
            N, C, H, W = images.shape
            chances = self.channel_evalnet.read(images.reshape(N * C, 1, H, W))[1]
            return Features(images, components, channels=chances.reshape(N, C, -1))
        if self.evalnet is None:
            return Features(images, components)
        return Features(images, components, *self.evalnet.read(images))

    def fit(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Images uint8 N,C,H,W at the size of this data set. Raises ValueError for another number of channels."""
        C, H, _ = self.shape
        if images.ndim != 4 or images.shape[1] != C:
            raise ValueError(f"{self.dataset} has images N,{C},H,W, not {images.shape}.")
        return np.ascontiguousarray(images if images.shape[1:] == self.shape else resize(images, H))


def of(config: RunConfig, data: Data | None = None) -> Reference:
    """The reference of a run's data set: the shipped one, else one made from the data.

    Raises Unavailable, with the reason, for points of the plane, EvalNetError for an EvalNet whose file was changed,
    DataError when the data are needed and missing.
    """
    if (about := evalnet.about(config.dataset)) is not None:
        file = path(config.dataset)
        return _shipped(config.dataset, about, file, file.stat().st_mtime_ns if file.exists() else 0)
    data = data or datasets.open(config)
    if data.is_points:
        raise Unavailable("points of the plane are no images")
    made = make(config.dataset, data, None)
    digits = registry.card("datasets", config.dataset).facts.get("STACK_OF", "")
    return _stacked(made, evalnet.load(digits), data) if digits and evalnet.about(digits) else made


def _stacked(reference: Reference, net: TrainedEvalNet, data: Data) -> Reference:
    """A reference that reads each channel of stacked digits; shares of modes are those of the data's factors."""
    digits = np.stack([*(data.factors or {}).values()], 1)  # N,C
    classes = len(net.about.names)
    expected = modes.prior(digits, classes)
    some = np.random.RandomState(1).permutation(len(digits))[: modes.N_IMAGES]
    baseline = {**reference.real_baseline, **modes.counted(modes.codes(digits[some], classes), expected)}
    real = replace(reference.real, modes=expected)
    return replace(reference, real=real, real_baseline=baseline, channel_evalnet=net)


def make(dataset: str, data: Data, net: TrainedEvalNet | None) -> Reference:
    """A reference from the data: up to 10,000 images of the test split, else of training images set apart.

    Those are the ones EvalNet was tested with, or half of all without it. Raises Unavailable for too few.
    """
    learn, test = _split(data, net)
    size = min(MAX_IMAGES, len(test), len(learn))
    least = MIN_TRAINING_IMAGES if test is learn else MIN_IMAGES
    if size < least:
        raise Unavailable(f"it takes {least} real images to compare with; there are {size}")
    images = np.ascontiguousarray(test.images[:size])
    centre, basis = principal(learn.images)
    components = project(images, centre, basis)
    features = labels = prior = None
    if net is not None and test.labels is not None and learn.labels is not None:
        features = net.read(images)[0].astype(np.float16).astype(np.float32)  # as it is kept
        labels = test.labels[:size]
        prior = class_shares.shares(learn.labels, data.n_classes)
    real = Real(
        pixels=Moments.of(components),
        spread=spreads(components, labels, data.n_classes),
        sharpness=edges(images),
        split=f"{size:,} images of the {'test' if test is data.test else 'training'} split"
        + (", all there are" if test is learn else ""),
        features=features,
        labels=labels,
        prior=prior,
    )
    reference = Reference(dataset, data.shape, centre, basis, real, {}, net)
    return replace(reference, real_baseline=_real_baseline(reference, learn, test))


def _split(data: Data, net: TrainedEvalNet | None) -> tuple[Data, Data]:
    """The data split in images to learn from, and others to compare with."""
    if net is not None:
        return train_evalnet.split(data)
    if data.test is not None and len(data.test) >= MIN_IMAGES:
        return data, data.test
    if len(data) < 2 * MIN_IMAGES:
        return data, data
    order = np.random.RandomState(0).permutation(len(data))
    half = len(data) // 2
    return data.take(np.sort(order[half:])), data.take(np.sort(order[:half]))


def _real_baseline(reference: Reference, learn: Data, test: Data) -> dict[str, float]:
    """The scores of as many training images; for copying, of one half of the test images beside the other."""
    size = len(reference.real)
    real_baseline: dict[str, float] = {}
    fresh = np.sort(np.random.RandomState(1).permutation(len(learn))[:size])
    for _, scores, _ in metrics.measure(MetricInputs(reference.extract(learn.images[fresh]), reference.real)):
        real_baseline |= scores
    if reference.evalnet is not None:
        train = reference.evalnet.read(learn.images)[0]
        one, other = (reference.extract(test.images[k:size:2]) for k in (0, 1))
        held_out = nearest(needed(other.features, NO_EVALUATOR), train)[0]
        with contextlib.suppress(Unavailable):
            train_distances = TrainDistances(train, held_out, other.classes)
            real_baseline |= copying.measure(MetricInputs(one, reference.real, train_distances))
    return real_baseline


def path(dataset: str, home: Path | None = None) -> Path:
    """The path of a shipped reference, beside its EvalNet."""
    return evalnet.path(f"{dataset}-reference", home)


def save(reference: Reference, home: Path | None = None) -> None:
    """Writes a reference beside its EvalNet. Raises OSError."""
    real = reference.real
    assert real.features is not None
    assert real.labels is not None
    assert real.prior is not None
    assert reference.evalnet is not None
    tensors = {
        "features": real.features.astype(np.float16),
        "labels": real.labels.astype(np.uint8),
        "prior": real.prior,
        "spread": real.spread,
        "mean": real.pixels.mean,
        "covariance": real.pixels.covariance,
        "centre": reference.centre,
        "basis": reference.basis,
    }
    about = {
        "evaluator": reference.evalnet.about.sha256,
        "sharpness": real.sharpness,
        "split": real.split,
        "floor": dict(reference.real_baseline),
        "shape": list(reference.shape),
    }
    whole = {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in tensors.items()}
    write_tensors(path(reference.dataset, home), whole, about)


def load(dataset: str, net: TrainedEvalNet, home: Path | None = None) -> Reference:
    """The saved reference of `net`, which has to reach its stated accuracy on it.

    Raises EvalNetError when it is missing, changed or another's, or when `net` does not.
    """
    try:
        tensors, about = read_tensors(path(dataset, home))
        if about["evaluator"] != net.about.sha256:
            raise EvalNetError(
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
        reference = Reference(dataset, (C, H, W), t["centre"], t["basis"], real, about["floor"], net)
    except (CorruptFile, KeyError, TypeError, ValueError) as error:
        raise EvalNetError(f"The reference of {dataset} cannot be used. {error}") from error
    net.check(net.classify(features), t["labels"])
    return reference


@lru_cache(maxsize=4)
def _shipped(dataset: str, _about: evalnet.About, _file: Path, _mtime: int) -> Reference:
    return load(dataset, evalnet.load(dataset))
