"""The layer tables of both networks, traced from the models themselves, so that they always agree.

`python -m gan.export.layer_table` writes layers.json beside it, which pages show without waiting for torch.
"""

from __future__ import annotations

import contextlib
import json
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from gan import config, files, models, registry
from gan.models import _layers as layers
from gan.models._words import WIDTH

TABLES = Path(__file__).parent / "layers.json"
NORMS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm, nn.RMSNorm)  # they belong to the row before
WEIGHTS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
N_CLASSES = 10  # that a conditional pair is shown with
NAMES = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "BatchNorm1d": "BatchNorm",
    "BatchNorm2d": "BatchNorm",
    "Dropout": "Dropout",
    "pixel_shuffle": "PixelShuffle",
    "PixelShuffle": "PixelShuffle",
    "interpolate": "resize",
    "Upsample": "resize",
    "AvgPool2d": "average of 2 × 2",
}
SILENT = ("Identity",)  # layers that do nothing
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Table:
    """The layers of one network. `misfit` says which does not fit its map and why; such rows have `misfit`, too."""

    rows: Rows
    parameters: int
    flops: int  # of one picture
    misfit: str = ""


def tables() -> dict[str, Any]:
    """Both networks of every healthy preset that has a model: {preset: {"G": rows, "D": rows}}."""
    presets = {name: registry.load("presets", name) for name in registry.names("presets")}
    healthy = [name for name in presets if "scenario" not in presets[name]]
    return {name: of_preset(name) for name in healthy if not config.preset(name)[0].from_source}


def of_preset(name: str) -> dict[str, Rows]:
    """The rows of G and of D, at the size of the preset's own data."""
    settings, _ = config.preset(name)
    return {letter: table.rows for letter, table in of_config(settings, data_shape(settings)).items()}


def of_config(settings: config.RunConfig, shape: tuple[int, int, int], n_classes: int = N_CLASSES) -> dict[str, Table]:
    """The tables of "G" and "D" for data of a shape. Nothing is allocated, so it takes milliseconds at any size.

    Raises ValueError where the model cannot make such data at all.
    """
    G, D = models.outline(settings, shape, n_classes)
    y = torch.zeros(2, dtype=torch.int64, device="meta") if settings.conditional else None
    x = torch.zeros(1, *shape, device="meta")
    for hook in D._forward_pre_hooks.values():  # what puts the class beside the picture
        x = hook(D, (x, None if y is None else y[:1]))[0]
    if hasattr(G, "text"):
        return {"G": _captioned("G", G, (settings.z_dim + WIDTH,)), "D": _captioned("D", D, tuple(x.shape[1:]))}
    return {"G": _table(G, "G", (settings.z_dim,), y), "D": _table(D, "D", tuple(x.shape[1:]), None)}


def _captioned(letter: str, net: Any, inputs: tuple[int, ...]) -> Table:
    """The table of a network that is told captions: that of the network inside, and a row for its text encoder."""
    inner = _table(net.inner, letter, inputs, None)
    count = sum(p.numel() for p in net.text.parameters())
    row = {"layer": "Text encoder", "then": [], "output": [WIDTH], "parameters": count, "flops": 0}
    return Table([row, *inner.rows], inner.parameters + count, inner.flops, inner.misfit)


def _table(net: nn.Module, letter: str, inputs: tuple[int, ...], y: Tensor | None) -> Table:
    table = rows(net, inputs, y)
    for number, why in getattr(net, "misfits", ()):
        if number <= len(table):
            table[number - 1]["misfit"] = why
    count = sum(p.numel() for p in net.parameters())
    return Table(table, count, sum(row["flops"] for row in table), models.misfit(net, letter))


def data_shape(settings: config.RunConfig) -> tuple[int, int, int]:
    """The shape (C, H, W) of a config's training images, by the card of its data set."""
    facts = registry.card("datasets", settings.dataset).facts
    if facts.get("POINTS"):
        return 2, 1, 1
    C, H, W = facts["SHAPE"]
    size = settings.image_size
    return (C, size, size) if size else (C, H, W)


