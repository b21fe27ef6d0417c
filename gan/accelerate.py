"""The same updates, faster: precision and CUDA graphs around the maths of step.py.

`apply` puts other ways of calling a network and of carrying out an update into `Players`; without it the plain ones
stay there, and only the speed is another. What "auto" comes to is found out once, when a run first starts, is kept in
its `started` event, and is the same whenever it goes on: then the numbers are, too.

precision  "bf16" computes layers in bfloat16 where torch's autocast finds that safe; weights, their moments, the loss
           and BatchNorm's statistics stay float32. "tf32" (CUDA) shortens the factors of float32 products only. "auto"
           takes what a probe finds FASTER with gradients within TOLERANCE: bf16 on a CPU with instructions for it (AMX
           or AVX-512), either on CUDA, and only for networks with enough to compute (WORTHWHILE); else float32.
graphs     On CUDA every kind of update is recorded once and replayed as one launch (CUDA graphs); nothing else
           changes. Where that fails training goes on without, and the log says why.

CUDA and MPS were not measured.
"""

from __future__ import annotations

import copy
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from gan.config import ConfigError
from gan.models import balanced
from gan.step import Players

WORTHWHILE = 2e10  # floating-point operations of G and D, forwards, for one batch
FASTER = 1.3  # times as many steps a second
TOLERANCE = 0.05  # norm of the difference of the gradients over their norm, of D and of G
ROUNDS = 3  # of the probe
WARM_UP = 3  # updates of a kind before it is recorded

Call = Callable[[nn.Module, Tensor, Tensor | None], Tensor]
Perform = Callable[..., Any]


def apply(
    players: Players, earlier: Mapping[str, Any] | None, tell: Callable[[str], None]
) -> dict[str, str]:
    """Makes the updates of `players` faster, in the way of `earlier` (a run's `started` event) if it began before.

    Returns that way: {"precision": …}. `tell` gets a sentence when a CUDA graph cannot be made. Raises
    ConfigError for what this machine cannot do.
    """
    how = _settled(players, earlier)
    _set_precision(players, how["precision"])
    if players.device.type == "cuda":  # not measured
        players.perform = Graphs(players, CudaGraphs(players), tell)
        players.perform = _with_products(players.perform, how["precision"])
        _set_products(how["precision"])  # for those who look before the first update
    return how


def _settled(players: Players, earlier: Mapping[str, Any] | None) -> dict[str, str]:
    if earlier is not None:
        return {"precision": earlier.get("precision", "fp32")}
    wanted = players.config.precision
    return {"precision": probe(players) if wanted == "auto" else wanted}


# -- precision ---------------------------------------------------------------------------------------


def _set_precision(players: Players, precision: str) -> None:
    if precision == "bf16":
        players.call = _in_bf16(players.call, players.device)
    elif precision == "tf32" and players.device.type != "cuda":
        raise ConfigError([f"precision: tf32 needs CUDA; this run is on {players.device.type}."])


def _in_bf16(call: Call, device: torch.device) -> Call:
    """Layers in bfloat16; what comes out is float32 again, for the loss."""

    def called(net: nn.Module, x: Tensor, y: Tensor | None) -> Tensor:
        with torch.autocast(device.type, dtype=torch.bfloat16):
            out = call(net, x, y)
        return out.float()

    return called


def _with_products(perform: Perform, precision: str) -> Perform:
    """TF32 or not is a setting of the process, so every update makes it; it stays for whoever looks meanwhile."""

    def performed(*arguments: Any) -> Any:
        _set_products(precision)
        return perform(*arguments)

    return performed


def _set_products(precision: str) -> None:
    for place in _places():
        place.fp32_precision = "tf32" if precision == "tf32" else "ieee"


@contextmanager
def products_kept() -> Iterator[None]:
    """Puts back at its end what the process had chosen for products of float32."""
    before = [place.fp32_precision for place in _places()]
    try:
        yield
    finally:
        for place, value in zip(_places(), before, strict=True):
            place.fp32_precision = value


