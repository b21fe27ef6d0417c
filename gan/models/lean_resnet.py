"""Lean ResNet: a small residual pair, for digits in seconds that keep improving.

At 7 × 7 and at 14 × 14 the generator adds to what it has what one 3 × 3 convolution makes of it. Such a block is almost
the identity at first (He et al. 2016), so it costs little of the first seconds, and it is what the lean pair lacks
later: there nothing corrects the strokes where they meet. The last doubling computes four pixels at a place of 14 × 14
and lays them side by side (Shi et al. 2016), which on a CPU is quicker than a transposed convolution to one channel.

The discriminator looks once more at 7 × 7 before it judges, in a block of the same kind. GroupNorm (Wu & He 2018)
normalises each picture by itself, so real and generated ones go through it in one pass; BatchNorm would take two.

Ours, on the pattern of Radford et al., "Unsupervised Representation Learning with Deep Convolutional GANs" (2015,
arXiv:1511.06434), with He et al., "Deep Residual Learning for Image Recognition" (arXiv:1512.03385), Shi et al.,
"Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network"
(arXiv:1609.05158) and Wu & He, "Group Normalization" (arXiv:1803.08494). Any number of channels; sides must be
multiples of 4.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.models import BaseGenerator, Spec
from gan.models._layers import logits, norm

KNOBS = ("z_dim", "width", "batch_norm", "conditional")
SIZES = ()
MULTIPLE = 4
CHANNELS = ()
POINTS = False
INIT = "dcgan"
EXTRA = {
    "group_norm": {
        "label": "GroupNorm in D",
        "help": "Without it penalties alone, or spectral norm or clipping, keep D from growing steep.",
        "default": True,
    },
}


class Generator(BaseGenerator):
    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        C, H, W = spec.shape
        width = spec.width
        self.start = (2 * width, H // 4, W // 4)
        self.fc = nn.Linear(spec.z_dim + spec.n_classes, 2 * width * (H // 4) * (W // 4), bias=False)
        self.bn1 = norm(spec, 2 * width)
        self.refine1 = nn.Conv2d(2 * width, 2 * width, 3, padding=1, bias=False)
        self.bn2 = norm(spec, 2 * width)
        self.up1 = nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False)
        self.bn3 = norm(spec, width)
        self.refine2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn4 = norm(spec, width)
        self.up2 = nn.Conv2d(width, 4 * C, 3, padding=1)

    def synthesis(self, w: Tensor) -> Tensor:
        x = self.fc(w).view(-1, *self.start)  # N,32,7,7 for a width of 16 and 28 x 28
        x = F.relu(self.bn1(x))
        x = x + F.relu(self.bn2(self.refine1(x)))  # N,32,7,7
        x = F.relu(self.bn3(self.up1(x)))  # N,16,14,14
        x = x + F.relu(self.bn4(self.refine2(x)))  # N,16,14,14
        return torch.tanh(F.pixel_shuffle(self.up2(x), 2))  # N,C,28,28


class Discriminator(nn.Module):
    def __init__(self, spec: Spec) -> None:
        super().__init__()
        C, H, W = spec.shape
        width = spec.width
        self.down1 = nn.Conv2d(C, width, 4, stride=2, padding=1)
        self.down2 = nn.Conv2d(width, 2 * width, 4, stride=2, padding=1)
        self.gn2 = group_norm(spec, 2 * width)
        self.look = nn.Conv2d(2 * width, 2 * width, 3, padding=1)
        self.gn3 = group_norm(spec, 2 * width)
        self.fc = nn.Linear(2 * width * (H // 4) * (W // 4), 1 + spec.n_classes)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        x = F.leaky_relu(self.down1(x), 0.2)  # N,16,14,14
        x = F.leaky_relu(self.gn2(self.down2(x)), 0.2)  # N,32,7,7
        x = x + F.leaky_relu(self.gn3(self.look(x)), 0.2)  # N,32,7,7
        return logits(self.fc(x.flatten(1)), y)  # N


def group_norm(spec: Spec, channels: int) -> nn.Module:
    """GroupNorm of that many channels, or nothing where the run is without."""
    return nn.GroupNorm(math.gcd(4, channels), channels) if spec.extra.get("group_norm", True) else nn.Identity()
