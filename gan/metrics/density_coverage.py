"""Density and coverage: precision and recall that one outlier does not fool.

Balls reach to the 5th neighbour of each real image in EvalNet's features. Density counts how many of them an average
generated image lies in (over 5; may exceed 1), coverage the share of real images with a generated one in their ball.
Shrunken samples fool both; read them beside recall. Naeem et al., "Reliable Fidelity and Diversity Metrics" (2020,
arXiv:2002.09797).
"""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.metrics import NO_EVALUATOR, MetricInputs, needed
from gan.metrics._near import blocks, radii

SCORES = {
    "density": {"label": "Density", "better": "one", "report": 50},
    "coverage": {"label": "Coverage", "better": "higher", "report": 60, "compare": 60},
}
K = 5


def density_coverage(real: NDArray[Any], fake: NDArray[Any], k: int = K) -> tuple[float, float]:
    """Density (0 or more) and coverage (0 to 1) of features N,d and M,d."""
    reach = torch.from_numpy(radii(real, k))

    def reduce(_: slice, squares: Tensor) -> tuple[int, Tensor]:
        within = squares < reach
        return int(within.sum()), within.any(0)

    hits, covered = zip(*blocks(fake, real, reduce), strict=True)
    return sum(hits) / (k * len(fake)), float(torch.stack(covered).any(0).float().mean())


def measure(inputs: MetricInputs) -> dict[str, float]:
    fake = needed(inputs.fake.features, NO_EVALUATOR)
    density, coverage = density_coverage(needed(inputs.real.features, NO_EVALUATOR), fake)
    return {"density": density, "coverage": coverage}
