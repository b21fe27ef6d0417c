"""The training image that is nearest to a picture, in the features of the data set's evaluator."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gan import datasets, evaluator
from gan.config import RunConfig
from gan.datasets import Data, Progress
from gan.evaluator import Evaluator
from gan.metrics import NO_EVALUATOR, Unavailable
from gan.metrics._near import nearest

CHUNK = 512  # images read in one go: some 50 ms


@dataclass(frozen=True)
class Neighbour:
    """A training image, uint8 H,W,C: its number, its class ("" without labels), how far away it is."""

    pixels: NDArray[np.uint8]
    index: int
    label: str
    distance: float


@dataclass(frozen=True, eq=False)
class Known:
    """Training images and what their evaluator reads in them: features N,64."""

    data: Data
    judge: Evaluator
    features: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.data)

    def nearest(self, picture: NDArray[np.uint8]) -> Neighbour:
        """To a picture, uint8 H,W,C. Some milliseconds."""
        read = self.judge.read(picture[None].transpose(0, 3, 1, 2))[0]
        distance, which = nearest(read, self.features)
        k = int(which[0])
        label = "" if self.data.labels is None else self.data.names[int(self.data.labels[k])]
        pixels = np.ascontiguousarray(self.data.images[k].transpose(1, 2, 0))
        return Neighbour(pixels, k, label, float(distance[0]))


def load(config: RunConfig) -> tuple[Data, Evaluator]:
    """The training images of a run, and who reads them. Raises Unavailable, DataError, EvaluatorError."""
    if evaluator.about(config.dataset) is None:
        raise Unavailable(NO_EVALUATOR)
    return replace(datasets.open(config), test=None), evaluator.load(config.dataset)


def read(data: Data, judge: Evaluator) -> Generator[Progress, None, Known]:
    """Has all images read; yields how far it is after some 50 ms each, returns what is known of them."""
    parts: list[NDArray[np.float32]] = []
    for start in range(0, len(data), CHUNK):
        parts.append(judge.read(np.ascontiguousarray(data.images[start : start + CHUNK]))[0])
        done = min(len(data), start + CHUNK)
        yield Progress(done, len(data), "images", "Reading the training images")
    return Known(data, judge, np.concatenate(parts))
