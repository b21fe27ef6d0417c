"""Classes: are all of them there, in the shares of the training images?

Every image counts for the class EvalNet takes it for; a class is present from a share of 1 %. The KL divergence
compares the shares with those of the training images: 0 for equal ones, about (classes - 1) / 2N for N samples of
equal laws. Effective classes are exp(entropy): 10 when all ten are equally frequent, 1 for one alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan.metrics import NO_EVALUATOR, MetricInputs, needed

SCORES = {
    "classes": {"label": "Classes present", "better": "higher", "digits": 0, "report": 70},
    "effective_classes": {"label": "Effective classes", "better": "higher", "digits": 2, "report": 80, "compare": 80},
    "kl": {"label": "KL to the training shares", "better": "lower", "digits": 4, "report": 90},
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


def measure(inputs: MetricInputs) -> dict[str, float]:
    prior = needed(inputs.real.prior, NO_EVALUATOR)
    values = shares(inputs.fake.classes, len(prior))
    return {
        "classes": float((values >= PRESENT).sum()),
        "effective_classes": effective(values),
        "kl": divergence(values, prior),
    }
