"""The layers of both networks as a table: traced from the models themselves, so that it cannot tell anything else.

`python -m gan.anatomy` writes assets/layers.json, which pages show without waiting for torch.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, fx, nn

from gan import config, files, models, registry
from gan.models import _layers as layers

TABLES = Path(__file__).parent.parent / "assets" / "layers.json"
CLASSES = 10  # that a conditional pair is shown with
NAMES = {
    "relu": "ReLU", "leaky_relu": "LeakyReLU", "tanh": "Tanh", "sigmoid": "Sigmoid",
    "BatchNorm1d": "BatchNorm", "BatchNorm2d": "BatchNorm", "Dropout": "Dropout", "pixel_shuffle": "PixelShuffle",
}  # fmt: skip


def tables() -> dict[str, Any]:
    """Both networks of every healthy preset: {preset: {"G": rows, "D": rows}}."""
    told = {name: registry.load("presets", name) for name in registry.names("presets")}
    return {name: of_preset(name) for name in told if "scenario" not in told[name]}


def of_preset(name: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of G and of D, at the size of the preset's own data."""
    settings, _ = config.preset(name)
    shape = data_shape(settings)
    G, D = models.build(settings, shape, CLASSES, 0, "cpu")
    y = torch.zeros(2, dtype=torch.int64) if settings.conditional else None
    return {"G": rows(G, (settings.z_dim,), y), "D": rows(D, shape, y)}


def data_shape(settings: config.RunConfig) -> tuple[int, int, int]:
    """(C, H, W) of what a config trains on, told by the card of its data set."""
    facts = registry.card("datasets", settings.dataset).facts
    if facts.get("POINTS"):
        return 2, 1, 1
    C, H, W = facts["SHAPE"]
    size = settings.image_size
    return (C, size, size) if size else (C, H, W)


def rows(net: nn.Module, shape: tuple[int, ...], y: Tensor | None = None) -> list[dict[str, Any]]:
    """One row for each layer with weights: `layer`, what follows it (`then`), `output` shape, `parameters`.

    net: in eval mode it is traced with a batch of two inputs of `shape`, of classes y (2,) if it is told.
    """
    found: list[dict[str, Any]] = []
    seen = _trace(net.eval(), torch.zeros(2, *shape), y)
    for node, output in seen:
        layer = net.get_submodule(str(node.target)) if node.op == "call_module" else None
        name = _name(node, layer) or _residual(node, output)
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            found.append({"layer": _words(layer), "then": [], "parameters": 0})
        elif name:
            found[-1]["then"].append(name)
        if name:
            found[-1]["output"] = list(output.shape[1:])
        if layer is not None:
            found[-1]["parameters"] += sum(p.numel() for p in layer.parameters())
    found[-1]["output"] = list(seen[-1][1].shape[1:])
    return found


class _Tracer(fx.Tracer):
    def is_leaf_module(self, module: nn.Module, path: str) -> bool:
        return isinstance(module, layers.Dropout) or super().is_leaf_module(module, path)


class _Watch(fx.Interpreter):
    """Runs a traced net and keeps each node with what it made."""

    def __init__(self, module: fx.GraphModule):
        super().__init__(module)
        self.seen: list[tuple[fx.Node, Tensor]] = []

    def run_node(self, n: fx.Node) -> Any:
        made = super().run_node(n)
        if isinstance(made, Tensor) and n.op != "output":
            self.seen.append((n, made))
        return made


def _trace(net: nn.Module, x: Tensor, y: Tensor | None) -> list[tuple[fx.Node, Tensor]]:
    graph = _Tracer().trace(net, concrete_args={"y": None} if y is None else None)
    watch = _Watch(fx.GraphModule(net, graph))
    with torch.no_grad():
        watch.run(x, y)
    return watch.seen


def _name(node: fx.Node, layer: nn.Module | None) -> str:
    """ "ReLU" and the like; "" for what only rearranges."""
    if layer is not None:
        return NAMES.get(type(layer).__name__, type(layer).__name__)
    target = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    slope = node.kwargs.get("negative_slope", "")
    return f"{NAMES[target]} {slope}".strip() if target in NAMES else ""


def _residual(node: fx.Node, output: Tensor) -> str:
    """What a block adds to its own input; "" for any other sum."""
    return "+ input" if node.target is operator.add and output.ndim == 4 else ""


def _words(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d) -> str:
    if isinstance(layer, nn.Linear):
        return f"Linear {layer.in_features:,} → {layer.out_features:,}"
    kind = "Transposed convolution" if isinstance(layer, nn.ConvTranspose2d) else "Convolution"
    size, stride = layer.kernel_size[0], layer.stride[0]
    step = f", stride {stride}" if stride > 1 else ""
    return f"{kind} {size} × {size}{step}, {layer.in_channels} → {layer.out_channels}"


def dump(found: Mapping[str, Any]) -> bytes:
    """The text of assets/layers.json."""
    return (json.dumps(found, indent=1, ensure_ascii=False) + "\n").encode()


if __name__ == "__main__":
    files.replace(TABLES, dump(tables()))
