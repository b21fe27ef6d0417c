"""A small DCGAN: three convolutions each way, pictures of 16 × 16.

G unfolds a vector into a 4 × 4 patch of features and doubles it twice; D folds a picture up
again. The same few weights look at every place of the picture, so strokes and edges are learned
once and used everywhere. That is what convolutions bring over fully connected layers: fewer
weights, smoother pictures.

After Radford et al., "Unsupervised Representation Learning with Deep Convolutional GANs" (2015,
arXiv:1511.06434), in the sizes of a PyTorch tutorial. Its D ends in a linear layer from one
number to one number, kept as it was. 337,473 and 134,595 parameters for one channel; 339,523 and
136,643 for three.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.models import BaseGenerator, Spec
from gan.models._layers import logits

KNOBS = ("z_dim", "conditional")
SIZES = (16,)
CHANNELS = ()
POINTS = False
INIT = "torch"


class Generator(BaseGenerator):
    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self.up1 = nn.ConvTranspose2d(spec.z_dim + spec.n_classes, 128, 4)
        self.bn1 = nn.BatchNorm2d(128)
        self.up2 = nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1)
        self.bn2 = nn.BatchNorm2d(64)
        self.up3 = nn.ConvTranspose2d(64, spec.shape[0], 4, stride=2, padding=1)

    def synthesis(self, w: Tensor) -> Tensor:
        x = w[:, :, None, None]  # N,z_dim,1,1
        x = F.relu(self.bn1(self.up1(x)))  # N,128,4,4
        x = F.relu(self.bn2(self.up2(x)))  # N,64,8,8
        return torch.tanh(self.up3(x))  # N,C,16,16


class Discriminator(nn.Module):
    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.down1 = nn.Conv2d(spec.shape[0], 64, 4, stride=2, padding=1)
        self.down2 = nn.Conv2d(64, 128, 4, stride=2, padding=1)
        self.bn2 = nn.BatchNorm2d(128)
        self.classes = nn.Linear(128 * 4 * 4, spec.n_classes) if spec.n_classes else None
        self.down3 = nn.Conv2d(128, 1, 4)
        self.fc = nn.Linear(1, 1)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        x = F.leaky_relu(self.down1(x), 0.2)  # N,64,8,8
        x = F.leaky_relu(self.bn2(self.down2(x)), 0.2)  # N,128,4,4
        scores = self.fc(self.down3(x).flatten(1))  # N,1
        if self.classes is not None:
            scores = torch.cat([scores, self.classes(x.flatten(1))], 1)  # N,1+n_classes
        return logits(scores, y)  # N
