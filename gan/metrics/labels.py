"""Labels: of the pictures that a generator was asked for by class, how many are read as that class?

EvalNet reads every picture; the score is the mean over the classes of the share that it takes for what was asked for.
Real test images get EvalNet's own accuracy. It says nothing of variety: one good picture a class is enough. As the
classification accuracy of Odena, Olah & Shlens, "Conditional Image Synthesis with Auxiliary Classifier GANs" (2017,
arXiv:1610.09585).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan.metrics import NO_EVALUATOR, MetricInputs, needed

SCORES = {
    "label_accuracy": {"label": "Label accuracy", "better": "higher", "digits": 3, "report": 65, "compare": 75},
}


def per_class(read: NDArray[Any], asked: NDArray[Any], count: int) -> NDArray[np.float64]:
    """The share (count,) of the images asked for as each class that are read as it; NaN for a class never asked for."""
    right = np.bincount(asked[read == asked], minlength=count)
    with np.errstate(invalid="ignore"):
        return np.asarray(right / np.bincount(asked, minlength=count))


def measure(inputs: MetricInputs) -> dict[str, float]:
    asked = needed(inputs.asked, "")  # of a generator that is told no classes there is nothing to say
    count = needed(inputs.fake.probabilities, NO_EVALUATOR).shape[1]
    return {"label_accuracy": float(np.nanmean(per_class(inputs.fake.classes, asked, count)))}
