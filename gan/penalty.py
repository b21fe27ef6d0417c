"""R1: a penalty on D's slope at real pictures, which keeps D from growing steeper without end.

Without it a small pair goes astray slowly: D grows steeper while the learning rates fall, and G follows it away from
the digits. `lean`, seed 0, had a Fréchet distance of 92 after 560,000 images without, and of 44 with a weight of 0.1
(`python -m benchmarks.search_lean --vary r1=0 --vary r1=0.1 --vary r1=1 --at 140000 560000`); with 1 it was slower at
first, and at 35 by then. Mescheder, Geiger & Nowozin, "Which Training Methods for GANs do actually Converge?" (2018,
arXiv:1801.04406).
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
