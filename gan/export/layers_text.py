"""The networks of a model written out for one setting, as a teacher would: every size a number, no choice left."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from typing import Any

from torch import nn

from gan.export.specialise import substituted
from gan.models import _layers as layers
from gan.models._own import Residual

USUAL = {"eps": 1e-5, "momentum": 0.1}  # of normalisations
PLAIN = (int, float, str, bool, tuple, type(None))


def network_text(source: str, name: str, net: nn.Module, n_classes: int, commented: bool) -> str | None:
    """The class `name` of a model's file with the layers of `net` written out; None where they cannot be.

    Comments with shapes stay where `commented` says that they are true.

    That is where a layer is none of PyTorch's, where a network has parameters of its own, or where a file does more
    than an `__init__` and a `forward` or `synthesis`.
    """
    node = next(part for part in ast.parse(source).body if isinstance(part, ast.ClassDef) and part.name == name)
    methods = {part.name: part for part in node.body if isinstance(part, ast.FunctionDef)}
    forward = methods.get("synthesis") if name == "Generator" else methods.get("forward")
    if forward is None or len(methods) != 2 or any(True for _ in net.parameters(recurse=False)):
        return None
    try:
        made = [f"self.{child} = {_layer(layer)}" for child, layer in net.named_children()]
    except TypeError:
        return None
    body = "\n".join(source.splitlines()[forward.body[0].lineno - 1 : forward.end_lineno])
    body = textwrap.dedent(body)
    body = re.sub(r" for a width of .*", "", body)
    if not commented:
        body = re.sub(r"  # N,.*", "", body)
    if name == "Discriminator" and not n_classes:
        body = re.sub(r"logits\((.*), y\)", r"\1.squeeze(1)", body)
    used = {part.attr for part in ast.walk(forward) if isinstance(part, ast.Attribute)}
    plain = {**vars(net), **{child: layer for child, layer in net._modules.items() if layer is None}}
    own = {key: value for key, value in plain.items() if key in used and isinstance(value, PLAIN)}
    made = [f"self.{key} = {value!r}" for key, value in own.items()] + made
    if name == "Generator":
        head = (
            "def forward(self, z: Tensor, y: Tensor) -> Tensor:"
            if n_classes
            else "def forward(self, z: Tensor) -> Tensor:"
        )
        if n_classes:
            one_hot = f"F.one_hot(y, {n_classes}).to(z.dtype) * {n_classes}**0.5"
            body = f"w = torch.cat([z, {one_hot}], 1)  # z, and the class behind it\n{body}"
        else:
            body = substituted(body, {"w": "z"})
    else:
        lines = source.splitlines()
        head = lines[forward.lineno - 1].strip()
    parts = ["super().__init__()", *made]
    return "\n".join(
        [
            f"class {name}(nn.Module):",
            "    def __init__(self) -> None:",
            textwrap.indent("\n".join(parts), " " * 8),
            "",
            f"    {head}",
            textwrap.indent(body, " " * 8),
        ]
    )


def _layer(layer: nn.Module, indent: int = 0) -> str:
    """A layer as the call that makes it. Raises TypeError for one that is not known."""
    match layer:
        case nn.Sequential() | Residual():
            inner = " " * (indent + 4)
            name = "Residual" if isinstance(layer, Residual) else "nn.Sequential"
            parts = [_layer(part, indent + 4) for part in layer.children()]
            return f"{name}(\n" + "".join(f"{inner}{part},\n" for part in parts) + " " * indent + ")"
        case layers.Dropout():
            return f"nn.Dropout({round(layer.threshold / 256, 3):g})"
    return f"nn.{type(layer).__name__}({', '.join(_arguments(layer))})"


def _arguments(layer: Any) -> Iterator[str]:
    """The arguments of a layer of PyTorch's, without those that are as always."""
    match layer:
        case nn.Linear():
            yield f"{layer.in_features}, {layer.out_features}"
        case nn.Conv2d() | nn.ConvTranspose2d():
            yield f"{layer.in_channels}, {layer.out_channels}, {layer.kernel_size[0]}"
            if layer.stride[0] != 1:
                yield f"stride={layer.stride[0]}"
            if layer.padding[0]:
                yield f"padding={layer.padding[0]}"
            if layer.output_padding[0]:
                yield f"output_padding={layer.output_padding[0]}"
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            yield str(layer.num_features)
        case nn.GroupNorm():
            yield f"{layer.num_groups}, {layer.num_channels}"
        case nn.LayerNorm():
            yield str(layer.normalized_shape[0])
        case nn.LeakyReLU():
            yield str(layer.negative_slope)
        case nn.Upsample():
            yield f'scale_factor=2, mode="{layer.mode}"'
        case nn.PixelShuffle():
            yield str(layer.upscale_factor)
        case nn.AvgPool2d():
            yield str(layer.kernel_size)
        case nn.ReLU() | nn.SiLU() | nn.GELU() | nn.Tanh() | nn.Identity():
            pass
        case _:
            raise TypeError(f"{type(layer)} cannot be written out")
    if getattr(layer, "bias", 0) is None:
        yield "bias=False"
    for name, usual in USUAL.items():
        if (value := getattr(layer, name, usual)) != usual:
            yield f"{name}={value!r}"
