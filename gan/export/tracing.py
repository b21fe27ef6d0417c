"""Tracing: a network is run once on small batches of two sizes, and the operations on tensors are written down.

Both runs must do the same; numbers that differ between them are multiples of the size of the batch. It is seen by this
thread alone (torch.export and torch.fx change classes of PyTorch for all threads, while a run may be training in one),
and takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from gan.export.operations import CONVERSIONS, Operand, Unsupported

SIZES = (11, 13)  # of the batches: no sizes that models have
ACROSS = ("sum", "mean", "amax", "var", "softmax")  # operations over axes
MAX_CONSTANT = 1 << 12  # numbers of one constant


@dataclass
class Operation:
    """One operation: what it is called, its operands, the name and shape of its result, and what else it needs."""

    op: str
    inputs: list[Operand]
    out: str
    shape: list[int]
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Trace:
    """The operations of a network in order, its `output`, and the constants that its code makes, by name."""

    operations: list[Operation]
    output: Operand
    shape: list[int]
    constants: dict[str, Tensor]


def trace(
    run: Callable[..., Tensor], inputs: Callable[[int], Mapping[str, Tensor]], weights: Mapping[str, Tensor]
) -> Trace:
    """What `run(*inputs(n).values())` does, for any n; a number -k in a shape stands for k times n.

    Raises Unsupported for what no program can say.
    """
    one, other = (_trace(run, inputs(n), weights, n) for n in SIZES)
    if [op.op for op in one.operations] != [op.op for op in other.operations]:
        raise Unsupported("it does other things for other numbers of pictures")
    for a, b in zip(one.operations, other.operations, strict=True):
        if a.inputs != b.inputs or a.attributes != b.attributes:
            raise Unsupported(f"its operation {a.op} depends on the number of pictures")
        grown = [_multiple(*sizes) for sizes in zip(a.shape, b.shape, strict=True)]
        a.shape = grown
    if one.constants.keys() != other.constants.keys() or any(
        not torch.equal(one.constants[name], other.constants[name]) for name in one.constants
    ):
        raise Unsupported("it makes numbers of its own that differ from batch to batch")
    shape = [_multiple(*sizes) for sizes in zip(one.shape, other.shape, strict=True)]
    _check_apart(one.operations, {name: [-1] for name in inputs(1)})
    return Trace(one.operations, one.output, shape, one.constants)


def _check_apart(operations: Sequence[Operation], inputs: Mapping[str, list[int]]) -> None:
    """Raises Unsupported where a result may depend on the other pictures of the batch."""
    shapes = dict(inputs)
    for operation in operations:
        dims = operation.attributes.get("dims", [operation.attributes.get("dim", -1)])
        over = shapes.get(str(operation.inputs[0]), []) if operation.op in ACROSS else []
        mixes = any(0 <= d < len(over) and over[d] < 0 for d in dims)
        if mixes or sum(size < 0 for size in operation.shape) > 1:
            raise Unsupported("it compares the pictures of a batch")
        shapes[operation.out] = operation.shape


def _multiple(a: int, b: int) -> int:
    if a == b:
        return a
    times, rest = divmod(a, SIZES[0])
    if rest or b != times * SIZES[1]:
        raise Unsupported("a size in it is no multiple of the number of pictures")
    return -times


def _trace(run: Callable[..., Tensor], inputs: Mapping[str, Tensor], weights: Mapping[str, Tensor], n: int) -> Trace:
    recorder = _Recorder({**inputs, **weights}, n)
    with torch.no_grad(), _Functions(recorder), recorder:
        result = run(*inputs.values())
    return Trace(recorder.operations, recorder.name(result), list(result.shape), recorder.constants)


class _Recorder(TorchDispatchMode):
    """Sees every operation of this thread, however deep in a layer it is called, and runs it."""

    def __init__(self, names: Mapping[str, Tensor], n: int) -> None:
        super().__init__()
        self.n = n
        self.names = {id(tensor): name for name, tensor in names.items()}
        self.held = list(names.values())  # what has a name stays alive, so that no other object gets its id
        self.operations: list[Operation] = []
        self.constants: dict[str, Tensor] = {}
        self.stale: set[int] = set()
        self.quiet = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tensors = [t for t in _flat(args) + _flat(list(kwargs.values())) if isinstance(t, Tensor)]
        known = not self.quiet and any(id(t) in self.names or id(t) in self.stale for t in tensors)
        name = func.overloadpacket.__name__
        if torch.Tag.nondeterministic_seeded in func.tags:
            raise Unsupported("it draws at random")
        writes = [
            value
            for argument, value in zip(func._schema.arguments, args, strict=False)
            if argument.alias_info and argument.alias_info.is_write and isinstance(value, Tensor)
        ]
        if not known:
            return func(*args, **kwargs)
        if any(id(t) in self.stale for t in tensors):
            raise Unsupported("a part of a tensor is changed in place")
        convert = CONVERSIONS.get(name) or CONVERSIONS.get(name.rstrip("_") if writes else "")
        if convert is None or (writes and not name.endswith("_")):
            raise Unsupported(f"{name} is no operation of the engine")
        for tensor in tensors if writes else ():
            self.name(tensor)  # a constant is written down before it changes
        result = func(*args, **kwargs)
        for whole in writes:
            self._forget_views(whole)
        convert(self, args, kwargs, result)
        return result

    def name(self, value: Any) -> Operand:
        if not isinstance(value, Tensor):
            if isinstance(value, int | float):
                return value
            raise Unsupported(f"{type(value).__name__} is no operand of the engine")
        if id(value) not in self.names:
            if value.ndim == 0:
                return float(_plain(value))
            numbers = _plain(value)
            repeated = len(value) == self.n and bool((numbers == numbers[:1]).all())
            numbers = numbers[:1] if repeated else numbers
            if numbers.numel() > MAX_CONSTANT:
                raise Unsupported("it makes a large constant that is no weight")
            name = f"c{len(self.constants)}"
            self.constants[name] = numbers.clone()
            self._remember(value, self.part("expand", [name], tuple(value.shape)) if repeated else name)
        return self.names[id(value)]

    def emit(self, op: str, inputs: Sequence[Operand], out: Tensor, **attributes: Any) -> None:
        self._remember(out, self.part(op, inputs, tuple(out.shape), **attributes))

    def part(self, op: str, inputs: Sequence[Operand], shape: Sequence[int], **attributes: Any) -> str:
        name = f"v{len(self.operations)}"
        self.operations.append(Operation(op, list(inputs), name, list(shape), attributes))
        return name

    def same(self, tensor: Any, out: Tensor) -> None:
        self._remember(out, str(self.name(tensor)))

    def _remember(self, tensor: Tensor, name: str) -> None:
        self.names[id(tensor)] = name
        self.held.append(tensor)

    def _forget_views(self, whole: Tensor) -> None:
        """What shares memory with a tensor that is changed in place is no longer what its name says."""
        address = whole.untyped_storage().data_ptr()
        for tensor in self.held:
            if tensor is not whole and tensor.untyped_storage().data_ptr() == address:
                self.names.pop(id(tensor), None)
                self.stale.add(id(tensor))


class _Functions(TorchFunctionMode):
    """Writes down as a whole what would look into numbers: one_hot checks that classes are in range."""

    def __init__(self, recorder: _Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is not F.one_hot or id(args[0]) not in self.recorder.names:
            return func(*args, **kwargs)
        self.recorder.quiet = True
        result = func(*args, **kwargs)
        self.recorder.quiet = False
        self.recorder.emit("one_hot", [self.recorder.name(args[0])], result, classes=result.shape[-1])
        return result


def _flat(values: Any) -> list[Any]:
    return [x for value in values for x in (_flat(value) if isinstance(value, list | tuple) else [value])]


def _plain(tensor: Tensor) -> Tensor:
    with torch._C._DisableTorchDispatch():
        return tensor.detach().to(torch.float32)
