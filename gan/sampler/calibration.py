"""The discriminator outside training: BatchNorm recalibrated, decision threshold at logit 0.

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
from gan.models._batchnorm import settle


class CalibratedDiscriminator:
    """A discriminator, frozen, and the logit that counts as zero. Safe to use from several threads.

    `calibrated` tells whether zero parts real from generated; it does not where D has BatchNorm and there were no
    pictures to measure it by. A logit depends on its own picture alone, never on its neighbours.
    """

    def __init__(self, D: nn.Module, zero: float = 0.0, calibrated: bool = True):
        self.D, self.zero, self.calibrated = D, zero, calibrated

    def __call__(self, x: Tensor) -> Tensor:
        """Logits (N,) of x (N,C,H,W in [-1, 1]), with a gradient to x."""
        logits: Tensor = self.D(x) - self.zero
        return logits


def calibrate(
    D: nn.Module, real: Tensor | None, fake: Tensor, threshold: float | None = 0.0
) -> CalibratedDiscriminator:
    """D (eval mode) with its zero where it parts as many real as generated pictures, N,C,H,W in [-1, 1].

    `threshold` is the logit at which the loss puts the border, None where it puts none. Without BatchNorm that border
    holds; else, or where there is none, zero is where the mean sigmoid of all logits is one half. Without real pictures
    nothing can be measured. D itself stays as it is.
    """
    if not layers.mixes_samples(D) and threshold is not None:
        return CalibratedDiscriminator(D, threshold)
    if real is None:
        return CalibratedDiscriminator(D, threshold or 0.0, calibrated=False)
    with torch.inference_mode(False), torch.no_grad():  # gradients go through it later
        D = copy.deepcopy(D)
        both = torch.cat([real, fake])
        settle(D, both)
        return CalibratedDiscriminator(D, _middle(D(both).double()))


def _middle(logits: Tensor) -> float:
    """Where the mean of sigmoid(logits - middle) is 1/2."""
    low, high = logits.min(), logits.max()
    for _ in range(50):
        middle = (low + high) / 2
        above = (logits - middle).sigmoid().mean() > 0.5
        low, high = (middle, high) if above else (low, middle)
    return float(middle)
