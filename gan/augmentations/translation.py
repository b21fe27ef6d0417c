"""Translation: D sees every picture shifted by up to so many pixels.

A D that has few pictures learns them by heart; shifted, each of them is many. The pixels that come in repeat the edge.
Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training" (2020, arXiv:2006.10738), who shift by up to
an eighth of the side.
"""

from __future__ import annotations

import torch
from torch import Tensor

KNOB = {
    "label": "Shift what D sees",
    "help": "D sees real and generated images shifted by up to so many pixels, which helps with few images. 0: off.",
    "default": 0,
    "low": 0,
    "high": 32,
    "shown": (0, 1, 2, 3, 4, 8),
}
FORMULA = r"T(x)_{i,j} = x_{i-a,\,j-b}, \quad |a|, |b| \le s"


def draw(shape: tuple[int, ...], generator: torch.Generator, amount: int) -> Tensor:
    """Shifts down and to the right in pixels, int64 N,2, from -amount to amount."""
    return torch.randint(-amount, amount + 1, (shape[0], 2), generator=generator, device=generator.device)


def augment(x: Tensor, draw: Tensor, amount: int) -> Tensor:
    """x (N,C,H,W) shifted picture by picture."""
    N, _, H, W = x.shape
    rows = (torch.arange(H, device=x.device) - draw[:, :1]).clamp(0, H - 1)  # N,H
    columns = (torch.arange(W, device=x.device) - draw[:, 1:]).clamp(0, W - 1)  # N,W
    picture = torch.arange(N, device=x.device)[:, None, None]
    return x.permute(0, 2, 3, 1)[picture, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
