"""Lean DCGAN: a small convolutional pair that draws digits within seconds.

G starts on a grid of a quarter of the picture's side and doubles it twice; D halves it twice.
With 32 and 16 channels both are small enough for a laptop without a GPU, and small networks with
small batches and a bold learning rate make many updates in little time: that, more than size, is
what the first minute needs. More `width` gives a sharper picture later and a slower start.

Ours, on the pattern of Radford et al., "Unsupervised Representation Learning with Deep
Convolutional GANs" (2015, arXiv:1511.06434). Any number of channels; sides must be multiples of
4, so 28 × 28 digits and 32 × 32 photographs do.
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
INIT = "dcgan"


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

    def synthesis(self, w: Tensor) -> Tensor:
        x = self.fc(w).view(-1, *self.start)  # N,32,7,7 for a width of 16 and 28 x 28
        x = F.relu(self.bn1(x))  # N,32,7,7
        x = F.relu(self.bn2(self.up1(x)))  # N,16,14,14
        return torch.tanh(self.up2(x))  # N,C,28,28


class Discriminator(nn.Module):
    def __init__(self, spec: Spec) -> None:
        super().__init__()
        C, H, W = spec.shape
        width = spec.width
        self.down1 = nn.Conv2d(C, width, 4, stride=2, padding=1)
        self.down2 = nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False)
        self.bn2 = norm(spec, 2 * width)
        self.fc = nn.Linear(2 * width * (H // 4) * (W // 4), 1 + spec.n_classes)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        x = F.leaky_relu(self.down1(x), 0.2)  # N,16,14,14
        x = F.leaky_relu(self.bn2(self.down2(x)), 0.2)  # N,32,7,7
        return logits(self.fc(x.flatten(1)), y)  # N
