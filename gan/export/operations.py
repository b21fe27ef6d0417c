"""Operations of a program, and of which of PyTorch's they are made: one entry of CONVERSIONS for each of PyTorch's.

A conversion gets the recorder, the arguments and the result of one call, and writes the operations that do the same.
docs/program.md says what each operation computes; assets/engine/ computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

Operand = str | float | bool  # the name of a value, or a number


class Unsupported(Exception):
    """A network that no program can be written of; the message continues "is drawn by the server because"."""


class Recorder(Protocol):
    """What a conversion may do."""

    def name(self, value: Any) -> Operand:
        """The name of a tensor, or a number as it is."""

    def emit(self, op: str, inputs: Sequence[Operand], out: Tensor, **attributes: Any) -> None:
        """Writes one operation whose result is `out`."""

    def part(self, op: str, inputs: Sequence[Operand], shape: Sequence[int], **attributes: Any) -> str:
        """Writes one operation whose result nobody holds, and names it."""

    def same(self, tensor: Any, out: Tensor) -> None:
        """Says that `out` has the numbers of `tensor`."""


Conversion = Callable[[Recorder, tuple[Any, ...], dict[str, Any], Any], None]


# -- how arguments are read ------------------------------------------------------------------------------------------


def _argument(args: Sequence[Any], keywords: dict[str, Any], place: int, name: str, default: Any) -> Any:
    return args[place] if len(args) > place else keywords.get(name, default)


def _dims(tensor: Tensor, dims: Any) -> list[int]:
    """Axes counted from 0; all of them for None and for ()."""
    if dims is None or (isinstance(dims, Sequence) and not dims):
        return list(range(tensor.ndim))
    return [d % tensor.ndim for d in ([dims] if isinstance(dims, int) else dims)]


def _pair(value: Any) -> list[int]:
    values = [value] if isinstance(value, int) else list(value)
    return values * 2 if len(values) == 1 else values


# -- conversions of several of PyTorch's at once -----------------------------------------------------------------------


def _unary(op: str, **names: float) -> Conversion:
    """An operation on every number; `names` are its further arguments in order, with their defaults."""

    def convert(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
        values = {n: _argument(args, keywords, k + 1, n, default) for k, (n, default) in enumerate(names.items())}
        to.emit(op, [to.name(args[0])], out, **values)

    return convert


def _binary(op: str, swapped: bool = False) -> Conversion:
    def convert(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
        a, b = to.name(args[0]), to.name(args[1])
        alpha = _argument(args, keywords, 2, "alpha", 1)
        if keywords.get("rounding_mode"):
            raise Unsupported("a division that rounds is no operation of the engine")
        if swapped:
            a, b = b, a
        if alpha != 1:
            b = b * alpha if not isinstance(b, str) else to.part("mul", [b, alpha], tuple(args[1].shape))
        to.emit(op, [a, b], out)

    return convert


def _reduction(op: str) -> Conversion:
    def convert(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
        x, dims = args[0], _dims(args[0], _argument(args, keywords, 1, "dim", None))
        keep = bool(_argument(args, keywords, 2, "keepdim", False))
        to.emit(op, [to.name(x)], out, dims=dims, keep=keep)

    return convert


def _reshape(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    if tuple(args[0].shape) == tuple(out.shape):
        to.same(args[0], out)
    else:
        to.emit("reshape", [to.name(args[0])], out)


def _same(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    to.same(args[0], out)


def _cast(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    if args[0].is_floating_point() and not out.is_floating_point():
        raise Unsupported("turning numbers into whole ones is no operation of the engine")
    to.same(args[0], out)


def _permute(dims: Callable[[Tensor, tuple[Any, ...]], list[int]]) -> Conversion:
    def convert(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
        to.emit("permute", [to.name(args[0])], out, dims=dims(args[0], args))

    return convert


def _swapped(x: Tensor, args: tuple[Any, ...]) -> list[int]:
    dims = list(range(x.ndim))
    a, b = _dims(x, args[1:3]) if len(args) > 2 else (0, x.ndim - 1)
    dims[a], dims[b] = b, a
    return dims


def _pieces(starts: Callable[[Tensor, Any, int], list[int]], drop: bool = False) -> Conversion:
    """Slices along one axis; `drop` takes the axis away."""

    def convert(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Sequence[Tensor]) -> None:
        x = args[0]
        size = None if drop else args[1]
        dim = _argument(args, keywords, 1 if drop else 2, "dim", 0) % x.ndim
        begins = starts(x, size, dim)
        for piece, begin, end in zip(out, begins, [*begins[1:], x.shape[dim]], strict=True):
            _slice_of(to, x, piece, dim, begin, end, drop)

    return convert


def _slice_of(to: Recorder, x: Tensor, out: Tensor, dim: int, start: int, end: int, drop: bool, step: int = 1) -> None:
    if drop:
        shape = (*x.shape[:dim], 1, *x.shape[dim + 1 :])
        part = to.part("slice", [to.name(x)], shape, dim=dim, start=start, end=end, step=step)
        to.emit("reshape", [part], out)
    elif tuple(x.shape) == tuple(out.shape):
        to.same(x, out)
    else:
        to.emit("slice", [to.name(x)], out, dim=dim, start=start, end=end, step=step)


# -- the rest, one by one ----------------------------------------------------------------------------------------------


def _slice(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    x, dim = args[0], _argument(args, keywords, 1, "dim", 0) % args[0].ndim
    bounds = [_argument(args, keywords, 2 + k, name, None) for k, name in enumerate(("start", "end", "step"))]
    start, end, step = slice(bounds[0], bounds[1], bounds[2]).indices(x.shape[dim])
    _slice_of(to, x, out, dim, start, end, False, step)


def _select(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    x, dim = args[0], args[1] % args[0].ndim
    start = args[2] % x.shape[dim]
    _slice_of(to, x, out, dim, start, start + 1, True)


def _concat(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    dim = _argument(args, keywords, 1, "dim", 0) % out.ndim
    to.emit("concat", [to.name(x) for x in args[0]], out, dim=dim)


def _stack(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    dim = _argument(args, keywords, 1, "dim", 0) % out.ndim
    shape = (*out.shape[:dim], 1, *out.shape[dim + 1 :])
    to.emit("concat", [to.part("reshape", [to.name(x)], shape) for x in args[0]], out, dim=dim)


def _product(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    to.emit("matmul", [to.name(args[0]), to.name(args[1])], out)


def _sum_and_product(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    if keywords.get("beta", 1) != 1 or keywords.get("alpha", 1) != 1:
        raise Unsupported("a matrix product with factors is no operation of the engine")
    to.emit("matmul", [to.name(x) for x in (args[1], args[2], args[0])], out)


def _vector_product(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    matrix, vector = args[:2]
    column = to.part("reshape", [to.name(vector)], (len(vector), 1))
    to.emit("reshape", [to.part("matmul", [to.name(matrix), column], (len(matrix), 1))], out)


def _dot(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    product = to.part("mul", [to.name(args[0]), to.name(args[1])], tuple(args[0].shape))
    to.emit("sum", [product], out, dims=[0], keep=False)


def _convolution(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    x, weight, bias, stride, padding, dilation, transposed, _, groups = args
    if x.ndim != 4:
        raise Unsupported(f"a convolution over {x.ndim - 2} axes is no operation of the engine")
    inputs = [to.name(t) for t in (x, weight, bias) if t is not None]
    to.emit(
        "transposed_conv" if transposed else "conv",
        inputs,
        out,
        stride=_pair(stride),
        padding=_pair(padding),
        dilation=_pair(dilation),
        groups=groups,
    )


def _batch_norm(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Sequence[Tensor]) -> None:
    x, weight, bias, mean, variance = args[:5]
    if len(args) == 8 and args[5]:
        raise Unsupported("normalising by the batch at hand is no operation of the engine")
    norm = [None if t is None else to.name(t) for t in (weight, bias, mean, variance)]
    to.emit("batch_norm", [to.name(x)], out[0], norm=norm, eps=float(args[-1]))


def _group_norm(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Sequence[Tensor]) -> None:
    x, weight, bias, _, _, _, groups, eps = args
    affine = [to.name(t) for t in (weight, bias) if t is not None]
    to.emit("group_norm", [to.name(x), *affine], out[0], groups=groups, eps=float(eps))


def _layer_norm(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Sequence[Tensor]) -> None:
    x, over, weight, bias, eps = args
    affine = [to.name(t) for t in (weight, bias) if t is not None]
    to.emit("layer_norm", [to.name(x), *affine], out[0], axes=len(over), eps=float(eps))


def _softmax(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    to.emit("softmax", [to.name(args[0])], out, dim=args[1] % args[0].ndim)


def _embedding(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    to.emit("embedding", [to.name(args[0]), to.name(args[1])], out)


def _index(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    if len(args[1]) != 1:
        raise Unsupported("choosing by several lists of places is no operation of the engine")
    to.emit("embedding", [to.name(args[0]), to.name(args[1][0])], out)


def _gather(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    to.emit("gather", [to.name(args[0]), to.name(args[2])], out, dim=args[1] % args[0].ndim)


def _variance(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    dims = _dims(args[0], _argument(args, keywords, 1, "dim", None))
    correction = float(_argument(args, keywords, 2, "correction", 1) or 0)
    keep = bool(keywords.get("keepdim", False))
    to.emit("var", [to.name(args[0])], out, dims=dims, keep=keep, correction=correction)


def _clamp(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    low, high = _argument(args, keywords, 1, "min", None), _argument(args, keywords, 2, "max", None)
    to.emit("clamp", [to.name(args[0])], out, low=low, high=high)


def _expand(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    to.emit("expand", [to.name(args[0])], out)


def _lerp(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    a, b, weight = (to.name(t) for t in args[:3])
    difference = to.part("sub", [b, a], tuple(out.shape))
    to.emit("add", [a, to.part("mul", [difference, weight], tuple(out.shape))], out)


def _scaled_sum(op: str) -> Conversion:
    """a + value * (b op c)."""

    def convert(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
        a, b, c = args[:3]
        shape = tuple(torch.broadcast_shapes(b.shape, c.shape))
        made = to.part(op, [to.name(b), to.name(c)], shape)
        if keywords.get("value", 1) != 1:
            made = to.part("mul", [made, keywords["value"]], shape)
        to.emit("add", [to.name(a), made], out)

    return convert


def _shuffle(op: str) -> Conversion:
    def convert(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
        to.emit(op, [to.name(args[0])], out, factor=args[1])

    return convert


def _nearest(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    if any(new % old for new, old in zip(out.shape[2:], args[0].shape[2:], strict=True)):
        raise Unsupported("growing a picture by a fraction is no operation of the engine")
    to.emit("nearest", [to.name(args[0])], out)


def _bilinear(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    to.emit("bilinear", [to.name(args[0])], out, corners=bool(args[2]))


def _average_pool(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    kernel, padding = _pair(args[1]), _pair(_argument(args, keywords, 3, "padding", 0))
    stride = _pair(_argument(args, keywords, 2, "stride", ()) or kernel)
    if any(padding) or (len(args) > 4 and args[4]) or _argument(args, keywords, 6, "divisor_override", None):
        raise Unsupported("an average over parts of the border is no operation of the engine")
    to.emit("average_pool", [to.name(args[0])], out, kernel=kernel, stride=stride)


def _constant_pad(to: Recorder, args: tuple[Any, ...], keywords: dict[str, Any], out: Tensor) -> None:
    amounts = list(args[1])
    pairs = [amounts[k : k + 2] for k in range(0, len(amounts), 2)][::-1]
    pairs = [[0, 0]] * (args[0].ndim - len(pairs)) + pairs
    if any(a < 0 for pair in pairs for a in pair):
        raise Unsupported("a border that cuts is no operation of the engine")
    value = float(_argument(args, keywords, 2, "value", 0))
    to.emit("pad", [to.name(args[0])], out, before=[p[0] for p in pairs], value=value)


CONVERSIONS: dict[str, Conversion] = {  # by the names of PyTorch's operations (aten), without what follows the dot
    **{op: _unary(op) for op in ("relu", "tanh", "sigmoid", "silu", "exp", "log", "sqrt", "rsqrt", "neg", "abs")},
    **{op: _unary(op) for op in ("reciprocal", "sin", "cos", "erf", "mish")},
    "leaky_relu": _unary("leaky_relu", negative_slope=0.01),
    "elu": _unary("elu", alpha=1, scale=1, input_scale=1),
    "softplus": _unary("softplus", beta=1, threshold=20),
    "gelu": lambda to, args, keywords, out: to.emit(
        "gelu", [to.name(args[0])], out, tanh=keywords.get("approximate", "none") == "tanh"
    ),
    "pow": _binary("pow"),
    "add": _binary("add"),
    "sub": _binary("sub"),
    "rsub": _binary("sub", swapped=True),
    "mul": _binary("mul"),
    "div": _binary("div"),
    "maximum": _binary("maximum"),
    "minimum": _binary("minimum"),
    "clamp": _clamp,
    "clamp_min": _clamp,
    "hardtanh": _clamp,
    "lerp": _lerp,
    "addcmul": _scaled_sum("mul"),
    "addcdiv": _scaled_sum("div"),
    "sum": _reduction("sum"),
    "mean": _reduction("mean"),
    "amax": _reduction("amax"),
    "var": _variance,
    "_softmax": _softmax,
    **dict.fromkeys(("view", "_unsafe_view", "reshape", "unsqueeze", "squeeze"), _reshape),
    **dict.fromkeys(("alias", "detach", "clone", "contiguous", "lift_fresh"), _same),
    "_to_copy": _cast,
    "expand": _expand,
    "permute": _permute(lambda x, args: _dims(x, args[1])),
    "transpose": _permute(_swapped),
    "t": _permute(_swapped),
    "slice": _slice,
    "select": _select,
    "split": _pieces(lambda x, size, dim: list(range(0, x.shape[dim], size))),
    "split_with_sizes": _pieces(lambda x, sizes, dim: [sum(sizes[:k]) for k in range(len(sizes))]),
    "unbind": _pieces(lambda x, _, dim: list(range(x.shape[dim])), drop=True),
    "cat": _concat,
    "stack": _stack,
    "mm": _product,
    "bmm": _product,
    "addmm": _sum_and_product,
    "mv": _vector_product,
    "dot": _dot,
    "vdot": _dot,
    "convolution": _convolution,
    "native_batch_norm": _batch_norm,
    "_native_batch_norm_legit_no_training": _batch_norm,
    "native_group_norm": _group_norm,
    "native_layer_norm": _layer_norm,
    "embedding": _embedding,
    "index": _index,
    "gather": _gather,
    "pixel_shuffle": _shuffle("pixel_shuffle"),
    "pixel_unshuffle": _shuffle("pixel_unshuffle"),
    "upsample_nearest2d": _nearest,
    "upsample_bilinear2d": _bilinear,
    "avg_pool2d": _average_pool,
    "constant_pad_nd": _constant_pad,
}