def _places() -> tuple[Any, Any]:
    backends: Any = torch.backends  # whose stubs lack "conv"
    return backends.cuda.matmul, backends.cudnn.conv


def probe(players: Players) -> str:
    """The precision that "auto" comes to for these networks on this machine: a few steps each, on copies."""
    candidates = _candidates(players.device)
    if not candidates or _effort(players) < WORTHWHILE:
        return "fp32"
    ways = {name: _twin(players, name) for name in ("fp32", *candidates)}
    slopes = {name: _slopes(twin) for name, twin in ways.items()}  # the first step also warms up
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, twin in ways.items():
            seconds[name].append(_seconds(twin))
    pace = {name: statistics.median(times) for name, times in seconds.items()}
    fit = [
        name
        for name in candidates
        if pace[name] * FASTER <= pace["fp32"]
        and all(
            float((a - b).norm() / b.norm()) <= TOLERANCE
            for a, b in zip(slopes[name], slopes["fp32"], strict=True)
        )
    ]
    return min(fit, key=pace.__getitem__, default="fp32")


def _candidates(device: torch.device) -> tuple[str, ...]:
    if device.type == "cuda":
        return ("bf16", "tf32")
    if device.type == "cpu" and (
        torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    ):
        return ("bf16",)
    return ()


def _example(players: Players) -> tuple[Tensor, Tensor, Tensor | None]:
    """z, pictures and classes of one batch."""
    config = players.config
    z = players.draws.z("probe", 0, config.batch, config.z_dim)
    y = balanced(config.batch, players.n_classes, players.device)
    with torch.no_grad():
        return z, players.average(z, y), y


def _effort(players: Players) -> int:
    z, _, y = _example(players)
    judge = copy.deepcopy(players.D).eval()  # draws nothing, and moves no statistics
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        judge(players.average(z, y), y)
    return counter.get_total_flops()


def _twin(players: Players, precision: str) -> Players:
    G, D = copy.deepcopy(players.G), copy.deepcopy(players.D)
    twin = Players(players.config, G, D, players.loss)
    _set_precision(twin, precision)
    if players.device.type == "cuda":
        twin.perform = _with_products(twin.perform, precision)
    return twin


def _step(players: Players) -> None:
    _, x, y = _example(players)
    players.update_d(x, y)
    players.update_g()
    players.end_round()


def _slopes(players: Players) -> list[Tensor]:
    """The gradients of D and of G in one step, each in one row."""
    _step(players)
    return [
        torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None])
        for net in (players.D, players.G)
    ]


def _seconds(players: Players) -> float:
    started = time.perf_counter()
    _step(players)
    if players.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


# -- CUDA graphs -------------------------------------------------------------------------------------


class Recorder(Protocol):
    """What can do a piece of work, write down what it did to which memory, and do exactly that again."""

    def rehearse(self, work: Callable[[], Any]) -> Any:
        """Does the work, as it is to be recorded later."""

    def record(self, work: Callable[[], Any]) -> tuple[Any, Callable[[], None]]:
        """Does the work once. Returns what came out, and what does it again in the same memory."""


