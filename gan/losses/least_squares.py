"""Least squares: D is a regression that says 1 for real and 0 for generated pictures.

The loss grows with the distance from the target, so G still feels a slope where D is sure, and pictures that D already
takes for real are drawn to the data, too. D's answer is no probability: a guess is right above or below 1/2. In
balance D says 1/2 everywhere, and its loss is 1/4.

Mao et al., "Least Squares Generative Adversarial Networks" (2017, arXiv:1611.04076), with a = 0, b = c = 1.
"""

from __future__ import annotations

from torch import Tensor

D_FORMULA = r"\tfrac{1}{2}\mathbb{E}[(C(x) - 1)^2] + \tfrac{1}{2}\mathbb{E}[C(G(z))^2]"
G_FORMULA = r"\tfrac{1}{2}\mathbb{E}[(C(G(z)) - 1)^2]"
NEEDS_REAL = False
PROBABILITY = False
CALIBRATED = False
THRESHOLD = 0.5
SYMMETRIC = False
MONOTONE = False
BLIND = {"d_loss": 0.25, "g_loss": 0.125}


def d(real: Tensor, fake: Tensor) -> Tensor:
    return ((real - 1).square().mean() + fake.square().mean()) / 2


def g(real: Tensor | None, fake: Tensor) -> Tensor:
    return (fake - 1).square().mean() / 2
