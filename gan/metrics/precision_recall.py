"""Precision and recall: how many generated images look real, and how much of the real variety is generated?

A set is taken for the union of balls around its images, each reaching to the 3rd neighbour in EvalNet's features.
Precision: the share of generated images inside the real set; recall: the share of real images inside the generated
one. Equal laws do not score 1, so compare with the real-vs-real row. Kynkäänniemi et al., "Improved Precision and
Recall Metric" (2019, arXiv:1904.06991).
"""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray

from gan.metrics import NO_EVALUATOR, MetricInputs, needed
from gan.metrics._near import blocks, radii

SCORES = {
    "precision": {"label": "Precision", "better": "higher", "report": 30, "compare": 30},
    "recall": {"label": "Recall", "better": "higher", "report": 40, "compare": 40},
}
K = 3


def precision_recall(real: NDArray[Any], fake: NDArray[Any], k: int = K) -> tuple[float, float]:
    """Both, 0 to 1, of features N,d and M,d."""
    return inside(fake, real, k), inside(real, fake, k)


def inside(points: NDArray[Any], cloud: NDArray[Any], k: int) -> float:
    """The share of `points` that lie in a ball of `cloud`."""
    reach = torch.from_numpy(radii(cloud, k))
    parts = blocks(points, cloud, lambda _, squares: int((squares < reach).any(1).sum()))
    return sum(parts) / len(points)


def measure(inputs: MetricInputs) -> dict[str, float]:
    fake = needed(inputs.fake.features, NO_EVALUATOR)
    precision, recall = precision_recall(needed(inputs.real.features, NO_EVALUATOR), fake)
    return {"precision": precision, "recall": recall}
