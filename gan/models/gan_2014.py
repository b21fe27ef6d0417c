"""The first GAN: two fully connected networks that know nothing of pictures.

G turns 100 random numbers into 784 pixels through four linear layers, each wider than the last; D
goes the other way, from the pixels down to one number. To both a picture is only a long list:
that neighbouring pixels belong together has to be learned from examples. That takes patience, and
some grain always stays.

After Goodfellow et al., "Generative Adversarial Networks" (2014, arXiv:1406.2661), with the layer
sizes of the usual PyTorch introduction. 1,486,352 and 533,505 parameters for one channel of 28 ×
28; other sizes work too.
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
        x = F.relu(self.fc1(w), inplace=True)  # N,256
        x = F.relu(self.fc2(x), inplace=True)  # N,512
        x = F.relu(self.fc3(x), inplace=True)  # N,1024
        x = torch.tanh(self.fc4(x))  # N,C*H*W
        return x.view(-1, *self.shape)  # N,C,H,W


class Discriminator(nn.Module):
    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.fc1 = nn.Linear(math.prod(spec.shape), 512)
        self.fc2 = nn.Linear(512, 256)
        self.fc3 = nn.Linear(256, 1 + spec.n_classes)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        x = F.leaky_relu(self.fc1(x.flatten(1)), 0.2, inplace=True)  # N,512
        x = F.leaky_relu(self.fc2(x), 0.2, inplace=True)  # N,256
        return logits(self.fc3(x), y)  # N
