"""The well-known DCGAN: the convolutional pair that most people meet first.

G starts from 256 features on a 7 × 7 grid and doubles the picture twice with 5 × 5 convolutions;
D halves it twice and switches three in ten of its numbers off at random. It learns steadily and
slowly: most of its work is convolution, so a GPU, or patience, helps. Sides must be multiples of
4; 28 × 28 is where its numbers come from.

TensorFlow's DCGAN tutorial, layer by layer, with Keras' habits: Glorot weights, LeakyReLU 0.3,
BatchNorm with an epsilon of 0.001 and a momentum of 0.99 (0.01 as PyTorch counts). Where a stride
leaves one pixel of padding over, Keras puts it right and below, PyTorch left and above: the same
network, seen in a mirror. 2,305,472 and 212,865 parameters at 28 × 28.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.models import BaseGenerator, Spec
from gan.models._layers import Dropout, logits

KNOBS = ("z_dim", "conditional")
SIZES = ()
MULTIPLE = 4
CHANNELS = ()
POINTS = False
INIT = "keras"


class Generator(BaseGenerator):
    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        C, H, W = spec.shape
        self.start = (256, H // 4, W // 4)
        features = 256 * (H // 4) * (W // 4)
        self.fc = nn.Linear(spec.z_dim + spec.n_classes, features, bias=False)
        self.bn1 = nn.BatchNorm1d(features, eps=1e-3, momentum=0.01)
        self.conv = nn.ConvTranspose2d(256, 128, 5, padding=2, bias=False)
        self.bn2 = nn.BatchNorm2d(128, eps=1e-3, momentum=0.01)
        self.up1 = nn.ConvTranspose2d(128, 64, 5, 2, padding=2, output_padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(64, eps=1e-3, momentum=0.01)
        self.up2 = nn.ConvTranspose2d(64, C, 5, 2, padding=2, output_padding=1, bias=False)

    def synthesis(self, w: Tensor) -> Tensor:
        x = F.leaky_relu(self.bn1(self.fc(w)), 0.3)  # N,12544 for 28 x 28
        x = x.view(-1, *self.start)  # N,256,7,7
        x = F.leaky_relu(self.bn2(self.conv(x)), 0.3)  # N,128,7,7
        x = F.leaky_relu(self.bn3(self.up1(x)), 0.3)  # N,64,14,14
        return torch.tanh(self.up2(x))  # N,C,28,28


class Discriminator(nn.Module):
    def __init__(self, spec: Spec) -> None:
        super().__init__()
        C, H, W = spec.shape
        self.down1 = nn.Conv2d(C, 64, 5, stride=2, padding=2)
        self.down2 = nn.Conv2d(64, 128, 5, stride=2, padding=2)
        self.fc = nn.Linear(128 * (H // 4) * (W // 4), 1 + spec.n_classes)
        self.drop = Dropout(0.3)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        x = self.drop(F.leaky_relu(self.down1(x), 0.3))  # N,64,14,14
        x = self.drop(F.leaky_relu(self.down2(x), 0.3))  # N,128,7,7
        return logits(self.fc(x.flatten(1)), y)  # N
