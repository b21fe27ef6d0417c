"""Kernel distance: do generated and real images agree in every moment up to the third?

The squared maximum mean discrepancy under the kernel (x·y / 64 + 1)³ in EvalNet's features, without bias: 0 on average
for equal laws, so it may come out slightly negative. Bińkowski et al., "Demystifying MMD GANs" (2018,
arXiv:1801.01401), whose KID uses another network.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gan import hardware
from gan.metrics import NO_EVALUATOR, MetricInputs, needed
from gan.metrics._near import BLOCK

SCORES = {
    "kd": {"label": "KD-EvalNet64", "better": "lower"},
}


def mmd2(x: NDArray[Any], y: NDArray[Any]) -> float:
    """The unbiased squared MMD of vectors N,d and M,d under the cubic kernel."""
    n, m = len(x), len(y)
    within = _total(x, x) / (n * (n - 1)) + _total(y, y) / (m * (m - 1))
    own = _diagonal(x) / (n * (n - 1)) + _diagonal(y) / (m * (m - 1))
    return within - own - 2 * _total(x, y) / (n * m)


def measure(inputs: MetricInputs) -> dict[str, float]:
    fake = needed(inputs.fake.features, NO_EVALUATOR)
    return {"kd": mmd2(needed(inputs.real.features, NO_EVALUATOR), fake)}


def _total(x: NDArray[Any], y: NDArray[Any]) -> float:
    """The sum of the kernel over all pairs: blocks in single precision, their sum in double."""
    a, b = (torch.from_numpy(np.asarray(v, np.float32)) for v in (x, y))

    def work(start: int) -> float:
        part = a[start : start + BLOCK]
        kernel = torch.addmm(torch.ones(()), part, b.T, alpha=1 / a.shape[1]).pow_(3)
        return kernel.sum(dtype=torch.float64).item()

    return sum(hardware.together(work, range(0, len(a), BLOCK)))


def _diagonal(x: NDArray[Any]) -> float:
    squares = np.square(np.asarray(x, np.float64)).sum(1)
    return float(((squares / x.shape[1] + 1) ** 3).sum())
