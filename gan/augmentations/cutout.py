"""Cutout: D sees every picture with a square of so many pixels covered in mid-grey, each time another one.

It has to look at the whole picture instead of one telling spot. Zhao et al., "Differentiable Augmentation for
Data-Efficient GAN Training" (2020, arXiv:2006.10738), who cover half a side.
"""

from __future__ import annotations

import torch
from torch import Tensor

KNOB = {
    "label": "Cover what D sees",
    "help": "D sees images with a grey square of so many pixels a side somewhere, which helps with few images. 0: off.",
    "default": 0,
    "low": 0,
    "high": 64,
    "shown": (0, 4, 7, 10, 14),
}
FORMULA = r"T(x) = x \odot (1 - M)"


def draw(shape: tuple[int, ...], generator: torch.Generator, amount: int) -> Tensor:
    """Where the squares' middles are, as shares of height and width: N,2 in [0, 1)."""
    return torch.rand(shape[0], 2, generator=generator, device=generator.device)


def augment(x: Tensor, draw: Tensor, amount: int) -> Tensor:
    """x (N,C,H,W) with squares of `amount` pixels a side, at most half the picture's, at 0; a part may lie outside."""
    H, W = x.shape[2:]
    rows = _covered(draw[:, 0], H, amount)  # N,H
    columns = _covered(draw[:, 1], W, amount)  # N,W
    return x.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0.0)


def _covered(middle: Tensor, side: int, amount: int) -> Tensor:
    amount = min(amount, side // 2)
    first = (middle * (side + 1 - amount % 2)).floor() - amount // 2
    place = torch.arange(side, device=middle.device)
    return (place >= first[:, None]) & (place < first[:, None] + amount)
