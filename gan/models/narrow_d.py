"""Narrow D: a small convolutional generator against a detective of a few channels, in which modes get lost.

G is that of Lean DCGAN; D has the same two strided convolutions with far fewer channels and no normalisation. For
looking at what keeps a generator from making the same picture for ever: without BatchNorm in G a non-saturating pair
ends in one blot, and with it it does not; a relativistic loss with R1 and R2 helps as well (`python -m
benchmarks.modes`).

Ours, on the pattern of Radford et al., "Unsupervised Representation Learning with Deep Convolutional GANs" (2015,
arXiv:1511.06434). Any number of channels; sides must be multiples of 4.
"""

from __future__ import annotations

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
INIT = "torch"
EXTRA = {
    "d_width": {
        "label": "Width of D",
        "help": "Channels of D's first layer; width is G's. BatchNorm is in G alone.",
        "default": 4,
        "low": 2,
        "high": 128,
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
        self.up1 = nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False)
        self.bn2 = norm(spec, width)
        self.up2 = nn.ConvTranspose2d(width, C, 4, stride=2, padding=1)
        if not spec.batch_norm:  # then the weights alone keep the numbers in a good range (He et al. 2015)
            nn.init.kaiming_normal_(self.fc.weight)
            for layer in (self.up1, self.up2):  # 4 of the 16 weights of a kernel meet in a pixel
                nn.init.normal_(layer.weight, 0.0, (2 / (4 * layer.in_channels)) ** 0.5)

    def synthesis(self, w: Tensor) -> Tensor:
        x = self.fc(w).view(-1, *self.start)  # N,32,7,7 for a width of 16 and 28 x 28
        x = F.relu(self.bn1(x))  # N,32,7,7
        x = F.relu(self.bn2(self.up1(x)))  # N,16,14,14
        return torch.tanh(self.up2(x))  # N,C,28,28


class Discriminator(nn.Module):
    def __init__(self, spec: Spec) -> None:
        super().__init__()
        C, H, W = spec.shape
        width = int(spec.extra["d_width"])
        self.down1 = nn.Conv2d(C, width, 4, stride=2, padding=1)
        self.down2 = nn.Conv2d(width, 2 * width, 4, stride=2, padding=1)
        self.fc = nn.Linear(2 * width * (H // 4) * (W // 4), 1 + spec.n_classes)
        for layer in (self.down1, self.down2, self.fc):
            nn.init.normal_(layer.weight, 0.0, 0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        x = F.leaky_relu(self.down1(x), 0.2)  # N,4,14,14 for a width of 4
        x = F.leaky_relu(self.down2(x), 0.2)  # N,8,7,7
        return logits(self.fc(x.flatten(1)), y)  # N
