"""Minibatch discrimination: D sees of each picture how close it is to the others of its batch.

The features of a picture are turned into B rows of C numbers; a row's feature is the sum over the other pictures of
exp(-distance), the distance being that of the rows in L1. Where pictures are alike the sums are large. Salimans et al.,
"Improved Techniques for Training GANs" (2016, arXiv:1606.03498), equations 1 to 3; they take B = 100 and C = 5.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan.tricks._last_layer import BatchFeatures, widen

KNOB = {
    "label": "Minibatch discrimination",
    "help": "Rows by which D compares the images of a batch, so that copies of one another are found out. 0: off.",
    "default": 0,
    "low": 0,
    "high": 200,
    "shown": (0, 8, 16, 32, 100),
}
FORMULA = r"o_b(x_i) = \sum_{j \neq i} \exp(-\lVert M_{i,b} - M_{j,b} \rVert_1)"
CHANGES_LAYERS = True
NUMBERS = 5  # C, of one row


class Closeness(BatchFeatures):
    """Of x (N,A), with T (A,B*C): the sums (N,B)."""

    def __init__(self, features: int, rows: int, generator: torch.Generator, dtype: torch.dtype) -> None:
        super().__init__(rows)
        start = torch.randn(features, rows * NUMBERS, generator=generator, dtype=dtype) / features**0.5
        self.T = nn.Parameter(start)

    def measure(self, x: Tensor) -> Tensor:
        rows = (x @ self.T).view(len(x), -1, NUMBERS)  # N,B,C
        distance = (rows[:, None] - rows[None]).abs().sum(3)  # N,N,B
        return (-distance).exp().sum(1) - 1  # without itself


def prepare(D: nn.Module, amount: int, generator: torch.Generator) -> None:
    """Puts the comparison in front of D's last layer."""
    last = next(m for m in reversed([*D.modules()]) if isinstance(m, nn.Linear))
    widen(D, Closeness(last.in_features, amount, generator, last.weight.dtype), generator)
