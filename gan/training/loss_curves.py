"""Curves of a loss: what G loses by D's logit of one generated picture, and the slope that it feels there."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from gan import registry

Curve = NDArray[np.float64]


def of_g(name: str, logits: Curve) -> tuple[Curve, Curve]:
    """G's loss at each of D's logits (N), and how fast it falls as that logit rises; N each.

    A loss that compares with a real picture is given one at a logit of 0. Raises registry.Unknown.
    """
    loss = registry.load("losses", name)
    real = torch.zeros(1, dtype=torch.float64) if loss.NEEDS_REAL else None
    fake = torch.from_numpy(logits.astype(np.float64)).requires_grad_()
    values = torch.stack([loss.g(real, one[None]) for one in fake])
    (slopes,) = torch.autograd.grad(values.sum(), fake)
    return values.detach().numpy(), -slopes.numpy()
