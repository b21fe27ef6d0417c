"""Nearest training images of a picture, in the features of EvalNet."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gan import datasets
from gan.config import RunConfig
from gan.datasets import Data, Progress
from gan.evaluation import evalnet
from gan.evaluation.evalnet import TrainedEvalNet
from gan.metrics import NO_EVALUATOR, Unavailable
from gan.metrics._near import nearest

CHUNK_IMAGES = 512  # images read in one go: some 50 ms


@dataclass(frozen=True)
class Neighbour:
    """A training image, uint8 H,W,C, with its row, its class ("" without labels) and its distance."""

    pixels: NDArray[np.uint8]
    index: int
    label: str
    distance: float


@dataclass(frozen=True, eq=False)
class TrainIndex:
    """Training images with their features (N,64) by EvalNet."""

    data: Data
    net: TrainedEvalNet
    features: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.data)

    def nearest(self, picture: NDArray[np.uint8]) -> Neighbour:
        """The nearest training image of a picture, uint8 H,W,C. Some milliseconds."""
        features = self.net.read(picture[None].transpose(0, 3, 1, 2))[0]
        distance, which = nearest(features, self.features)
        k = int(which[0])
        label = "" if self.data.labels is None else self.data.names[int(self.data.labels[k])]
        pixels = np.ascontiguousarray(self.data.images[k].transpose(1, 2, 0))
        return Neighbour(pixels, k, label, float(distance[0]))


def load(config: RunConfig) -> tuple[Data, TrainedEvalNet]:
    """The training images of a run, and their EvalNet. Raises Unavailable, DataError, EvalNetError."""
    if evalnet.about(config.dataset) is None:
        raise Unavailable(NO_EVALUATOR)
    return replace(datasets.open(config), test=None), evalnet.load(config.dataset)


def build_index(data: Data, net: TrainedEvalNet) -> Generator[Progress, None, TrainIndex]:
    """Computes the features of all images; yields progress about every 50 ms, returns the index."""
    parts: list[NDArray[np.float32]] = []
    for start in range(0, len(data), CHUNK_IMAGES):
        parts.append(net.read(np.ascontiguousarray(data.images[start : start + CHUNK_IMAGES]))[0])
        done = min(len(data), start + CHUNK_IMAGES)
        yield Progress(done, len(data), "images", "Reading the training images")
    return TrainIndex(data, net, np.concatenate(parts))
