"""Degradations: what a picture loses before a game has to restore it.

"shrink": a quarter of its side, each pixel the mean of a block of 16. "tiny": the same, but 4 x 4 pixels are left.
"hole": a box of half its side is missing; it lies in a corner about as often as not, else anywhere. The source of a
hole has a channel more: 1 where the picture is missing, -1 where it is known. "noise": Gaussian noise on every pixel.
"blur": a Gaussian that leaves only what is larger than a stroke. "outline": the edge of what is bright. "grey": the
mean of the colours.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.rng import Shard

BLOCK = 4  # pixels a side that become one
TINY = 4  # pixels a side that are left
NOISE = 0.8  # standard deviation, of pixels from -1 to 1
BLUR, REACH = 2.0, 5  # standard deviation of the Gaussian and how far it reaches, pixels


def shape_of(degradation: str, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """The shape c,h,w of the source of a picture of shape C,H,W. Raises ValueError where it cannot be had."""
    C, H, W = shape
    if degradation == "shrink":
        if H % BLOCK or W % BLOCK:
            raise ValueError(f"A picture of {H} x {W} cannot be shrunk: its sides have to be multiples of {BLOCK}.")
        return C, H // BLOCK, W // BLOCK
    if degradation == "tiny":
        if H % TINY or W % TINY:
            raise ValueError(f"A picture of {H} x {W} cannot be shrunk: its sides have to be multiples of {TINY}.")
        return C, TINY, TINY
    if degradation == "grey":
        if C < 2:
            raise ValueError("Grey pictures have no colour that could be restored: choose data with colour.")
        return 1, H, W
    return C + (degradation == "hole"), H, W


def degrade(degradation: str, x: Tensor, generator: torch.Generator, shard: Shard | None = None) -> Tensor:
    """The sources N,c,h,w of pictures x (N,C,H,W in [-1, 1]), which are the rows of `shard` of a batch."""
    shard = shard or Shard()
    if degradation == "shrink":
        return F.avg_pool2d(x, BLOCK)
    if degradation == "tiny":
        return F.adaptive_avg_pool2d(x, TINY)
    if degradation == "hole":
        return holed(x, shard.of(holes(len(x) * shard.count, x.shape[2], x.shape[3], generator)))
    if degradation == "noise":
        whole = len(x) * shard.count, *x.shape[1:]
        noise = shard.of(torch.randn(whole, generator=generator, device=generator.device, dtype=x.dtype))
        return (x + NOISE * noise).clamp(-1, 1)
    if degradation == "blur":
        return blurred(x)
    if degradation == "outline":
        darkest = -F.max_pool2d(-x, 3, 1, 1)  # of a pixel and its neighbours: what is bright gets thinner
        return x - darkest - 1
    return x.mean(1, keepdim=True) if degradation == "grey" else x


def known(degradation: str, x: Tensor) -> Tensor | None:
    """What the source of pictures x would be, whatever the draw; None where it is a matter of chance or of the data."""
    return None if degradation in ("none", "hole", "noise") else degrade(degradation, x, torch.Generator())


def blurred(x: Tensor) -> Tensor:
    """Pictures x through a Gaussian; beyond an edge lies what lies at it."""
    at = torch.arange(-REACH, REACH + 1, dtype=x.dtype, device=x.device)
    weights = torch.exp(-0.5 * (at / BLUR) ** 2)
    weights = (weights / weights.sum()).view(1, 1, -1, 1)
    flat = F.pad(x.flatten(0, 1)[:, None], [REACH] * 4, mode="replicate")  # every channel alike
    return F.conv2d(F.conv2d(flat, weights), weights.transpose(2, 3)).view_as(x)


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
