"""Initialisation of weights, drawn from an explicit generator and never from the global random state."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.utils._python_dispatch import TorchDispatchMode

BARE = 0.02  # standard deviation of a weight that its own file leaves unfilled
POWER_ITERATIONS = 15  # of spectral norm, after new weights; as many as PyTorch makes at first

WEIGHTS = (  # layers whose weights a scheme draws
    *(nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d),
    *(nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d),
)
EMPTY = (torch.ops.aten.empty, torch.ops.aten.empty_like, torch.ops.aten.new_empty, torch.ops.aten.empty_strided)
KEYED = {  # draws of PyTorch's that take a generator under another name only
    "default": "generator",
    "low": "low_generator",
    "low_dtype": "low_generator_dtype",
    "Tensor": "Tensor_generator",
}


@contextlib.contextmanager
def seeded(generator: torch.Generator) -> Iterator[None]:
    """A context in which all draws of this thread come from `generator`: PyTorch's layers take no generator.

    Memory that is left unfilled is NaN, so that `initialise` finds it. On the CPU.
    """
    mode = _Seeded(generator)
    with mode:
        yield
    for tensor in mode.empty.values():
        _blank(tensor)


@torch.no_grad()
def initialise(net: nn.Module, scheme: str, generator: torch.Generator) -> None:
    """Draws the weights of `net` anew by a scheme, in the order of its layers.

    "torch" leaves what PyTorch and the model's own file have put there. "dcgan" draws weights from N(0, 0.02), those
    of BatchNorm from N(1, 0.02), and sets biases to 0 (Radford et al. 2015). "keras" is Glorot uniform with biases of
    0. Both leave all other layers, and parameters that stand by themselves, as the model's file has made them.
    Weights under a parametrisation (spectral norm) are drawn as without it. What `seeded` found unfilled is drawn
    from N(0, 0.02), in buffers 0.
    """
    for layer in net.modules():
        match scheme, layer:
            case "dcgan", nn.BatchNorm1d() | nn.BatchNorm2d() | nn.BatchNorm3d() if layer.affine:
                layer.weight.normal_(1.0, 0.02, generator=generator)
            case "dcgan", _ if isinstance(layer, WEIGHTS):
                _draw(layer, lambda weight: weight.normal_(0.0, 0.02, generator=generator))
            case "dcgan", nn.Embedding():
                _draw(layer, lambda weight: weight.normal_(0.0, 0.02, generator=generator))
            case "keras", _ if isinstance(layer, WEIGHTS):
                _draw(layer, lambda weight: nn.init.xavier_uniform_(weight, generator=generator))
            case "keras", nn.Embedding():
                _draw(layer, lambda weight: weight.uniform_(-0.05, 0.05, generator=generator))
    for layer in net.modules():
        if not type(layer).__module__.startswith("torch."):  # those fill themselves
            _fill(layer.parameters(recurse=False), lambda n: torch.empty(n).normal_(0.0, BARE, generator=generator))
            _fill(layer.buffers(recurse=False), torch.zeros)


class _Seeded(TorchDispatchMode):
    """Sees every operation of PyTorch, however deep in a layer it is called."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self.generator = generator
        self.empty: dict[int, Tensor] = {}  # memory that was asked for and not written to yet, by address

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if torch.Tag.nondeterministic_seeded in func.tags:
            if not _takes_generator(func):
                func = getattr(func.overloadpacket, KEYED.get(func._overloadname, ""), None) or _refuse(func)
            kwargs["generator"] = self.generator
        for argument, value in zip(func._schema.arguments, args, strict=False):
            if argument.alias_info and argument.alias_info.is_write and isinstance(value, Tensor):
                self._write(value)
        result = func(*args, **kwargs)
        if func.overloadpacket in EMPTY and result.numel():
            self.empty[result.untyped_storage().data_ptr()] = result
        return result

    def _write(self, part: Tensor) -> None:
        whole = self.empty.pop(part.untyped_storage().data_ptr(), None)
        if whole is not None and part.numel() < whole.numel():
            _blank(whole)


def _blank(tensor: Tensor) -> None:
    with torch.no_grad():
        tensor.fill_(float("nan") if tensor.is_floating_point() else 0)


def _takes_generator(func: Any) -> bool:
    return any(argument.name == "generator" for argument in func._schema.arguments)


def _refuse(func: Any) -> Any:
    raise TypeError(f"{func} draws from the global random state and takes no generator: draw in another way")


def _draw(layer: Any, draw: Callable[[Tensor], Any]) -> None:
    """Draws the weight of a layer, under a parametrisation too; a bias and a padding row become 0."""
    if parametrize.is_parametrized(layer, "weight"):
        if not all(hasattr(step, "right_inverse") for step in layer.parametrizations.weight):
            return  # nothing says which parameters give a wanted weight: they stay as they were made
        weight = torch.empty_like(layer.weight)
        draw(weight)
        layer.weight = weight
        for _ in range(POWER_ITERATIONS):
            layer.weight  # noqa: B018  (spectral norm: one power iteration towards the new weight)
    else:
        draw(layer.weight)
    if getattr(layer, "bias", None) is not None:
        layer.bias.zero_()
    if getattr(layer, "padding_idx", None) is not None:
        layer.weight[layer.padding_idx].zero_()


def _fill(tensors: Iterable[Tensor], draw: Callable[[int], Tensor]) -> None:
    """Draws numbers into unfilled memory."""
    for tensor in tensors:
        holes = tensor.isnan()
        if count := int(holes.sum()):
            tensor[holes] = draw(count).to(tensor.dtype)
