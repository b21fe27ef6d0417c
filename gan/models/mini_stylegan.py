"""Mini StyleGAN: a style, made of z by a network of its own, scales the channels of every layer.

The picture does not begin with z but with a learned constant. A mapping network turns z (and a class) into w, and every
layer takes from w how loud each of its channels is. So w may be another one at every layer: the shape of one picture
with the stroke of another. `synthesis` takes w (N,w_dim), or (N,5,w_dim) with a style for each of LAYERS.

Scaling the weights of a convolution anew for every picture, as the paper writes it, makes as many convolutions as there
are pictures. Scaling its input channels by the style and its output channels by the demodulation is the same number
for number, in one convolution for the whole batch. Doublings are transposed 4 x 4 convolutions, and two to-image layers
add up to the picture. The paper's noise inputs are left out: here they learn to do nothing (docs/mini-stylegan.md). D
has no normalisation, and is meant for the relativistic loss with R1 and R2.

Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020, arXiv:1912.04958); D and its penalties
after Huang et al., "The GAN is dead; long live the GAN!" (2024, arXiv:2501.05441). Any number of channels; sides must
be multiples of 4.
"""

from __future__ import annotations

import itertools
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.models import BaseGenerator, Spec, with_class
from gan.models._layers import logits

KNOBS = ("z_dim", "width", "conditional")
SIZES = ()
MULTIPLE = 4
CHANNELS = ()
POINTS = False
INIT = "torch"
EXTRA = {
    "w_dim": {
        "label": "Numbers in a style",
        "help": "Length of w, which the mapping network makes of z.",
        "default": 64,
        "low": 2,
        "high": 512,
        "shown": (32, 64, 128),
    },
    "mapping_layers": {
        "label": "Mapping layers",
        "help": "Depth of the network from z to w.",
        "default": 2,
        "low": 1,
        "high": 8,
    },
    "d_width": {
        "label": "Width of D",
        "help": "Channels of D next to the picture; twice as many behind.",
        "default": 32,
        "low": 4,
        "high": 128,
        "shown": (16, 24, 32, 48),
    },
    "style_mixing": {
        "label": "Style mixing",
        "help": "Share of the pictures G trains on that have the styles of two z, one up to a layer, one behind.",
        "default": 0.0,
        "low": 0.0,
        "high": 1.0,
        "shown": (0.0, 0.1, 0.25, 0.5, 0.9),
    },
}

W_DIM = "w_dim"  # the setting that says how long w is
LAYERS = ("quarter size", "doubling to half size", "half size", "doubling to full size", "picture")  # each has a style
GAIN = math.sqrt(2.0)  # what a leaky ReLU takes off the loudness


