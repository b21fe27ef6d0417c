"""Relativistic pairing: D says of a real and a generated picture which of the two is the real one.

Only the difference of the two logits counts, so shifting all of them changes nothing, and G learns from real pictures,
too: it has to make its own more real than them. No mode can be dropped without D noticing at the real pictures there.
With R1 and R2 it converges where plain losses need tricks. In balance both losses are log 2.

Jolicoeur-Martineau, "The relativistic discriminator" (2018, arXiv:1807.00734), the pairing RpGAN; Huang et al., "The
GAN is dead; long live the GAN!" (2024, arXiv:2501.05441).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

D_FORMULA = r"\mathbb{E}[\log(1 + e^{-(C(x) - C(G(z)))})]"
G_FORMULA = r"\mathbb{E}[\log(1 + e^{C(x) - C(G(z))})]"
NEEDS_REAL = True
PROBABILITY = False
CALIBRATED = False
THRESHOLD = None
SYMMETRIC = True
MONOTONE = True
BLIND = {"d_loss": 0.6931, "g_loss": 0.6931}  # log 2


def d(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(fake - real).mean()


def g(real: Tensor | None, fake: Tensor) -> Tensor:
    if real is None:
        raise ValueError("the relativistic loss compares with real images: G needs D's logits of some")
    return F.softplus(real - fake).mean()
