"""Your own DCGAN: convolutional networks with the depth, kernel, normalisation, activation and up-sampling you choose.

G starts on a small grid and doubles it `stages` times, D halves the picture as often; at every size there may be
further convolutions. Channels double with each halving. Transposed convolutions (Radford et al. 2015, arXiv:1511.06434)
paint overlapping strokes, and where kernel and stride do not divide they leave a checkerboard; a resize before an
ordinary convolution does not (Odena, Dumoulin & Olah, "Deconvolution and Checkerboard Artifacts", Distill 2016). Pixel
shuffle computes four pixels for each one, at the small size (Shi et al. 2016, arXiv:1609.05158).
"""

from __future__ import annotations

from torch import Tensor, nn

from gan.models import BaseGenerator, Spec
from gan.models._layers import logits
from gan.models._own import Layers

KNOBS = ("z_dim", "width", "conditional")
SIZES = ()
CHANNELS = ()
POINTS = False
INIT = "torch"
EXTRA = {
    "stages": {
        "group": "usual",
        "label": "Halvings",
        "help": "How often D halves the picture, and G doubles its first grid.",
        "default": 2,
        "low": 1,
        "high": 6,
    },
    "refine": {
        "group": "usual",
        "label": "Further convolutions",
        "help": "At every size, after the one that doubles or halves.",
        "default": 0,
        "low": 0,
        "high": 4,
    },
    "kernel": {
        "group": "usual",
        "label": "Kernel",
        "help": "Pixels a side, where a convolution doubles or halves; the others take an odd number up to it.",
        "default": 4,
        "choices": [2, 3, 4, 5, 6, 7],
    },
    "upsampling": {
        "group": "usual",
        "label": "Up-sampling",
        "help": "How G doubles a grid: a transposed convolution, a resize before one, or four pixels for one.",
        "default": "transposed",
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
        "default": "group",
        "choices": ["none", "batch", "group", "layer"],
    },
    "activation_g": {
        "group": "usual",
        "label": "Activation in G",
        "help": "The bend after each layer; without one all layers together were a single linear one.",
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
        channels = spec.width << (stages - 1)
        self.grid = (channels, make.side, make.side)
        self.fc = make.linear(spec.z_dim + spec.n_classes, channels * make.side**2, make.bias)
        layers = [*make.norm(channels), make.activation()]
        for stage in range(stages):
            for _ in range(spec.extra["refine"]):
                layers += [make.conv(channels, channels, bias=make.bias), *make.norm(channels), make.activation()]
            if stage < stages - 1:
                layers += [*make.double(channels, channels // 2, make.bias), *make.norm(channels // 2)]
                layers += [make.activation()]
                channels //= 2
        self.layers = nn.Sequential(*layers, *make.double(channels, C), nn.Tanh())
        self.misfits = make.misfits

    def synthesis(self, w: Tensor) -> Tensor:
        return self.layers(self.fc(w).view(-1, *self.grid))  # N,C,H,W


class Discriminator(nn.Module):
    def __init__(self, spec: Spec) -> None:
        super().__init__()
        C, H, _ = spec.shape
        make, channels = Layers(H, spec.extra, "d"), spec.width
        layers = [make.halve(C, channels), make.activation()]  # its input is in a good range already
        for stage in range(spec.extra["stages"]):
            if stage:
                layers += [make.halve(channels, 2 * channels, make.bias), *make.norm(2 * channels), make.activation()]
                channels *= 2
            for _ in range(spec.extra["refine"]):
                layers += [make.conv(channels, channels, bias=make.bias), *make.norm(channels), make.activation()]
        self.layers = nn.Sequential(*layers)
        self.fc = make.linear(channels * make.side**2, 1 + spec.n_classes)
        self.misfits = make.misfits

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return logits(self.fc(self.layers(x).flatten(1)), y)  # N