class Generator(BaseGenerator):
    style_layers = LAYERS

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        C, H, W = spec.shape
        self.w_dim, self.mixed = spec.extra["w_dim"], spec.extra["style_mixing"]
        coarse, middle, fine = 4 * spec.width, 2 * spec.width, 3 * spec.width // 2  # channels
        sizes = [spec.z_dim + spec.n_classes] + [self.w_dim] * spec.extra["mapping_layers"]
        self.map = nn.ModuleList(_linear(*pair) for pair in itertools.pairwise(sizes))
        self.start = nn.Parameter(torch.randn(1, H // 4, W // 4, coarse))  # channels last, which a CPU prefers
        self.refine1 = Modulated(self.w_dim, coarse, coarse)
        self.up1 = Modulated(self.w_dim, coarse, middle, double=True)
        self.refine2 = Modulated(self.w_dim, middle, middle)
        self.image1 = ToImage(self.w_dim, middle, C)
        self.up2 = Modulated(self.w_dim, middle, fine, double=True)
        self.image2 = ToImage(self.w_dim, fine, C)

    def mapping(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        w = with_class(z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8), y, self.n_classes)
        for layer in self.map:
            w = F.leaky_relu(layer(w), 0.2)
        return w  # N,64

    def synthesis(self, w: Tensor) -> Tensor:
        w = w.reshape(w.shape[0], -1, self.w_dim).expand(-1, len(LAYERS), -1)  # N,5,64
        x = self.start.expand(w.shape[0], -1, -1, -1).permute(0, 3, 1, 2)  # N,64,7,7 for a width of 16 and 28 x 28
        x = self.refine1(x, w[:, 0])  # N,64,7,7
        x = self.up1(x, w[:, 1])  # N,32,14,14
        x = self.refine2(x, w[:, 2])  # N,32,14,14
        image = F.interpolate(self.image1(x, w[:, 2]), scale_factor=2.0, mode="bilinear")  # N,C,28,28
        x = self.up2(x, w[:, 3])  # N,24,28,28
        return torch.tanh(image + self.image2(x, w[:, 4]))  # N,C,28,28

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        w = self.mapping(z, y)
        if self.training and self.mixed:
            w = self.mix(w, self.mapping(z.roll(1, 0), y))
        return self.synthesis(w)

    def mix(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """Styles N,5,w_dim: of the first pictures, as many as are to be mixed, with each border in turn."""
        n, device = len(coarse), coarse.device
        row = torch.arange(n, device=device)[:, None]
        border = torch.where(row < round(self.mixed * n), 1 + row % (len(LAYERS) - 1), len(LAYERS))
        is_coarse = torch.arange(len(LAYERS), device=device) < border  # N,5
        return torch.where(is_coarse[:, :, None], coarse[:, None], fine[:, None])

    def style_matrix(self) -> Tensor:
        """What w meets first: the loudness of all channels of all layers, channels,w_dim (SeFa asks for it)."""
        return torch.cat([layer.style.weight for layer in self.modules() if isinstance(layer, Modulated | ToImage)])


class Modulated(nn.Module):
    """A convolution whose input channels a style scales, demodulated, then a leaky ReLU: 3 x 3, or a 4 x 4 doubling."""

    def __init__(self, w_dim: int, inside: int, outside: int, double: bool = False) -> None:
        super().__init__()
        self.style = _style(w_dim, inside)
        self.up = double
        shape = (inside, outside, 4, 4) if double else (outside, inside, 3, 3)
        self.weight = nn.Parameter(torch.randn(shape) / math.sqrt(inside * (4 if double else 9)))
        self.bias = nn.Parameter(torch.zeros(outside, 1, 1))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.style(w)  # N,inside
        loudness = self.weight.square().sum((2, 3))
        if self.up:
            x = F.conv_transpose2d(x * style[:, :, None, None], self.weight, stride=2, padding=1)
            loudness = loudness / 4  # a pixel takes a quarter of the weights
        else:
            x = F.conv2d(x * style[:, :, None, None], self.weight, padding=1)
            loudness = loudness.t()
        demodulate = GAIN * torch.rsqrt(style.square() @ loudness + 1e-8)  # N,outside
        return F.leaky_relu(torch.addcmul(self.bias, x, demodulate[:, :, None, None]), 0.2)


class ToImage(nn.Module):
    """A 1 x 1 convolution to the picture's channels, with a style and without demodulation."""

    def __init__(self, w_dim: int, inside: int, channels: int) -> None:
        super().__init__()
        self.style = _style(w_dim, inside)
        self.weight = nn.Parameter(0.5 * torch.randn(channels, inside, 1, 1) / math.sqrt(inside))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        return F.conv2d(x * self.style(w)[:, :, None, None], self.weight, self.bias)


class Discriminator(nn.Module):
    def __init__(self, spec: Spec) -> None:
        super().__init__()
        C, H, W = spec.shape
        width = spec.extra["d_width"]
        self.down1 = nn.Conv2d(C, width, 4, stride=2, padding=1)
        self.down2 = nn.Conv2d(width, 2 * width, 4, stride=2, padding=1)
        self.look = nn.Conv2d(2 * width, 2 * width, 3, padding=1)
        self.fc = nn.Linear(2 * width * (H // 4) * (W // 4), 1 + spec.n_classes)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        x = F.leaky_relu(self.down1(x), 0.2)  # N,32,14,14
        x = F.leaky_relu(self.down2(x), 0.2)  # N,64,7,7
        x = x + F.leaky_relu(self.look(x), 0.2)  # N,64,7,7
        return logits(self.fc(x.flatten(1)), y)  # N


def _linear(inside: int, outside: int) -> nn.Linear:
    layer = nn.Linear(inside, outside)
    nn.init.kaiming_normal_(layer.weight, 0.2)
    nn.init.zeros_(layer.bias)
    return layer


def _style(w_dim: int, channels: int) -> nn.Linear:
    """From w to how loud each channel is, 1 in the middle."""
    layer = nn.Linear(w_dim, channels)
    nn.init.normal_(layer.weight, 0.0, 1 / math.sqrt(w_dim))
    nn.init.ones_(layer.bias)
    return layer
