"""Minimax: one game value, which D makes large and G makes small.

The game as the theory has it: V(D, G) = E[log D(x)] + E[log(1 − D(G(z)))]. Both networks look at
one and the same number and pull it in opposite directions. It saturates: when D sees through
every fake, the slope that G feels is nearly zero, and the worse G is the less it learns. Compare
it with the non-saturating loss from the same seed to see why that one is used.

Equation 1 of Goodfellow et al., "Generative Adversarial Networks" (2014, arXiv:1406.2661). With
both in perfect balance D's loss is 2 log 2 ≈ 1.386 and G's is −log 2 ≈ −0.693: a negative loss is
no mistake here.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

D_FORMULA = r"-\mathbb{E}[\log D(x)] - \mathbb{E}[\log(1 - D(G(z)))]"
G_FORMULA = r"\mathbb{E}[\log(1 - D(G(z)))]"
NEEDS_REAL = False
PROBABILITY = True
CALIBRATED = True
THRESHOLD = 0.0
SYMMETRIC = True
MONOTONE = True
BLIND = {"d_loss": 1.3863, "g_loss": -0.6931}  # 2 log 2, -log 2


def d(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def g(real: Tensor | None, fake: Tensor) -> Tensor:
    return -F.softplus(fake).mean()
