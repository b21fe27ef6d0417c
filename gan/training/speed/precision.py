"""Faster updates with the same maths: precision and CUDA graphs, put around a game.

`apply` replaces the networks that a game calls, and its updates, by faster ones; results are the same within the chosen
precision. What "auto" comes to is found out once, when a run first starts, is kept in its `started` event, and is the
same whenever it goes on: then the numbers are, too.

precision  "bf16" computes layers in bfloat16 where torch's autocast finds that safe; weights, their moments, the loss
           and BatchNorm's statistics stay float32. "tf32" (CUDA) shortens the factors of float32 products only. "auto"
           takes what a probe finds FASTER with gradients within TOLERANCE: bf16 on a CPU with instructions for it (AMX
           or AVX-512), either on CUDA, and only for networks with enough to compute (MIN_FLOPS); else float32.
graphs     On CUDA every kind of update is recorded once and replayed as one launch (cuda_graphs.py); nothing else
           changes. Where that fails training goes on without, and the log says why.

CUDA and MPS were not measured.
"""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from gan import games, registry
from gan.config import ConfigError
from gan.games import Game
from gan.training.speed.cuda_graphs import CudaGraphs, Graphs

MIN_FLOPS = 2e10  # floating-point operations of all networks, forwards, for one batch
FASTER = 1.3  # times as many steps a second
TOLERANCE = 0.05  # norm of the difference of the gradients over their norm, of every network
ROUNDS = 3  # of the probe


class Autocast:
    """A network whose layers compute in bfloat16; what comes out is float32 again, for the loss."""

    def __init__(self, net: nn.Module, device: torch.device):
        self.net, self.device = net, device

    def __call__(self, x: Tensor | None, y: Tensor | None = None, **way: bool) -> Tensor:
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            out = self.net(x, y, **way)
        return out.float()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.net, name)


def apply(game: Game, earlier: Mapping[str, Any] | None, complain: Callable[[str], None]) -> dict[str, str]:
    """Makes the updates of `game` faster, in the way of `earlier` (a run's `started` event) if it began before.

    Returns that way: {"precision": …}. `complain` gets a sentence when a CUDA graph cannot be made. Raises
    ConfigError for what this machine cannot do.
    """
    if earlier is not None:
        precision = earlier.get("precision", "fp32")
    else:
        precision = probe(game) if game.config.precision == "auto" else game.config.precision
    _set_precision(game, precision)
    if game.device.type == "cuda":  # not measured
        if hasattr(game, "d_update"):
            Graphs(game, CudaGraphs(game), complain).install()
        _set_matmul_precision(precision)  # for evaluation before the first update
    return {"precision": precision}


def _set_precision(game: Game, precision: str) -> None:
    if precision == "bf16":
        for name, net in game.nets.items():
            setattr(game, name, Autocast(net, game.device))
    elif precision == "tf32" and game.device.type != "cuda":
        raise ConfigError([f"precision: tf32 needs CUDA; this run is on {game.device.type}."])
    if game.device.type == "cuda":
        _with_matmul_precision(game, precision)


def _with_matmul_precision(game: Any, precision: str) -> None:
    """TF32 or not is a setting of the process, so every update makes it; it stays for evaluation meanwhile."""
    plain = game.update

    def update(*arguments: Any) -> Any:
        _set_matmul_precision(precision)
        return plain(*arguments)

    game.update = update


def _set_matmul_precision(precision: str) -> None:
    for backend in _backends():
        backend.fp32_precision = "tf32" if precision == "tf32" else "ieee"


@contextmanager
def matmul_precision_kept() -> Iterator[None]:
    """Puts back at its end what the process had chosen for products of float32."""
    before = [backend.fp32_precision for backend in _backends()]
    try:
        yield
    finally:
        for backend, value in zip(_backends(), before, strict=True):
            backend.fp32_precision = value


def _backends() -> tuple[Any, Any]:
    backends: Any = torch.backends  # whose stubs lack "conv"
    return backends.cuda.matmul, backends.cudnn.conv


def probe(game: Game) -> str:
    """The precision that "auto" comes to for these networks on this machine: a few steps each, on copies."""
    candidates = _candidates(game.device)
    if not candidates or _flops(game) < MIN_FLOPS:
        return "fp32"
    clones = {name: _clone(game, name) for name in ("fp32", *candidates)}
    gradients = {name: _gradients(clone) for name, clone in clones.items()}  # the first step also warms up
    seconds: dict[str, list[float]] = {name: [] for name in clones}
    for _ in range(ROUNDS):
        for name, clone in clones.items():
            seconds[name].append(_seconds(clone))
    pace = {name: statistics.median(times) for name, times in seconds.items()}
    fit = [
        name
        for name in candidates
        if pace[name] * FASTER <= pace["fp32"]
        and all(
            float((a - b).norm() / b.norm()) <= TOLERANCE
            for a, b in zip(gradients[name], gradients["fp32"], strict=True)
        )
    ]
    return min(fit, key=pace.__getitem__, default="fp32")


def _candidates(device: torch.device) -> tuple[str, ...]:
    if device.type == "cuda":
        return ("bf16", "tf32")
    if device.type == "cpu" and (torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()):
        return ("bf16",)
    return ()


class _Example:
    """One batch of what the generator makes, as training data for a probe."""

    def __init__(self, game: Game):
        config = game.config
        self.z = game.rng.z("probe", 0, config.batch, config.z_dim)
        self.y = games.stand_in(game.nets["G"], config.batch, game.device)
        with torch.no_grad():
            self.x: Tensor = game.G_ema(self.z, self.y)

    def __call__(self, update: int) -> tuple[Tensor, Tensor | None]:
        return self.x, self.y


def _flops(game: Game) -> int:
    """Of the generator, and of a discriminator where there is one."""
    example = _Example(game)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        x = game.G_ema(example.z, example.y)
        if "D" in game.nets:
            copy.deepcopy(game.nets["D"]).eval()(x, example.y)  # draws nothing, and moves no statistics
    return counter.get_total_flops()


def _clone(game: Game, precision: str) -> Game:
    module = registry.load("games", game.config.game)
    clone: Game = module.Game(game.config, {name: copy.deepcopy(net) for name, net in game.nets.items()})
    _set_precision(clone, precision)
    return clone


def _step(game: Game) -> None:
    example = _Example(game)
    for name in game.counts:
        game.update(name, example)
    game.end_step()


def _gradients(game: Game) -> list[Tensor]:
    """The gradients of every network in one step, each in one row."""
    _step(game)
    nets = reversed(game.nets.values())
    return [torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None]) for net in nets]


def _seconds(game: Game) -> float:
    started = time.perf_counter()
    _step(game)
    if game.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started
