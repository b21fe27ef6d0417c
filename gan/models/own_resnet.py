"""Your own ResNet: residual blocks with the depth, kernel, normalisation, activation and up-sampling you choose.

Each block adds what two convolutions make to its input, so that a deep pair learns as easily as a shallow one: a block
can begin as nearly nothing. G's blocks double the side, D's halve it by averaging; there may be further blocks that
keep it. The normalisation comes before the activation, as in He et al., "Identity Mappings in Deep Residual Networks"
(2016, arXiv:1603.05027), and the pair is built as in Miyato et al., "Spectral Normalization for Generative Adversarial
Networks" (2018, arXiv:1802.05957).
"""

from __future__ import annotations

from torch import Tensor, nn

from gan.models import BaseGenerator, Spec
from gan.models._layers import logits
from gan.models._own import Layers, Residual

KNOBS = ("z_dim", "width", "conditional")
SIZES = ()
CHANNELS = ()
POINTS = False
INIT = "torch"
EXTRA = {
    "stages": {
        "group": "usual",
        "label": "Halvings",
        "help": "Blocks of D that halve the picture, and of G that double its first grid.",
        "default": 2,
        "low": 1,
        "high": 6,
    },
    "refine": {
        "group": "usual",
        "label": "Further blocks",
        "help": "At every size, blocks that keep it.",
        "default": 0,
        "low": 0,
        "high": 4,
    },
    "kernel": {
        "group": "usual",
        "label": "Kernel",
        "help": "Pixels a side that a convolution looks at; where it keeps the side, an odd number up to this.",
        "default": 3,
        "choices": [2, 3, 4, 5, 6, 7],
    },
    "upsampling": {
        "group": "usual",
        "label": "Up-sampling",
        "help": "How G doubles a grid: a transposed convolution, a resize before one, or four pixels for one.",
        "default": "nearest",
        "choices": ["transposed", "nearest", "bilinear", "pixel-shuffle"],
    },
    "norm_g": {
        "group": "usual",
        "label": "Normalisation in G",
        "help": "Keeps the numbers between its layers in a good range.",
        "default": "batch",
        "choices": ["none", "batch", "group", "layer"],
    },
    "norm_d": {
        "group": "usual",
        "label": "Normalisation in D",
        "help": "With batch, D judges a picture by its neighbours, too, and spectral norm cannot be used.",
        "default": "none",
        "choices": ["none", "batch", "group", "layer"],
    },
    "activation_g": {
        "group": "usual",
        "label": "Activation in G",
        "help": "The bend before each convolution; without one all layers together were a single linear one.",
        "default": "relu",
        "choices": ["relu", "leaky-relu", "silu", "gelu"],
    },
    "activation_d": {
        "group": "usual",
        "label": "Activation in D",
        "help": "LeakyReLU lets a gradient through to G everywhere; ReLU cuts it off where it is 0.",
        "default": "leaky-relu",
        "choices": ["relu", "leaky-relu", "silu", "gelu"],
    },
}


class Generator(BaseGenerator):
    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        make, stages = Layers(1, spec.extra, "g"), spec.extra["stages"]
        C, H, W = spec.shape
        make.start(H, W, stages)
        channels = spec.width << stages
        self.grid = (channels, make.side, make.side)
        self.fc = make.linear(spec.z_dim + spec.n_classes, channels * make.side**2)
        blocks: list[nn.Module] = []
        for _ in range(stages):
            blocks += [_same(make, channels) for _ in range(spec.extra["refine"])]
            blocks.append(_up(make, channels, channels // 2))
            channels //= 2
        end = [*make.norm(channels), make.activation(), make.conv(channels, C), nn.Tanh()]
        self.layers = nn.Sequential(*blocks, *end)
        self.misfits = make.misfits

    def synthesis(self, w: Tensor) -> Tensor:
        return self.layers(self.fc(w).view(-1, *self.grid))  # N,C,H,W


class Discriminator(nn.Module):
    def __init__(self, spec: Spec) -> None:
        super().__init__()
        C, H, _ = spec.shape
        make, channels = Layers(H, spec.extra, "d"), spec.width
        blocks: list[nn.Module] = [make.conv(C, channels)]
        for stage in range(spec.extra["stages"]):
            outputs = 2 * channels if stage else channels
            blocks.append(_down(make, channels, outputs))
            channels = outputs
            blocks += [_same(make, channels) for _ in range(spec.extra["refine"])]
        self.layers = nn.Sequential(*blocks, make.activation())
        self.fc = make.linear(channels * make.side**2, 1 + spec.n_classes)
        self.misfits = make.misfits

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return logits(self.fc(self.layers(x).flatten(1)), y)  # N


def _up(make: Layers, inputs: int, outputs: int) -> Residual:
    """A block that doubles the side."""
    first = [*make.norm(inputs), make.activation(), *make.double(inputs, outputs, make.bias)]
    main = nn.Sequential(*first, *make.norm(outputs), make.activation(), make.conv(outputs, outputs))
    return Residual(main, nn.Sequential(make.stretch(), make.conv(inputs, outputs, 1)))


def _same(make: Layers, channels: int) -> Residual:
    """A block that keeps the side."""
    first = [*make.norm(channels), make.activation(), make.conv(channels, channels, bias=make.bias)]
    last = [*make.norm(channels), make.activation(), make.conv(channels, channels)]
    return Residual(nn.Sequential(*first, *last), nn.Identity())


def _down(make: Layers, inputs: int, outputs: int) -> Residual:
    """A block that halves the side by averaging."""
    first = [*make.norm(inputs), make.activation(), make.conv(inputs, outputs, bias=make.bias)]
    last = [*make.norm(outputs), make.activation(), make.conv(outputs, outputs), nn.AvgPool2d(2)]
    shortcut = nn.Sequential(nn.AvgPool2d(2), make.shrink(inputs, outputs))
    return Residual(nn.Sequential(*first, *last), shortcut)
