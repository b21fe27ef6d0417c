"""A U-Net that turns one picture into another, and a D that judges patches of a result beside its source.

Ronneberger et al., "U-Net: Convolutional Networks for Biomedical Image Segmentation" (2015, arXiv:1505.04597); both
after Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks" (2017, arXiv:1611.07004).
InstanceNorm instead of BatchNorm: what becomes of a picture does not depend on its neighbours in a batch.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Shape = tuple[int, int, int]


class UNet(nn.Module):
    """A translator: G(z, y) is a picture N,C,H,W in [-1, 1] made from the source y (N,c,h,w).

    z (N,`noise`) makes it one of several answers, None the one in their middle; with a `noise` of 0 it takes none.
    `mapping` enlarges a source that is smaller, with the noise as further channels. Where `holes`, the last channel of
    y is 1 where the picture is missing and -1 where it is known, and what is known is kept.
    """

    n_classes = 0

    def __init__(self, shape: Shape, source: Shape, width: int, holes: bool = False, noise: int = 0) -> None:
        super().__init__()
        C, *self.sides = shape
        self.source_shape, self.holes, self.noise = source, holes, noise
        channels = source[0]
        self.down1 = nn.Conv2d(channels, width, 4, 2, 1)
        self.down2 = nn.Sequential(nn.Conv2d(width, 2 * width, 4, 2, 1), _norm(2 * width))
        self.middle = nn.Sequential(nn.Conv2d(2 * width, 4 * width, 3, 1, 1), _norm(4 * width))
        self.down3 = nn.Conv2d(4 * width, 4 * width, 4, 2, 1)
        self.middle_shape = 4 * width, self.sides[0] // 8, self.sides[1] // 8
        if noise:
            self.spread = nn.Linear(noise, math.prod(self.middle_shape))
        self.up3, self.norm3 = nn.ConvTranspose2d(4 * width, 2 * width, 4, 2, 1), _norm(2 * width)
        self.up2, self.norm2 = nn.ConvTranspose2d(4 * width, width, 4, 2, 1), _norm(width)
        self.up1, self.norm1 = nn.ConvTranspose2d(2 * width, width, 4, 2, 1), _norm(width)
        self.out = nn.Conv2d(width + channels, C, 3, 1, 1)

    def mapping(self, z: Tensor | None, y: Tensor) -> Tensor:
        y = enlarged(y, self.sides)
        if not self.noise:
            return y
        z = y.new_zeros(len(y), self.noise) if z is None else z.to(y.dtype)
        return torch.cat([y, z[:, :, None, None].expand(-1, -1, *self.sides)], 1)

    def synthesis(self, w: Tensor) -> Tensor:
        w, z = w[:, : self.source_shape[0]], w[:, self.source_shape[0] :, 0, 0]
        a = F.leaky_relu(self.down1(w), 0.2)  # N,24,14,14 for a width of 24 and 28 x 28
        b = F.leaky_relu(self.down2(a), 0.2)  # N,48,7,7
        c = F.relu(self.down3(F.leaky_relu(self.middle(b), 0.2)))  # N,96,3,3
        if self.noise:
            c = c + self.spread(z).view(-1, *self.middle_shape)
        x = F.relu(self.norm3(self.up3(c, b.shape[2:])))  # N,48,7,7
        x = F.relu(self.norm2(self.up2(torch.cat([x, b], 1), a.shape[2:])))  # N,24,14,14
        x = F.relu(self.norm1(self.up1(torch.cat([x, a], 1), w.shape[2:])))  # N,24,28,28
        x = torch.tanh(self.out(torch.cat([x, w], 1)))  # N,C,28,28
        return torch.where(w[:, -1:] > 0, x, w[:, :-1]) if self.holes else x

    def forward(self, z: Tensor | None, y: Tensor) -> Tensor:
        return self.synthesis(self.mapping(z, y))


class PatchDiscriminator(nn.Module):
    """A D of patches: logits N,P of overlapping ones of a picture x (N,C,H,W).

    It sees each beside its source y (N,c,h,w), which has `channels`; with 0 of them it sees the picture alone.
    """

    def __init__(self, shape: Shape, channels: int, width: int) -> None:
        super().__init__()
        self.down1 = nn.Conv2d(shape[0] + channels, width, 4, 2, 1)
        self.down2 = nn.Conv2d(width, 2 * width, 4, 2, 1)
        self.middle = nn.Conv2d(2 * width, 4 * width, 3, 1, 1)
        self.out = nn.Conv2d(4 * width, 1, 3, 1, 1)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        h = x if y is None else torch.cat([x, enlarged(y, x.shape[2:])], 1)
        h = F.leaky_relu(self.down1(h), 0.2)  # N,32,14,14 for a width of 32
        h = F.leaky_relu(self.down2(h), 0.2)  # N,64,7,7
        h = F.leaky_relu(self.middle(h), 0.2)  # N,128,7,7
        logits: Tensor = self.out(h).flatten(1)  # N,49
        return logits


def enlarged(y: Tensor, sides: torch.Size | list[int]) -> Tensor:
    """A source N,c,h,w at `sides` (H, W): each of its pixels becomes a block."""
    return y if list(y.shape[2:]) == list(sides) else F.interpolate(y, tuple(sides), mode="nearest")


def _norm(channels: int) -> nn.Module:
    return nn.InstanceNorm2d(channels, affine=True)