def rows(net: nn.Module, shape: tuple[int, ...], y: Tensor | None = None) -> Rows:
    """One row for each layer with weights: `layer`, what follows it (`then`), `output` shape, `parameters`, `flops`.

    net: in eval mode it is traced with a batch of two inputs of `shape`, of classes y (2,) if it is told, on its own
    device. `flops` are those of one input: two for each multiplication and addition of matrix products and
    convolutions, as `torch.utils.flop_counter` counts them; what is done to single numbers is not counted.
    """
    table: Rows = []
    device = next(net.parameters()).device
    recorder = _trace(net.eval(), torch.zeros(2, *shape, device=device), y)
    tip: fx.Node | None = None  # what the last row has made so far
    before: list[str] = []  # what was done to something else, for the next row: a shortcut's input
    waiting = 0  # parameters of it
    for node, output, flops in recorder.outputs:
        layer = _layer(net, node)
        own = sum(p.numel() for p in layer.parameters()) if layer is not None else 0
        name = _name(node, layer) or _sum(node, output)
        if node.op == "get_attr" and (constant := _parameter(net, str(node.target))) is not None:
            name, own = "Learned constant", constant.numel()
        if isinstance(layer, WEIGHTS) or (own and not isinstance(layer, NORMS)):
            words = _words(layer) if isinstance(layer, WEIGHTS) else name
            words = f"{', '.join(before)}, then {words}" if before else words
            table.append({"layer": words[:1].upper() + words[1:], "then": [], "parameters": waiting, "flops": 0})
            before, waiting = [], 0
        elif tip not in node.all_input_nodes:
            before += [name] if name else []
            waiting += own
            continue
        elif name:
            table[-1]["then"].append(name)
        tip = node
        if name:
            table[-1]["output"] = list(output.shape[1:])
        table[-1]["parameters"] += own
        table[-1]["flops"] += flops // 2
    if recorder.stopped is not None:
        layer = _layer(net, recorder.stopped)
        words = _words(layer) if isinstance(layer, WEIGHTS) else _name(recorder.stopped, layer)
        own = sum(p.numel() for p in layer.parameters()) if layer is not None else 0
        row = {"layer": words, "then": [], "output": [], "parameters": own, "flops": 0}
        return [*table, row | {"misfit": "what comes in has another shape"}]
    table[-1]["output"] = list(recorder.outputs[-1][1].shape[1:])
    return table


class _Tracer(fx.Tracer):
    def is_leaf_module(self, module: nn.Module, path: str) -> bool:
        own = isinstance(module, layers.Dropout) or any(True for _ in module.parameters(recurse=False))
        return own or super().is_leaf_module(module, path)


class _Recorder(fx.Interpreter):
    """An interpreter of a traced net that records the output of each node and its FLOPs, of the whole batch."""

    def __init__(self, module: fx.GraphModule):
        super().__init__(module)
        self.outputs: list[tuple[fx.Node, Tensor, int]] = []
        self.stopped: fx.Node | None = None  # at which a shape did not fit

    def run_node(self, n: fx.Node) -> Any:
        self.stopped = n
        with _Counter() as counter:
            made = super().run_node(n)
        if isinstance(made, Tensor) and n.op != "output":
            self.outputs.append((n, made, counter.flops))
        self.stopped = None
        return made


class _Counter(TorchDispatchMode):
    """Counts FLOPs by the formulas of `torch.utils.flop_counter`.

    Its own mode hangs hooks on all modules of the process, also on those that another thread trains.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flops = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if formula := flop_registry.get(func.overloadpacket):
            self.flops += int(formula(*args, **(kwargs or {}), out_val=made))
        return made


def _trace(net: nn.Module, x: Tensor, y: Tensor | None) -> _Recorder:
    graph = _Tracer().trace(net, concrete_args={"y": None} if y is None else None)
    recorder = _Recorder(fx.GraphModule(net, graph))
    with torch.no_grad(), contextlib.suppress(RuntimeError):
        recorder.run(x, y)
    return recorder


def _layer(net: nn.Module, node: fx.Node) -> nn.Module | None:
    return net.get_submodule(str(node.target)) if node.op == "call_module" else None


def _parameter(net: nn.Module, name: str) -> nn.Parameter | None:
    """A parameter that no layer of its own has."""
    value = dict(net.named_parameters()).get(name)
    return value if isinstance(value, nn.Parameter) else None


def _name(node: fx.Node, layer: nn.Module | None) -> str:
    """ "ReLU" and the like; "" for what only rearranges."""
    if layer is not None:
        if type(layer).__name__ in SILENT:
            return ""
        name = NAMES.get(type(layer).__name__, type(layer).__name__)
        return f"{name} {layer.negative_slope}" if isinstance(layer, nn.LeakyReLU) else name
    target = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    slope = node.kwargs.get("negative_slope", "")
    return f"{NAMES[target]} {slope}".strip() if target in NAMES else ""


def _sum(node: fx.Node, output: Tensor) -> str:
    """What a block adds to its own input, or to its shortcut; "" for any other sum."""
    return "+ input" if node.target is operator.add and output.ndim == 4 else ""


def _words(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d) -> str:
    if isinstance(layer, nn.Linear):
        return f"Linear {layer.in_features:,} → {layer.out_features:,}"
    kind = "Transposed convolution" if isinstance(layer, nn.ConvTranspose2d) else "Convolution"
    size, stride = layer.kernel_size[0], layer.stride[0]
    step = f", stride {stride}" if stride > 1 else ""
    return f"{kind} {size} × {size}{step}, {layer.in_channels} → {layer.out_channels}"


def dump(tables_: Mapping[str, Any]) -> bytes:
    """The text of layers.json beside it."""
    return (json.dumps(tables_, indent=1, ensure_ascii=False) + "\n").encode()


if __name__ == "__main__":
    files.replace(TABLES, dump(tables()))
