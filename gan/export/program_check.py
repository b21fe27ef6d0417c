"""A program followed in PyTorch, one operation after the other, and its pictures compared with those of the network.

It is the guard of every export that draws by a program: one whose pictures differ is not handed out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors import torch as safetensors_torch
from torch import Tensor

from gan import images
from gan.sampler import Sampler

LAYERS: Any = F  # whose types know no lists of operands
CHECKED = 64  # pictures that are compared
MAX_DIFFERENCE = 1  # of 255
Compute = Callable[[dict[str, Any], list[Any], list[int]], Tensor]  # operation, operands, shape of the result


def difference(sampler: Sampler, program: Mapping[str, Any], weights: bytes) -> int:
    """The largest difference (of 255) between pictures of a generator's program with its packed weights and PyTorch's.

    Raises ValueError where the program cannot be followed.
    """
    z = np.random.default_rng(0).standard_normal((CHECKED, sampler.z_dim), np.float32)
    y = np.arange(CHECKED) % sampler.classes if sampler.classes else None
    return int(np.abs(pictures(program, weights, z, y).astype(int) - sampler.images(z, y).astype(int)).max())


def pictures(
    program: Mapping[str, Any], weights: bytes, z: NDArray[np.float32], y: NDArray[Any] | None
) -> images.Pixels:
    """The pictures uint8 N,H,W,C that a program with packed weights makes of z (N,z_dim) and classes y (N)."""
    tensors = {name: tensor.float() for name, tensor in safetensors_torch.load(weights).items()}
    inputs = {"z": torch.from_numpy(z), **({} if y is None else {"y": torch.from_numpy(y)})}
    with torch.inference_mode():
        w = follow(program["mapping"], tensors, inputs)
        if len(shape := program["synthesis"]["inputs"]["w"]["shape"]) > w.ndim:
            w = w[:, None].expand(-1, shape[1], -1)  # every layer has the same style
        return images.to_pixels(follow(program["synthesis"], tensors, {"w": w}).numpy())


def follow(network: Mapping[str, Any], tensors: Mapping[str, Tensor], inputs: Mapping[str, Tensor]) -> Tensor:
    """The result of one network of a program for inputs by name, N of each. Raises ValueError for what it cannot do."""
    n = len(next(iter(inputs.values())))
    values = {**tensors, **inputs}
    for name, constant in network["constants"].items():
        values[name] = torch.tensor(constant["values"], dtype=torch.float32).reshape(constant["shape"])
    try:
        for operation in network["operations"]:
            operands = [values[name] if isinstance(name, str) else name for name in operation["in"]]
            norm = [None if name is None else values[name] for name in operation.get("norm", ())]
            shape = [-size * n if size < 0 else size for size in operation["shape"]]
            values[operation["out"]] = _computed({**operation, "norm": norm}, operands, shape)
        return values[network["output"]]
    except (KeyError, RuntimeError, TypeError) as error:
        raise ValueError(f"its program cannot be followed: {error}") from error


def _computed(operation: dict[str, Any], operands: list[Any], shape: list[int]) -> Tensor:
    """One operation; a BatchNorm and an activation that are folded into it come behind."""
    x = OPERATIONS[operation["op"]](operation, operands, shape)
    if operation["norm"]:
        weight, bias, mean, variance = operation["norm"]
        x = F.batch_norm(x, mean, variance, weight, bias, eps=operation["eps"])
    if "slope" in operation:
        x = F.leaky_relu(x, operation["slope"])
    return x.reshape(shape)


def _transposed(operation: dict[str, Any], operands: list[Any], shape: list[int]) -> Tensor:
    """A transposed convolution, whose result is as large as its shape says."""
    x, weight, *bias = operands
    stride, padding, dilation = (operation[name] for name in ("stride", "padding", "dilation"))
    least = [
        (x.shape[2 + k] - 1) * stride[k] - 2 * padding[k] + dilation[k] * (weight.shape[2 + k] - 1) + 1 for k in (0, 1)
    ]
    more = [shape[2 + k] - least[k] for k in (0, 1)]
    made: Tensor = LAYERS.conv_transpose2d(
        x, weight, *(bias or [None]), stride, padding, more, operation["groups"], dilation
    )
    return made


def _padded(operation: dict[str, Any], operands: list[Any], shape: list[int]) -> Tensor:
    (x,) = operands
    out = torch.full(shape, float(operation["value"]))
    out[tuple(slice(k, k + size) for k, size in zip(operation["before"], x.shape, strict=True))] = x
    return out


def _sliced(operation: dict[str, Any], operands: list[Any], shape: list[int]) -> Tensor:
    cut = slice(operation["start"], operation["end"], operation["step"])
    x: Tensor = operands[0][(slice(None),) * operation["dim"] + (cut,)]
    return x


def _binary(of: Callable[[Any, Any], Tensor]) -> Compute:
    def compute(operation: dict[str, Any], operands: list[Any], shape: list[int]) -> Tensor:
        return of(*(value if isinstance(value, Tensor) else torch.tensor(float(value)) for value in operands))

    return compute


def _reduction(of: Callable[..., Tensor]) -> Compute:
    return lambda operation, operands, shape: of(operands[0], dim=operation["dims"], keepdim=operation["keep"])


def _unary(of: Callable[[Tensor], Tensor]) -> Compute:
    return lambda operation, operands, shape: of(operands[0])


UNARY = ("relu", "tanh", "sigmoid", "exp", "log", "sqrt", "rsqrt", "reciprocal", "neg", "abs", "sin", "cos", "erf")
BINARY = ("add", "sub", "mul", "div", "pow", "maximum", "minimum")
OPERATIONS: dict[str, Compute] = {  # as docs/program.md has them
    **{name: _unary(getattr(torch, name)) for name in UNARY},
    **{name: _binary(getattr(torch, name)) for name in BINARY},
    **{name: _reduction(getattr(torch, name)) for name in ("sum", "mean", "amax")},
    "var": lambda op, x, _: torch.var(x[0], dim=op["dims"], keepdim=op["keep"], correction=op["correction"]),
    "silu": _unary(F.silu),
    "mish": _unary(F.mish),
    "leaky_relu": lambda op, x, _: F.leaky_relu(x[0], op["negative_slope"]),
    "elu": lambda op, x, _: torch.ops.aten.elu(x[0], op["alpha"], op["scale"], op["input_scale"]),
    "softplus": lambda op, x, _: F.softplus(x[0], op["beta"], op["threshold"]),
    "gelu": lambda op, x, _: F.gelu(x[0], approximate="tanh" if op["tanh"] else "none"),
    "clamp": lambda op, x, _: x[0].clamp(op.get("low", -math.inf), op.get("high", math.inf)),
    "linear": lambda op, x, _: F.linear(*x),
    "conv": lambda op, x, _: LAYERS.conv2d(
        *x, stride=op["stride"], padding=op["padding"], dilation=op["dilation"], groups=op["groups"]
    ),
    "transposed_conv": _transposed,
    "matmul": lambda op, x, _: x[0] @ x[1] if len(x) == 2 else x[0] @ x[1] + x[2],
    "batch_norm": _unary(lambda x: x),  # its numbers follow
    "group_norm": lambda op, x, _: LAYERS.group_norm(x[0], op["groups"], *x[1:], eps=op["eps"]),
    "layer_norm": lambda op, x, _: LAYERS.layer_norm(x[0], x[0].shape[-op["axes"] :], *x[1:], eps=op["eps"]),
    "softmax": lambda op, x, _: torch.softmax(x[0], op["dim"]),
    "reshape": lambda op, x, shape: x[0].reshape(shape),
    "expand": lambda op, x, shape: x[0].expand(shape),
    "permute": lambda op, x, _: x[0].permute(op["dims"]),
    "slice": _sliced,
    "concat": lambda op, x, _: torch.cat(x, op["dim"]),
    "one_hot": lambda op, x, _: F.one_hot(x[0].long(), op["classes"]).float(),
    "embedding": lambda op, x, _: x[0][x[1].long()],
    "gather": lambda op, x, _: x[0].gather(op["dim"], x[1].long()),
    "pixel_shuffle": lambda op, x, _: F.pixel_shuffle(x[0], op["factor"]),
    "pixel_unshuffle": lambda op, x, _: F.pixel_unshuffle(x[0], op["factor"]),
    "nearest": lambda op, x, shape: F.interpolate(x[0], size=shape[2:], mode="nearest"),
    "bilinear": lambda op, x, shape: F.interpolate(x[0], size=shape[2:], mode="bilinear", align_corners=op["corners"]),
    "average_pool": lambda op, x, _: F.avg_pool2d(x[0], op["kernel"], op["stride"]),
    "pad": _padded,
}
