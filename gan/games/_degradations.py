"""Degradations: what a picture loses before a game has to restore it.

"shrink": a quarter of its side, each pixel the mean of a block of 16. "hole": a box of half its side is missing; it
lies in a corner about as often as not, else anywhere. The source of a hole has a channel more: 1 where the picture is
missing, -1 where it is known.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

BLOCK = 4  # pixels a side that become one


def shape_of(degradation: str, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """The shape c,h,w of the source of a picture of shape C,H,W. Raises ValueError where it cannot be had."""
    C, H, W = shape
    if degradation == "shrink":
        if H % BLOCK or W % BLOCK:
            raise ValueError(f"A picture of {H} x {W} cannot be shrunk: its sides have to be multiples of {BLOCK}.")
        return C, H // BLOCK, W // BLOCK
    return C + (degradation == "hole"), H, W


def degrade(degradation: str, x: Tensor, generator: torch.Generator) -> Tensor:
    """The sources N,c,h,w of pictures x (N,C,H,W in [-1, 1])."""
    if degradation == "shrink":
        return F.avg_pool2d(x, BLOCK)
    if degradation == "hole":
        return holed(x, holes(len(x), x.shape[2], x.shape[3], generator))
    return x


def holes(n: int, H: int, W: int, generator: torch.Generator) -> Tensor:
    """Where n pictures are missing, N,1,H,W, bool: a box of half of each side."""
    masks = []
    for side in (H, W):
        half = side // 2
        device, beyond = generator.device, half // 2  # what falls beyond an edge comes to lie at it
        start = torch.randint(-beyond, side - half + beyond + 1, (n,), generator=generator, device=device)
        start = start.clamp(0, side - half)[:, None]
        at = torch.arange(side, device=device)
        masks.append((at >= start) & (at < start + half))  # N,side
    return (masks[0][:, :, None] & masks[1][:, None, :])[:, None]


def holed(x: Tensor, missing: Tensor) -> Tensor:
    """The source of pictures x (N,C,H,W) of which a part is `missing` (N,1,H,W, bool): black there, the mask behind."""
    return torch.cat([torch.where(missing, -torch.ones_like(x), x), missing.to(x.dtype) * 2 - 1], 1)
