"""Hinge: D only works on the pictures it is not yet sure about.

D wants its logit above 1 for real pictures and below −1 for fakes; what is beyond that margin
costs nothing, so D does not spend itself on winning clearer what it has won. G simply raises the
logit of its fakes, with a slope that never fades. In balance D's loss is 2; G's loss has no fixed
level and may be negative.

Lim & Ye, "Geometric GAN" (2017, arXiv:1705.02894); Tran et al. (2017, arXiv:1702.08896).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

D_FORMULA = r"\mathbb{E}[\max(0, 1 - C(x))] + \mathbb{E}[\max(0, 1 + C(G(z)))]"
G_FORMULA = r"-\mathbb{E}[C(G(z))]"
NEEDS_REAL = False
PROBABILITY = True
CALIBRATED = False
THRESHOLD = 0.0
SYMMETRIC = True
MONOTONE = True
BLIND = {"d_loss": 2.0}  # G's loss has no fixed level


def d(real: Tensor, fake: Tensor) -> Tensor:
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def g(real: Tensor | None, fake: Tensor) -> Tensor:
    return -fake.mean()
