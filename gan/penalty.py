"""R1: a penalty on D's slope at real pictures, which keeps D from growing steeper without end.

Without it a small pair goes astray slowly: D gets ever surer of ever smaller differences, and what G is told has less
and less to do with digits (`docs/digits.md`). Mescheder, Geiger & Nowozin, "Which Training Methods for GANs do actually
Converge?" (2018, arXiv:1801.04406).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

EVERY = 16  # updates of D from one penalty to the next; it counts so many times as much for that (Karras et al. 2020)


def r1(judge: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """Half the mean squared norm of the gradient of D's logits, judge(x) (N), at real pictures (N,C,H,W)."""
    x = real.detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(judge(x).sum(), x, create_graph=True)
    return slope.square().flatten(1).sum(1).mean() / 2
