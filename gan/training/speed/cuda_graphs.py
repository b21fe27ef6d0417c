"""CUDA graphs: each kind of update of the adversarial game is recorded once and replayed as one launch.

Not measured: no CUDA device was there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

WARM_UP = 3  # updates of a kind before it is recorded

Kind = tuple[str, tuple[int, ...]]  # "d", "g" or "g alone", and the penalties that are due


class Recorder(Protocol):
    """What can do a piece of work, write down what it did to which memory, and do exactly that again."""

    def rehearse(self, work: Callable[[], Any]) -> Any:
        """Does the work, as it is to be recorded later."""

    def record(self, work: Callable[[], Any]) -> tuple[Any, Callable[[], None]]:
        """Does the work once. Returns what came out, and what does it again in the same memory."""


class Graphs:
    """Carries out each kind of update by a recording of it.

    What changes from one update to the next lies in memory that stays where it is: the inputs here, learning rates in
    the optimizers, the pace of the EMA in `Game.ema_weight`, the keys of dropout in its generators. An update
    of G that uses D's fakes goes back through the memory of D's recording, with the same penalties due.
    """

    def __init__(self, game: Any, recorder: Recorder, complain: Callable[[str], None]):
        self.game, self.recorder, self.complain = game, recorder, complain
        self.kinds: dict[Kind, _Recording] = {}
        self.rehearsed: Counter[Kind] = Counter()
        self.off = False

    def install(self) -> None:
        """Puts recordings in the place of the game's updates."""
        game = self.game
        for optimizer in game.optimizers.values():
            optimizer.lr = torch.as_tensor(optimizer.lr, dtype=game.ema_weight.dtype, device=game.device)
        game.d_update = partial(self.run, "d", game.d_update)
        game.g_update_alone = partial(self.run, "g alone", game.g_update_alone)
        game.g_update = partial(self._shared_or_alone, game.g_update)

    def _shared_or_alone(self, work: Callable[..., Any], *inputs: Any, due: tuple[int, ...] | None = None) -> Any:
        """G's update by D's fakes is recorded; within an update by its own fakes it is a part of that recording."""
        return work(*inputs) if due is None else self.run("g", work, *inputs, due=due)

    def run(self, name: str, work: Callable[..., Any], *inputs: Any, due: tuple[int, ...] = ()) -> Any:
        """An update of that name: rehearsed at first, then recorded, then replayed."""
        kind = (name, due)
        if name == "d":
            work = partial(work, due=due)
        if name == "g alone":
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
        return self.kinds[kind].result()

    def _forget_fakes(self) -> None:
        """Drops recordings of D whose fakes no recording of G uses yet: they are of weights that change now."""
        for kind in [*self.kinds]:
            if kind[0] == "d" and self._with_fakes(kind) and _other(kind) not in self.kinds:
                del self.kinds[kind]

    def _with_fakes(self, kind: Kind) -> bool:
        """Whether fakes go from D's update to G's."""
        return bool(self.game.config.reuse_fake) and kind[0] != "g alone"

    def _ready(self, kind: Kind) -> bool:
        if self._with_fakes(kind):
            if kind[0] == "g":
                return _other(kind) in self.kinds
            if not self.rehearsed[_other(kind)]:
                return False
        return self.rehearsed[kind] >= WARM_UP

    def _give_up(self, kind: Kind, work: Callable[..., Any], inputs: tuple[Any, ...], error: Exception) -> Any:
        reason = str(error).strip().splitlines()[0]
        self.complain(f"No CUDA graphs, so small networks train more slowly: {reason}")
        self.off = True
        game = self.game
        game.nets["D"].requires_grad_(True)
        if kind[0] == "g" and self._with_fakes(kind):  # the way back is lost: make them again
            _, y, z, _ = self.kinds[_other(kind)].inputs
            inputs = (game.G(z, y), y, *inputs[2:])
        self.kinds.clear()
        return work(*inputs)


def _other(kind: Kind) -> Kind:
    """The kind of the other network's update in the same step."""
    return {"d": "g", "g": "d"}[kind[0]], kind[1]


class _Recording:
    """One kind of update with the memory it reads and writes."""

    def __init__(self, recorder: Recorder, work: Callable[..., Any], inputs: tuple[Any, ...]):
        self.inputs = tree_map(_own, inputs)
        self.outputs, self._again = recorder.record(lambda: work(*self.inputs))

    def replay(self, inputs: tuple[Any, ...]) -> Any:
        for mine, new in zip(tree_leaves(self.inputs), tree_leaves(inputs), strict=True):
            if isinstance(mine, Tensor) and mine is not new:
                mine.data.copy_(new)  # unnoticed by the way back that was recorded with it
        self._again()
        return self.result()

    def result(self) -> Any:
        """The outputs: copies of what the next replay overwrites, the fakes themselves."""
        return tree_map(lambda x: x if x.requires_grad else x.clone(), self.outputs)


def _own(x: Any) -> Any:
    return x.clone() if isinstance(x, Tensor) and not x.requires_grad else x


class CudaGraphs:
    """Records with torch.cuda.CUDAGraph. Not measured, and run on no machine yet: written after PyTorch's notes on
    CUDA graphs (docs.pytorch.org/docs/stable/notes/cuda.html)."""

    def __init__(self, game: Any):
        self.rng = game.rng
        self.stream = torch.cuda.Stream(game.device)

    def rehearse(self, work: Callable[[], Any]) -> Any:
        """On the stream that records later: libraries set themselves up by stream."""
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            result = work()
        torch.cuda.current_stream().wait_stream(self.stream)
        return result

    def record(self, work: Callable[[], Any]) -> tuple[Any, Callable[[], None]]:
        graph = torch.cuda.CUDAGraph()
        for generator in self.rng.generators.values():
            graph.register_generator_state(generator)
        mode = "thread_local"  # other threads may render pictures meanwhile
        with torch.cuda.graph(graph, stream=self.stream, capture_error_mode=mode):
            result = work()
        graph.replay()  # recording only wrote down what to do
        return result, graph.replay
