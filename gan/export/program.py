"""Programs: what a network computes, as JSON that a browser can follow. docs/program.md has the format.

A program names its weights and holds none, so one serves all steps of a run. It is written from any model by running it
once (gan/export/tracing.py); BatchNorm and simple activations are folded into the layer before them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gan.export import tracing
from gan.export.operations import Unsupported
from gan.export.tracing import Operation

__all__ = ["VERSION", "Unsupported", "discriminator", "generator", "network"]

VERSION = 1
LAYERS = ("conv", "transposed_conv", "linear")


def generator(G: Any, z_dim: int, n_classes: int) -> dict[str, Any]:
    """The program of a generator in eval mode: its networks `mapping` (z, and y where there are classes) and
    `synthesis` (w; where layers have styles of their own, one for each). Raises Unsupported.
    """
    if getattr(G, "captions", None) is not None:
        raise Unsupported("it is told captions, which are read on the server")

    def latents(n: int) -> dict[str, Tensor]:
        classes = {"y": torch.arange(n) % n_classes} if n_classes else {}
        return {"z": _numbers(n, z_dim), **classes}

    with torch.no_grad():
        w = G.mapping(*latents(1).values())
    layers = len(getattr(G, "style_layers", ()))
    styles = (layers, *w.shape[1:]) if layers else w.shape[1:]
    return {
        "version": VERSION,
        "mapping": network(G, G.mapping, latents, n_classes),
        "synthesis": network(G, G.synthesis, lambda n: {"w": _numbers(n, *styles)}),
    }


def discriminator(D: nn.Module, shape: tuple[int, int, int], n_classes: int = 0) -> dict[str, Any]:
    """The program of a discriminator in eval mode: its network `critic` (x in [-1, 1], and y where it is told classes)
    makes logits. Raises Unsupported.
    """

    def pictures(n: int) -> dict[str, Tensor]:
        classes = {"y": torch.arange(n) % n_classes} if n_classes else {}
        return {"x": _numbers(n, *shape), **classes}

    return {"version": VERSION, "critic": network(D, D, pictures, n_classes)}


def network(
    net: nn.Module, run: Callable[..., Tensor], inputs: Callable[[int], Mapping[str, Tensor]], n_classes: int = 0
) -> dict[str, Any]:
    """One network of a program: what `run(*inputs(n).values())` does with the weights of `net`.

    Inputs that are whole numbers are classes. Raises Unsupported.
    """
    if net.training:
        raise ValueError("a program is written of a network in eval mode")
    weights = {**dict(net.named_parameters()), **dict(net.named_buffers())}
    named = {name: tensor for name, tensor in weights.items() if tensor.is_floating_point()}
    traced = tracing.trace(run, inputs, named)
    operations = _alive(_folded(_layered(traced.operations, {*named, *traced.constants}), traced.output), traced.output)
    used = {name for operation in operations for name in _operands(operation)} | {traced.output}
    return {
        "inputs": {
            name: {"shape": [-1, *tensor.shape[1:]], **({} if tensor.is_floating_point() else {"classes": n_classes})}
            for name, tensor in inputs(1).items()
        },
        "weights": {name: list(tensor.shape) for name, tensor in named.items() if name in used},
        "constants": {
            name: {"shape": list(value.shape), "values": value.flatten().tolist()}
            for name, value in traced.constants.items()
            if name in used
        },
        "operations": [_entry(operation) for operation in operations],
        "output": traced.output,
        "shape": traced.shape,
    }


def _numbers(*shape: int) -> Tensor:
    """The same numbers each time, from nobody's random state."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(len(shape) + shape[0]))


def _entry(operation: Operation) -> dict[str, Any]:
    attributes = {name: value for name, value in operation.attributes.items() if value is not None}
    return {"op": operation.op, "in": operation.inputs, "out": operation.out, "shape": operation.shape, **attributes}


def _operands(operation: Operation) -> list[str]:
    names = [*operation.inputs, *operation.attributes.get("norm", ())]
    return [name for name in names if isinstance(name, str)]


def _layered(operations: list[Operation], constant: set[str]) -> list[Operation]:
    """Matrix products with weights as linear layers; `constant` names what no input changes."""
    made = {operation.out: operation for operation in operations}
    fixed, result = set(constant), list[Operation]()
    for operation in operations:
        names = _operands(operation)
        if all(name in fixed for name in names):
            fixed.add(operation.out)
        elif operation.op == "matmul" and operation.inputs[1] in fixed and len(operation.shape) == 2:
            weight = str(operation.inputs[1])
            before = made.get(weight)
            if before is not None and before.op == "permute":
                weight = str(before.inputs[0])
            else:
                shape = [operation.shape[1], 0]
                turned = Operation("permute", [weight], f"{operation.out}t", shape, {"dims": [1, 0]})
                turned.shape[1] = -1 if before is None else before.shape[0]
                result.append(turned)
                weight = turned.out
            operation.inputs[1], operation.op = weight, "linear"
        elif operation.op in LAYERS and any(name not in fixed for name in operation.inputs[1:]):
            raise Unsupported("a convolution whose weights depend on the input is no operation of the engine")
        result.append(operation)
    return result


def _folded(operations: list[Operation], output: Any) -> list[Operation]:
    """BatchNorm, then relu and leaky_relu, as a part of the layer before where nothing else reads what that gives."""
    readers = Counter(name for operation in operations for name in _operands(operation))
    readers[output] += 1
    made, result = dict[str, Operation](), list[Operation]()
    for operation in operations:
        before = made.get(str(operation.inputs[0])) if operation.inputs else None
        if before is not None and readers[before.out] == 1 and _fold(operation, before):
            made.pop(before.out)
            before.out = operation.out
        else:
            result.append(operation)
            before = operation
        made[before.out] = before
    return result


def _fold(operation: Operation, before: Operation) -> bool:
    """Puts an operation into the one before; says whether it could."""
    attributes = before.attributes
    if operation.op == "batch_norm" and before.op in LAYERS and not {"norm", "slope"} & attributes.keys():
        attributes.update(operation.attributes)
        return True
    if operation.op in ("relu", "leaky_relu") and before.op in (*LAYERS, "batch_norm") and "slope" not in attributes:
        attributes["slope"] = operation.attributes.get("negative_slope", 0.0)
        return True
    return False


def _alive(operations: list[Operation], output: Any) -> list[Operation]:
    """The operations that the output needs."""
    wanted, result = {output}, list[Operation]()
    for operation in reversed(operations):
        if operation.out in wanted:
            wanted.update(_operands(operation))
            result.append(operation)
    return result[::-1]
