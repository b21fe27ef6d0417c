"""Minibatch standard deviation: D sees how much the pictures of a batch differ, and a collapsed G is found out.

One number is added to the features in front of D's last layer: the standard deviation of each feature over the batch,
averaged over the features. Where all pictures are alike it is 0, whatever they show. Karras et al., "Progressive
Growing of GANs" (2018, arXiv:1710.10196), who add it as a map of pixels in front of the last convolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan.tricks._last_layer import BatchFeatures, widen

KNOB = {
    "label": "Minibatch deviation",
    "help": "D is shown how much the images of a batch differ, so that a G that makes all alike is found out.",
    "default": False,
}
FORMULA = r"\frac{1}{A} \sum_a \sqrt{\mathrm{Var}_n\, f_a(x_n)}"
CHANGES_LAYERS = True


class Deviation(BatchFeatures):
    def __init__(self) -> None:
        super().__init__(1)

    def measure(self, x: Tensor) -> Tensor:
        deviation = (x.var(0, unbiased=False) + 1e-8).sqrt().mean()
        return deviation.expand(len(x), 1)


def prepare(D: nn.Module, amount: bool, generator: torch.Generator) -> None:
    """Puts the deviation in front of D's last layer."""
    widen(D, Deviation(), generator)
