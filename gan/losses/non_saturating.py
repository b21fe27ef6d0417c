"""Non-saturating: G makes the logarithm of D's belief in its fakes large.

D is an ordinary classifier, trained with cross-entropy on real against generated. G is trained
with the same cross-entropy, its fakes labelled as real: while D still sees through every fake,
the slope that G feels is at its steepest, so it learns fastest when it is worst. With both in
perfect balance D's loss is 2 log 2 ≈ 1.386 and G's is log 2.

The trick proposed beside the minimax game by Goodfellow et al. (2014, arXiv:1406.2661), and what
nearly every introduction implements. softplus(c) = log(1 + exp(c)) keeps it finite for any logit.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

D_FORMULA = r"-\mathbb{E}[\log D(x)] - \mathbb{E}[\log(1 - D(G(z)))]"
G_FORMULA = r"-\mathbb{E}[\log D(G(z))]"
NEEDS_REAL = False
PROBABILITY = True
CALIBRATED = True
THRESHOLD = 0.0
SYMMETRIC = True
MONOTONE = True
BLIND = {"d_loss": 1.3863, "g_loss": 0.6931}  # 2 log 2, log 2


def d(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def g(real: Tensor | None, fake: Tensor) -> Tensor:
    return F.softplus(-fake).mean()
