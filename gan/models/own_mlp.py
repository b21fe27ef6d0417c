"""Your own MLP: fully connected networks with the layers that you choose.

Every hidden layer has the same number of units: a linear layer, the normalisation, the activation. To such networks a
picture is a long list of numbers; what depth and width buy, and what they cost, shows in the table beside the form.
BatchNorm in G (Ioffe & Szegedy 2015, arXiv:1502.03167) is what makes a deep one learn at all; in D it makes real and
generated batches easy to tell apart, so the default is none there. The class goes to G behind z, and D scores each
class apart (Mirza & Osindero 2014, arXiv:1411.1784; Miyato & Koyama 2018, arXiv:1802.05637).
"""

from __future__ import annotations

import math

from torch import Tensor, nn

from gan.models import BaseGenerator, Spec
from gan.models._layers import logits
from gan.models._own import Layers

KNOBS = ("z_dim", "conditional")
SIZES = ()
CHANNELS = ()
POINTS = True
INIT = "torch"
EXTRA = {
    "layers_g": {
        "group": "usual",
        "label": "Hidden layers of G",
        "help": "Between z and the picture.",
        "default": 3,
        "low": 1,
        "high": 8,
    },
    "layers_d": {
        "group": "usual",
        "label": "Hidden layers of D",
        "help": "Before the logit.",
        "default": 2,
        "low": 1,
        "high": 8,
    },
    "units": {
        "group": "usual",
        "label": "Units",
        "help": "Numbers that each hidden layer makes.",
        "default": 256,
        "low": 4,
        "high": 4096,
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
        "help": "The bend after each hidden layer; without one all layers together were a single linear one.",
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
        make, units = Layers(1, spec.extra, "g"), spec.extra["units"]
        self.shape = spec.shape
        self.fc = make.linear(spec.z_dim + spec.n_classes, units, make.bias)
        hidden = [*make.norm(units, flat=True), make.activation()]
        for _ in range(spec.extra["layers_g"] - 1):
            hidden += [make.linear(units, units, make.bias), *make.norm(units, flat=True), make.activation()]
        self.layers = nn.Sequential(*hidden, make.linear(units, math.prod(spec.shape)), nn.Tanh())

    def synthesis(self, w: Tensor) -> Tensor:
        return self.layers(self.fc(w)).view(-1, *self.shape)  # N,C,H,W


class Discriminator(nn.Module):
    def __init__(self, spec: Spec) -> None:
        super().__init__()
        make, units = Layers(1, spec.extra, "d"), spec.extra["units"]
        hidden: list[nn.Module] = []
        for k in range(spec.extra["layers_d"]):
            inputs = units if k else math.prod(spec.shape)
            hidden += [make.linear(inputs, units, make.bias), *make.norm(units, flat=True), make.activation()]
        self.layers = nn.Sequential(*hidden)
        self.fc = make.linear(units, 1 + spec.n_classes)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return logits(self.fc(self.layers(x.flatten(1))), y)  # N
