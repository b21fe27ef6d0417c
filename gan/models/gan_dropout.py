"""The forgetful detective: fully connected networks, with dropout in D.

The same idea as the first GAN, with a wider D that is kept from growing too sure of itself: while
training, three in ten of its hidden numbers are switched off at random, others every time. It has
to judge by many small signs, and a judge who can be wrong leaves G something to learn from. When
the two are in balance, D(x) tends to 0.5 for real and for generated pictures alike.

The layer sizes are ours, in the spirit of the introductions that add dropout to the GAN of
Goodfellow et al. (2014); dropout is from Srivastava et al. (2014). Be careful with the learning
rate: a larger one can make every picture the same.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.models import BaseGenerator, Spec
from gan.models._layers import Dropout, logits

KNOBS = ("z_dim", "conditional")
SIZES = ()
CHANNELS = ()
POINTS = False
INIT = "torch"


class Generator(BaseGenerator):
    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self.shape = spec.shape
        self.fc1 = nn.Linear(spec.z_dim + spec.n_classes, 256)
        self.fc2 = nn.Linear(256, 512)
        self.fc3 = nn.Linear(512, 1024)
        self.fc4 = nn.Linear(1024, math.prod(spec.shape))

    def synthesis(self, w: Tensor) -> Tensor:
        x = F.leaky_relu(self.fc1(w), 0.2)  # N,256
        x = F.leaky_relu(self.fc2(x), 0.2)  # N,512
        x = F.leaky_relu(self.fc3(x), 0.2)  # N,1024
        x = torch.tanh(self.fc4(x))  # N,C*H*W
        return x.view(-1, *self.shape)  # N,C,H,W


class Discriminator(nn.Module):
    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.fc1 = nn.Linear(math.prod(spec.shape), 1024)
        self.fc2 = nn.Linear(1024, 512)
        self.fc3 = nn.Linear(512, 256)
        self.fc4 = nn.Linear(256, 1 + spec.n_classes)
        self.drop = Dropout(0.3)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        x = self.drop(F.leaky_relu(self.fc1(x.flatten(1)), 0.2))  # N,1024
        x = self.drop(F.leaky_relu(self.fc2(x), 0.2))  # N,512
        x = self.drop(F.leaky_relu(self.fc3(x), 0.2))  # N,256
        return logits(self.fc4(x), y)  # N
