"""Forger and detective: the smallest pair, for points you can see on a sheet of paper.

The forger G takes two random numbers and puts a dot on the sheet; the detective D looks at a dot
and says how real it finds it. Two hidden layers of 128 each. Because every sample is a dot, all
that happens between the two is visible: whether the forger covers the whole shape, piles its dots
up in one place, or runs from place to place.

After the linear networks of an introduction that trains on random vectors; here the vectors are
points of a known shape. Any vector or picture works, flattened. 17,154 and 17,025 parameters for
points and a z of two numbers.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.models import BaseGenerator, Spec
from gan.models._layers import logits

KNOBS = ("z_dim", "conditional")
SIZES = ()
CHANNELS = ()
POINTS = True
INIT = "torch"


class Generator(BaseGenerator):
    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self.shape = spec.shape
        self.fc1 = nn.Linear(spec.z_dim + spec.n_classes, 128)
        self.fc2 = nn.Linear(128, 128)
        self.fc3 = nn.Linear(128, math.prod(spec.shape))

    def synthesis(self, w: Tensor) -> Tensor:
        x = F.relu(self.fc1(w))  # N,128
        x = F.relu(self.fc2(x))  # N,128
        x = torch.tanh(self.fc3(x))  # N,2 for points
        return x.view(-1, *self.shape)  # N,C,H,W


class Discriminator(nn.Module):
    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.fc1 = nn.Linear(math.prod(spec.shape), 128)
        self.fc2 = nn.Linear(128, 128)
        self.fc3 = nn.Linear(128, 1 + spec.n_classes)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        x = F.leaky_relu(self.fc1(x.flatten(1)), 0.2)  # N,128
        x = F.leaky_relu(self.fc2(x), 0.2)  # N,128
        return logits(self.fc3(x), y)  # N
