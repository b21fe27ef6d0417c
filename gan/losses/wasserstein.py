"""Wasserstein: D is a critic whose scores, real minus generated, estimate how far apart both distributions are.

There is no sigmoid and no right or wrong: only the difference of the means counts, and its negative is D's loss. It
estimates the Wasserstein distance as long as the critic is Lipschitz, so it wants weight clipping, a gradient penalty
or spectral norm, and several updates of D a step; without one of them it runs away.

Arjovsky, Chintala & Bottou, "Wasserstein GAN" (2017, arXiv:1701.07875).
"""

from __future__ import annotations

from torch import Tensor

D_FORMULA = r"\mathbb{E}[C(G(z))] - \mathbb{E}[C(x)]"
G_FORMULA = r"-\mathbb{E}[C(G(z))]"
NEEDS_REAL = False
PROBABILITY = False
CALIBRATED = False
THRESHOLD = None
SYMMETRIC = True
MONOTONE = True
ESTIMATE = True  # the difference of D's mean logits estimates how far apart both distributions are


def d(real: Tensor, fake: Tensor) -> Tensor:
    return fake.mean() - real.mean()


def g(real: Tensor | None, fake: Tensor) -> Tensor:
    return -fake.mean()
