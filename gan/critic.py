"""D as one asks it about a single picture: a logit above 0 says real, also where D has BatchNorm.

In training D saw batches that were all real or all generated, and BatchNorm measured each by itself. Afterwards its
running statistics belong to neither, and every logit is shifted: of `dcgan-deep-mnist` the medians are -1.2 for real
and -1.7 for generated pictures. So the statistics are measured anew on a mixture of both, and zero is put where it
parts them. On 2,000 test images and as many generated ones, none of which were used for it (share judged rightly at
zero, AUC; more in docs/inversion.md):

                             as trained       measured anew    and zero moved
    dcgan-deep-mnist         0.54 (0.71)      0.64 (0.71)      0.64 (0.71)
    dcgan-deep-mnist@282     0.71 (0.78)      0.72 (0.78)      0.72 (0.78)
    dcgan-deep-mnist@27      0.50 (0.20)      0.69 (0.94)      0.92 (0.94)

A D without BatchNorm means what it says, and is left alone: `gan-2014-mnist` 0.66 (0.80). So does one with GroupNorm,
which looks at one picture at a time.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from gan.models import _layers as layers
from gan.step import settle


class Critic:
    """A discriminator, frozen, and the logit that counts as zero. Safe to use from several threads.

    `calibrated` tells whether zero parts real from generated; it does not where D has BatchNorm and there were no
    pictures to measure it by. A logit depends on its own picture alone, never on its neighbours.
    """

    def __init__(self, D: nn.Module, zero: float = 0.0, calibrated: bool = True):
        self.D, self.zero, self.calibrated = D, zero, calibrated

    def __call__(self, x: Tensor) -> Tensor:
        """Logits (N,) of x (N,C,H,W in [-1, 1]), with a gradient to x."""
        found: Tensor = self.D(x) - self.zero
        return found


def calibrate(D: nn.Module, real: Tensor | None, fake: Tensor) -> Critic:
    """A critic from D (eval mode), by as many real as generated pictures, N,C,H,W in [-1, 1]. D itself stays as it is.

    Zero is where the mean probability of all of them is one half. Without BatchNorm nothing is changed; without real
    pictures nothing can be.
    """
    if not layers.mixes_samples(D):
        return Critic(D)
    if real is None:
        return Critic(D, calibrated=False)
    with torch.inference_mode(False), torch.no_grad():  # gradients go through it later
        D = copy.deepcopy(D)
        both = torch.cat([real, fake])
        settle(D, both)
        return Critic(D, _middle(D(both).double()))


def _middle(logits: Tensor) -> float:
    """Where the mean of sigmoid(logits - middle) is 1/2."""
    low, high = logits.min(), logits.max()
    for _ in range(50):
        middle = (low + high) / 2
        above = (logits - middle).sigmoid().mean() > 0.5
        low, high = (middle, high) if above else (low, middle)
    return float(middle)
