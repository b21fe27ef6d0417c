"""Copying: are generated images nearer to the training images than new real ones are?

Each image's distance to its nearest training image in EvalNet's features is ranked against that of held-out real
images: within each class a Mann-Whitney test, its Z averaged by how frequent the class is. Far below 0 (under -3) the
generator repeats its training images; above 0 there is no sign of copying, which is not a proof that there is none.
Beside it, the share of images nearer than all but 1 % of held-out ones. Meehan, Chaudhuri, Dasgupta, "A
Non-Parametric Test to Detect Data-Copying in Generative Models" (2020, arXiv:2004.05675); their cells are clusters,
ours are classes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan.metrics import Evidence, Unavailable, needed

SCORES = {
    "ct": ("Copying: C_T", "higher"),
    "near_copies": ("Very near to a training image", "lower"),
    "nearest": ("Distance to the nearest training image", ""),
    "nearest_real": ("The same of held-out images", ""),
}
FEW = 20  # images of a class on both sides from which it is tested


def rank_z(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Z of the Mann-Whitney test: below 0 when the numbers `a` tend to be smaller than `b`. Ties count half."""
    order = np.sort(b)
    below = np.searchsorted(order, a, "left")
    upto = np.searchsorted(order, a, "right")
    u = (below + upto).sum() / 2
    n, m = len(a), len(b)
    return float((u - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12))


def copying_z(
    fake: NDArray[Any], fake_classes: NDArray[Any],
    held_out: NDArray[Any], held_out_classes: NDArray[Any],
) -> float:  # fmt: skip
    """C_T of distances to the nearest training image: of generated and of held-out images, with their classes."""
    weights, zs = [], []
    for k in np.unique(held_out_classes):
        a, b = fake[fake_classes == k], held_out[held_out_classes == k]
        if min(len(a), len(b)) >= FEW:
            weights.append(len(b))
            zs.append(rank_z(a, b))
    if not zs:
        raise Unavailable("no class has enough images to test")
    return float(np.average(zs, weights=weights))


def measure(evidence: Evidence) -> dict[str, float]:
    fake, _ = evidence.twins
    against = needed(evidence.copied, evidence.why)
    return {
        "ct": copying_z(fake, evidence.fake.classes, against.held_out, against.classes),
        "near_copies": float((fake < np.quantile(against.held_out, 0.01)).mean()),
        "nearest": float(np.median(fake)),
        "nearest_real": float(np.median(against.held_out)),
    }
