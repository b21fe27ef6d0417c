"""Two networks a file: what a model is told (Spec), how a pair is built and initialised (build).

A model is a file here with the classes `Generator(spec)` and `Discriminator(spec)` and five facts:

    KNOBS     which of z_dim, width, batch_norm and conditional it uses
    SIZES     the pixels a side it can make; () for any (any multiple of MULTIPLE, where it has one)
    CHANNELS  the channel counts it can make; () for any
    POINTS    whether it can make vectors, data of shape (C, 1, 1)
    INIT      how its weights start: "torch", "dcgan" or "keras"

A generator is two functions, `mapping(z, y=None) -> w` and `synthesis(w) -> x`, from z of shape
(N, z_dim) to x of shape (N, C, H, W) in [-1, 1]. A discriminator turns x into logits (N,): no
sigmoid, that belongs to the loss. y (N, int64) are classes; only a conditional pair gets any.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from gan import registry
from gan.config import RunConfig


@dataclass(frozen=True)
class Spec:
    """What a model has to serve. `shape` is (C, H, W), for points (2, 1, 1); without labels
    `n_classes` is 0."""

    shape: tuple[int, int, int]
    z_dim: int = 100
    width: int = 16
    n_classes: int = 0
    batch_norm: bool = True


def build(
    config: RunConfig,
    data_shape: tuple[int, int, int],
    n_classes: int,
    seed: int,
    device: torch.device | str,
) -> tuple[Any, Any]:
    """The pair (G, D) of `config.model`, in train mode; one seed, one pair, whatever the device.

    Made on `meta` and filled by a generator of its own: the global random state is neither read
    nor moved. `n_classes` is how many the data have; a pair that is not conditional is not told.
    Raises ValueError, naming the model and what it can do, for data it cannot make.
    """
    module = registry.load("models", config.model)
    n_classes = n_classes if config.conditional else 0
    if problem := refusal(config.model, module, data_shape) or _unlabelled(
        config, module, n_classes
    ):
        raise ValueError(problem)
    spec = Spec(data_shape, config.z_dim, config.width, n_classes, config.batch_norm)
    with torch.device("meta"):
        G, D = module.Generator(spec), module.Discriminator(spec)
    generator = torch.Generator().manual_seed(seed)
    for net in (G, D):
        net.to_empty(device="cpu")
        initialise(net, module.INIT, generator)
    return G.to(device), D.to(device)


def balanced(n: int, n_classes: int, device: torch.device | str = "cpu") -> Tensor | None:
    """Classes for n pictures, every one as often, in turn (int64 n); None where there are none to tell."""
    return torch.arange(n, device=device) % n_classes if n_classes else None


def refusal(name: str, module: ModuleType, shape: tuple[int, int, int]) -> str:
    """Why this model cannot make data of `shape`, and what it can make; "" if it can."""
    C, H, W = shape
    multiple = getattr(module, "MULTIPLE", 1)
    if (H, W) == (1, 1):
        return "" if module.POINTS else f"{name} makes pictures, not points."
    if module.CHANNELS and C not in module.CHANNELS:
        return f"{name} makes pictures of {_either(module.CHANNELS)} channels, not {C}."
    if module.SIZES and (H != W or H not in module.SIZES):
        can = _either(module.SIZES)
    elif H % multiple or W % multiple:
        can = f"a multiple of {multiple}"
    else:
        return ""
    return f"{name} cannot make pictures of {H} x {W}: set image_size to {can}."


def _unlabelled(config: RunConfig, module: ModuleType, n_classes: int) -> str:
    """Why a conditional pair cannot be made; "" if it can, or if none is wanted."""
    if not config.conditional:
        return ""
    if "conditional" not in module.KNOBS:
        return f"{config.model} cannot be told a class: set conditional to false."
    return "" if n_classes else f"{config.dataset} has no labels: set conditional to false."


@torch.no_grad()
def initialise(net: nn.Module, scheme: str, generator: torch.Generator) -> None:
    """Fills every parameter and buffer of `net` by one scheme, in the order the layers were made.

    "torch": PyTorch's own defaults, draw for draw. "dcgan": weights N(0, 0.02), BatchNorm N(1,
    0.02), biases 0 (Radford et al. 2015). "keras": Glorot uniform, biases 0. GroupNorm starts at
    the identity in all of them. Raises TypeError for
    a layer with weights of its own that no scheme knows, rather than leave it unfilled.
    """
    draw = {"torch": _torch, "dcgan": _dcgan, "keras": _keras}[scheme]
    for layer in net.modules():
        match layer:
            case nn.BatchNorm1d() | nn.BatchNorm2d():
                layer.reset_parameters()  # ones and zeros: nothing is drawn
                if scheme == "dcgan":
                    layer.weight.normal_(1.0, 0.02, generator=generator)
            case nn.GroupNorm():
                layer.reset_parameters()
            case nn.Linear() | nn.Conv2d() | nn.ConvTranspose2d():
                draw(layer.weight, layer.bias, generator)
            case _ if [*layer.parameters(recurse=False), *layer.buffers(recurse=False)]:
                raise TypeError(f"no initialisation is known for a {type(layer).__name__}")


def _torch(weight: Tensor, bias: Tensor | None, generator: torch.Generator) -> None:
    nn.init.kaiming_uniform_(weight, a=math.sqrt(5), generator=generator)
    if bias is not None:
        bound = 1 / math.sqrt(weight[0].numel())  # fan-in, as PyTorch counts it
        bias.uniform_(-bound, bound, generator=generator)


def _dcgan(weight: Tensor, bias: Tensor | None, generator: torch.Generator) -> None:
    weight.normal_(0.0, 0.02, generator=generator)
    if bias is not None:
        bias.zero_()


def _keras(weight: Tensor, bias: Tensor | None, generator: torch.Generator) -> None:
    nn.init.xavier_uniform_(weight, generator=generator)
    if bias is not None:
        bias.zero_()


def _either(values: tuple[int, ...]) -> str:
    return " or ".join(map(str, values))
