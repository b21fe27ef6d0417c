"""Copying: are generated images nearer to the training images than new real ones are?

Each image's distance to its nearest training image in EvalNet's features is ranked against that of held-out real
images: within each class a Mann-Whitney test, its Z averaged by how frequent the class is. Far below 0 (under -3) the
generator repeats its training images; above 0 there is no sign of copying, which is not a proof that there is none.
Copies among good images hide in an average, so beside it stands the share of images that are nearer than all but 1 %
of the held-out ones of their class. Meehan, Chaudhuri, Dasgupta, "A Non-Parametric Test to Detect Data-Copying in
Generative Models" (2020, arXiv:2004.05675); their cells are clusters, ours are classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan.metrics import MetricInputs, TrainDistances, Unavailable, needed

SCORES = {
    "ct": {"label": "Copying: C_T", "digits": 1},
    "near_copies": {"label": "Nearly identical to a training image", "better": "lower", "compare": 120},
    "nearest": {"label": "Distance to the nearest training image"},
    "nearest_real": {"label": "The same of held-out images"},
}
MIN_CLASS_IMAGES = 20  # images of a class on both sides from which it is tested
NEAR = 0.01  # share of held-out images that count as very near


def rank_z(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Z of the Mann-Whitney test: below 0 when the numbers `a` tend to be smaller than `b`. Ties count half."""
    order = np.sort(b)
    below = np.searchsorted(order, a, "left")
    upto = np.searchsorted(order, a, "right")
    n, m = len(a), len(b)
    u = (below + upto).sum() / 2
    return float((u - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12))


def copying_z(pairs: list[tuple[NDArray[Any], NDArray[Any]]]) -> float:
    """C_T of the distances of generated and of held-out images to their nearest training image, a pair a class."""
    return float(np.average([rank_z(*pair) for pair in pairs], weights=[len(b) for _, b in pairs]))


def very_near(pairs: list[tuple[NDArray[Any], NDArray[Any]]]) -> float:
    """The share of generated images nearer than all but 1 % of the held-out ones of their class."""
    near = sum(int((a < np.quantile(b, NEAR)).sum()) for a, b in pairs)
    return near / sum(len(a) for a, _ in pairs)


def by_class(
    distances: NDArray[Any], classes: NDArray[Any], against: TrainDistances
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Distances of generated and of held-out images, for each class of which both have enough."""
    for k in np.unique(against.classes):
        pair = distances[classes == k], against.held_out[against.classes == k]
        if min(map(len, pair)) >= MIN_CLASS_IMAGES:
            yield pair


def measure(inputs: MetricInputs) -> dict[str, float]:
    distances, _ = inputs.nearest_train
    against = needed(inputs.train_distances, inputs.why)
    pairs = list(by_class(distances, inputs.fake.classes, against))
    if not pairs:
        raise Unavailable(f"no class has {MIN_CLASS_IMAGES} images to test")
    return {
        "ct": copying_z(pairs),
        "near_copies": very_near(pairs),
        "nearest": float(np.median(distances)),
        "nearest_real": float(np.median(against.held_out)),
    }
