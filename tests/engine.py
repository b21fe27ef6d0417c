"""Tiny runs for the tests of the engine: a few random pictures, two small networks, a handful of steps."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan import files, games, registry, runs, tensor_files
from gan.config import RunConfig
from gan.datasets import Data
from gan.runs import Run
from gan.training.loop import Tick, train

CLOCK = ("seconds", "images_per_second")  # all that may differ between two runs of one config
TINY: dict[str, Any] = {
    "dataset": "mnist",  # only a name here: the data are handed over
    "model": "lean-dcgan",
    "width": 4,
    "z_dim": 3,
    "batch": 4,
    "samples": 16,
    "log_every": 3,
    "device": "cpu",
    "threads": 1,
}


def tiny(**changes: Any) -> RunConfig:
    """The settings of a run that makes a step in two milliseconds."""
    return RunConfig(**{**TINY, **changes})


def game_of(shape: tuple[int, int, int] = (1, 8, 8), n_classes: int = 0, **settings: Any) -> Any:
    """The game of a tiny run on data of that shape and so many classes, untrained."""
    return games.build(tiny(**settings), shape, n_classes, "cpu")


def shape_for(model: str) -> tuple[int, int, int]:
    """The shape of the smallest data that a model is tried with."""
    facts = registry.card("models", model).facts
    side = facts["SIZES"][0] if facts["SIZES"] else 8
    return (2, 1, 1) if facts["POINTS"] else (1, side, side)


def real_of(update: int, shape: tuple[int, ...] = (1, 8, 8), batch: int = 4) -> Tensor:
    """Random images of one update, N,C,H,W in [-1, 1]."""
    generator = torch.Generator().manual_seed(100 + update)
    return torch.rand(batch, *shape, generator=generator) * 2 - 1


def tensors_of(game: Any) -> dict[str, Tensor]:
    """All that a game has learned, by name: networks, the EMA of G, moments."""
    found = {f"{name}.{k}": v for name, net in game.nets.items() for k, v in net.state_dict().items()}
    found |= {f"G_ema.{k}": v for k, v in game.G_ema.state_dict().items()}
    for name, optimizer in game.optimizers.items():
        found |= {f"opt_{name}.{k}": v for k, v in optimizer.tensors().items()}
    return found


def pictures(side: int = 8, channels: int = 1, count: int = 10) -> Data:
    """Random pictures; 10 of them in batches of 4 make batches that lie across epochs."""
    rng = np.random.default_rng(0)
    return Data(rng.integers(0, 256, (count, channels, side, side), dtype=np.uint8))


def points(count: int = 10) -> Data:
    """Random points of the plane."""
    rng = np.random.default_rng(0)
    return Data(rng.uniform(-1, 1, (count, 2, 1, 1)).astype(np.float32))


def make(home: Path, config: RunConfig | None = None, steps: int = 10, run_id: str = "tiny", **budget: Any) -> Run:
    """A new run folder in `home`."""
    return runs.create(config or tiny(), budget or {"steps": steps}, run_id=run_id, home=home)


def play(run: Run, data: Data | None = None) -> list[Tick]:
    """Trains to the end of the budget; the ticks."""
    return list(train(run, data or pictures()))


def until(run: Run, step: int, data: Data | None = None) -> None:
    """Trains up to a step, then stops as a host does that closes the generator."""
    ticks = train(run, data or pictures())
    for tick in ticks:
        if tick.step >= step:
            break
    ticks.close()


def rows(run: Run) -> list[dict[str, Any]]:
    """The log without the clock."""
    told = files.lines(run.path / "metrics.jsonl")
    return [{key: value for key, value in row.items() if key not in CLOCK} for row in told]


def kept(run: Run, step: int | None = None) -> dict[str, torch.Tensor]:
    """The tensors of a state, the newest one by default: weights, EMA, moments, pending statistics."""
    return tensor_files.read_tensors(run.state(run.states()[-1] if step is None else step))[0]


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    """Whether two states hold the same bits."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def happened(run: Run) -> list[str]:
    """The names of the events, oldest first."""
    return [event["event"] for event in run.events()]


def event(run: Run, name: str) -> dict[str, Any]:
    """The one event of that name."""
    (found,) = [event for event in run.events() if event["event"] == name]
    return found


def drive(run: Run, at: dict[int, dict[str, Any]], data: Data | None = None) -> list[Tick]:
    """Trains to the end; after step k the driver writes `at[k]` into control.json."""
    ticks, left = [], dict(at)
    for tick in train(run, data or pictures()):
        ticks.append(tick)
        if tick.step in left:
            run.write_control(**left.pop(tick.step))
    return ticks


def endless(home: Path, run_id: str) -> Run:
    """A run on points, which need no file, that would take a day."""
    config = RunConfig(dataset="ring", model="first-steps", loss="non-saturating", device="cpu", threads=1)
    return make(home, config, run_id=run_id, seconds=86_400)


def wait_for(what: Callable[[], object], seconds: float = 30.0) -> None:
    """Waits until `what()` is true."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)
