"""Classes: are all of them there, in the shares of the training images?

Every image counts for the class EvalNet takes it for; a class is present from a share of 1 %. The KL divergence
compares the shares with those of the training images: 0 for equal ones, about (classes - 1) / 2N for N samples of
equal laws. Effective classes are exp(entropy): 10 when all ten are equally frequent, 1 for one alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan.metrics import Evidence, needed

SCORES = {
    "classes": ("Classes present", "higher"),
    "effective_classes": ("Effective classes", "higher"),
    "kl": ("KL to the training shares", "lower"),
}
PRESENT = 0.01


def shares(classes: NDArray[Any], count: int) -> NDArray[np.float64]:
    """The share of each of `count` classes, (count,)."""
    return np.bincount(classes, minlength=count) / max(1, len(classes))


def effective(shares: NDArray[np.float64]) -> float:
    """exp of the entropy: how many equally frequent classes would be as varied."""
    p = shares[shares > 0]
    return float(np.exp(-(p * np.log(p)).sum()))


def divergence(shares: NDArray[np.float64], prior: NDArray[np.float64]) -> float:
    """KL(shares || prior) in nats."""
    there = shares > 0
    return float((shares[there] * np.log(shares[there] / prior[there].clip(1e-12))).sum())


def measure(evidence: Evidence) -> dict[str, float]:
    prior = needed(evidence.real.prior, "this data set has no labels")
    found = shares(evidence.fake.classes, len(prior))
    return {
        "classes": float((found >= PRESENT).sum()),
        "effective_classes": effective(found),
        "kl": divergence(found, prior),
    }