class Graphs:
    """Carries out each kind of update by a recording of it.

    What changes from one update to the next lies in memory that stays where it is: the inputs here, learning rates in
    `Adam.rate`, the pace of the average in `Players.toward`, the keys of dropout in its generators. An update of G that
    uses D's fakes goes back through the memory of D's recording: "g" of "d", "g with r1" of "d with r1".
    """

    def __init__(self, players: Players, recorder: Recorder, tell: Callable[[str], None]):
        self.players, self.recorder, self.tell = players, recorder, tell
        self.kinds: dict[str, _Recording] = {}
        self.rehearsed: Counter[str] = Counter()
        self.off = False
        for adam in (players.opt_g, players.opt_d):
            adam.rate = torch.as_tensor(
                adam.rate, dtype=players.toward.dtype, device=players.device
            )

    def __call__(self, kind: str, work: Callable[..., Any], *inputs: Tensor | None) -> Any:
        if kind == "g alone":
            self._forget_fakes()
        if self.off:
            return work(*inputs)
        if kind in self.kinds:
            return self.kinds[kind].replay(inputs)
        if not self._ready(kind):
            self.rehearsed[kind] += 1
            return self.recorder.rehearse(lambda: work(*inputs))
        try:
            self.kinds[kind] = _Recording(self.recorder, work, inputs)
        except RuntimeError as error:
            return self._give_up(kind, work, inputs, error)
        return self.kinds[kind].told()

    def _forget_fakes(self) -> None:
        """Drops recordings of D whose fakes no recording of G uses yet: they are of weights that change now."""
        for kind in [*self.kinds]:
            if kind.startswith("d") and self._with_fakes(kind) and _other(kind) not in self.kinds:
                del self.kinds[kind]

    def _with_fakes(self, kind: str) -> bool:
        """Whether fakes go from D's update to G's."""
        return self.players.config.reuse_fake and kind != "g alone"

    def _ready(self, kind: str) -> bool:
        if self._with_fakes(kind):
            if kind.startswith("g"):
                return _other(kind) in self.kinds
            if not self.rehearsed[_other(kind)]:
                return False
        return self.rehearsed[kind] >= WARM_UP

    def _give_up(
        self,
        kind: str,
        work: Callable[..., Any],
        inputs: tuple[Tensor | None, ...],
        error: Exception,
    ) -> Any:
        reason = str(error).strip().splitlines()[0]
        self.tell(f"No CUDA graphs, so small networks train more slowly: {reason}")
        self.off = True
        players = self.players
        players.D.requires_grad_(True)
        if kind.startswith("g") and self._with_fakes(kind):  # the way back is lost: make them again
            _, y, z = self.kinds[_other(kind)].inputs
            inputs = (players.call(players.G, z, y), y)
        self.kinds.clear()
        return work(*inputs)


def _other(kind: str) -> str:
    """The kind of the other player's update in the same step."""
    return {"d": "g", "g": "d"}[kind[0]] + kind[1:]


class _Recording:
    """One kind of update with the memory it reads and writes."""

    def __init__(
        self, recorder: Recorder, work: Callable[..., Any], inputs: tuple[Tensor | None, ...]
    ):
        self.inputs = [x if x is None or x.requires_grad else x.clone() for x in inputs]
        self.outputs, self._again = recorder.record(lambda: work(*self.inputs))

    def replay(self, inputs: tuple[Tensor | None, ...]) -> Any:
        for mine, given in zip(self.inputs, inputs, strict=True):
            if mine is not None and given is not None and mine is not given:
                mine.data.copy_(given)  # unnoticed by the way back that was recorded with it
        self._again()
        return self.told()

    def told(self) -> Any:
        """The outputs: copies of what the next replay overwrites, the fakes themselves."""
        if isinstance(self.outputs, Tensor):
            return self.outputs.clone()
        told, fake = self.outputs
        return told.clone(), fake


class CudaGraphs:
    """Records with torch.cuda.CUDAGraph. Not measured, and run on no machine yet: written after PyTorch's notes on
    CUDA graphs (docs.pytorch.org/docs/stable/notes/cuda.html)."""

    def __init__(self, players: Players):
        self.draws = players.draws
        self.stream = torch.cuda.Stream(players.device)

    def rehearse(self, work: Callable[[], Any]) -> Any:
        """On the stream that records later: libraries set themselves up by stream."""
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            told = work()
        torch.cuda.current_stream().wait_stream(self.stream)
        return told

    def record(self, work: Callable[[], Any]) -> tuple[Any, Callable[[], None]]:
        graph = torch.cuda.CUDAGraph()
        for generator in self.draws.generators.values():
            graph.register_generator_state(generator)
        mode = "thread_local"  # other threads may draw for those who watch
        with torch.cuda.graph(graph, stream=self.stream, capture_error_mode=mode):
            told = work()
        graph.replay()  # recording only wrote down what to do
        return told, graph.replay
