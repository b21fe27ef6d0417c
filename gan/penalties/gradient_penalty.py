"""Gradient penalty: D's slope between real and generated pictures is held at 1, as a Wasserstein critic's should be.

A critic that is 1-Lipschitz measures the Wasserstein distance; on the lines between real and generated samples the best
one has a slope of exactly 1. Gulrajani et al., "Improved Training of Wasserstein GANs" (2017, arXiv:1704.00028), with
a weight of 10 and five updates of D a step.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gan.penalties import Logits, slope

KNOB = {
    "label": "Gradient penalty",
    "help": "Weight of the penalty that holds D's slope between real and generated images at 1. 0: off.",
    "default": 0.0,
    "low": 0.0,
    "high": 1_000.0,
    "shown": (0.0, 0.1, 1.0, 10.0),
}
FORMULA = r"\mathbb{E}\,(\lVert \nabla_{\hat x} C(\hat x) \rVert - 1)^2"
EVERY = 1  # every update of D
NOT_WITH = {
    "BatchNorm": "BatchNorm makes D's answer to one picture depend on the others, so its slope at one means nothing"
}


def penalty(D: Logits, real: Tensor, fake: Tensor, y: Tensor | None) -> Tensor:
    """Mean squared difference from 1 of the norm of D's gradient between pairs of N,C,H,W: a scalar."""
    return (slope(D, between(real, fake), y).flatten(1).norm(dim=1) - 1).square().mean()


def between(real: Tensor, fake: Tensor) -> Tensor:
    """A point on the line between each real and generated sample, N,C,H,W.

    The n pairs of a batch take the n places (k + 1/2) / n of the way: as uniform as draws, and the same whenever a run
    goes on.
    """
    n = len(real)
    share = (torch.arange(n, device=real.device, dtype=real.dtype) + 0.5) / n
    return torch.lerp(real, fake, share.view(n, 1, 1, 1))
