"""Classifier score: is each image clearly one class, and are the images together many?

exp(mean KL(p(class | image) || p(class))) from EvalNet's probabilities, all images in one: 1 to the number of classes.
Known as the Inception Score when another network reads. Secondary: one perfect picture a class scores best, and so do
copies. Salimans et al., "Improved Techniques for Training GANs" (2016, arXiv:1606.03498).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan.metrics import NO_EVALUATOR, MetricInputs, needed

SCORES = {
    "classifier_score": {"label": "Classifier score", "better": "higher", "digits": 2},
}


def classifier_score(probabilities: NDArray[Any]) -> float:
    """Of probabilities N,K; each row sums to 1."""
    p = np.asarray(probabilities, np.float64).clip(1e-16)
    return float(np.exp((p * (np.log(p) - np.log(p.mean(0)))).sum(1).mean()))


def measure(inputs: MetricInputs) -> dict[str, float]:
    return {"classifier_score": classifier_score(needed(inputs.fake.probabilities, NO_EVALUATOR))}
