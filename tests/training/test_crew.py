"""A crew trains to the weights of one process: every layer, loss and penalty that looks at a whole batch."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gan import games, runs
from gan.cli import main as command_line
from gan.datasets import Data
from gan.games import _image_pool
from gan.training.batches import Batches
from gan.training.crew import Leader, obey, refusal
from tests.engine import rows, shape_for, tensors_of, tiny

BATCH = 8
STEPS = 4


@pytest.fixture
def double() -> Iterator[None]:
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(usual)


class Threads:
    """The crew of threads in the place of processes: what one hands in the others can see."""

    class Together:
        def __init__(self, count: int):
            self.barrier, self.handed = threading.Barrier(count, timeout=30), [None] * count

        def exchange(self, rank: int, value: Any) -> list[Any]:
            self.handed[rank] = value
            self.barrier.wait()
            every = [*self.handed]
            self.barrier.wait()
            return every

    def __init__(self, together: Together, rank: int, count: int):
        self.together, self.rank, self.count = together, rank, count

    def sum(self, x: Tensor) -> Tensor:
        return torch.stack(self.together.exchange(self.rank, x.detach().clone())).sum(0)

    def broadcast(self, x: Tensor) -> None:
        x.copy_(self.together.exchange(self.rank, x.detach().clone())[0])

    def tell(self, message: Any) -> Any:
        return self.together.exchange(self.rank, message)[0]


def data(config, labels: bool) -> Data:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (20, *shape_for(config.model)), dtype=np.uint8)
    if config.from_source:
        return Data(pixels, sources=255 - pixels)
    return Data(pixels, rng.integers(0, 3, 20) if labels else None, ("a", "b", "c") if labels else ())


class InDouble(Batches):
    def __call__(self, update: int) -> tuple[Tensor, Tensor | None]:
        x, y = super().__call__(update)
        return x.double(), y.double() if y is not None and y.is_floating_point() else y


def steps(game: Any, batches: Batches) -> list[dict[str, float]]:
    """A few steps, two updates of G in the second; the statistics of each update."""
    stats = []
    for k in range(STEPS):
        stats += [game.update(name, batches) for name in ("dgg" if k == 1 else "dg")]
        game.end_step()
    return [{key: float(value) for key, value in update.items()} for update in stats]


def alone(config, examples) -> tuple[dict[str, Tensor], list[dict[str, float]]]:
    game = games.build(config, examples.shape, examples.n_classes, "cpu")
    told = steps(game, InDouble(config, examples, game))
    return state_of(game), told


def by_crew(count: int, config, examples) -> tuple[list[dict[str, Tensor]], list[dict[str, float]]]:
    """The same by a crew; all but the first begin with other weights, as a resume would have it."""
    together = Threads.Together(count)
    first, *others = (games.build(config, examples.shape, examples.n_classes, "cpu") for _ in range(count))
    for other in others:
        for p in (*other.nets["D"].parameters(), *getattr(other, "memory", {}).values()):
            p.data.add_(1)

    def follow(rank: int, game: Any) -> None:
        follower = Threads(together, rank, count)
        follower.tell(None)
        obey(follower, game, InDouble(config, examples, game))

    threads = [threading.Thread(target=follow, args=pair, daemon=True) for pair in enumerate(others, 1)]
    for thread in threads:
        thread.start()
    leader = Leader(Threads(together, 0, count))
    leader.begin(first, {"precision": "fp32"})
    told = steps(first, InDouble(config, examples, first))
    leader.dismiss()
    for thread in threads:
        thread.join(30)
    return [state_of(game) for game in (first, *others)], told


def state_of(game: Any) -> dict[str, Tensor]:
    return tensors_of(game) | getattr(game, "memory", {})


TRANSLATION = {"game": "translation", "beta2": 0.99, "width": 4}
UNPAIRED = {"game": "unpaired", "loss": "least-squares", "beta2": 0.99, "width": 4}


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({}, 2),
        ({"model": "dcgan-deep"}, 2),
        ({"model": "gan-dropout", "loss": "non-saturating"}, 2),
        ({"loss": "relativistic", "r1": 0.1, "r1_every": 1, "r2": 0.1, "r2_every": 2}, 2),
        ({"model": "lean-resnet", "loss": "wasserstein", "gradient_penalty": 10.0}, 2),
        ({"model": "dcgan-16", "r1": 0.5, "r1_every": 1}, 2),
        ({"minibatch_deviation": True, "r1": 0.1, "r1_every": 1, "batch_norm": False}, 2),
        ({"minibatch_discrimination": 3, "batch_norm": False, "label_smoothing": 0.1}, 2),
        ({"packing": 2, "batch_norm": False}, 2),
        ({"model": "lean-resnet", "spectral_norm": True, "translation": 1, "cutout": 2, "instance_noise": 0.1}, 2),
        ({"reuse_fake": False, "conditional": True}, 2),
        ({"conditional": True, "balanced": True, "conditioning": "auxiliary", "loss": "hinge"}, 2),
        ({"model": "lean-resnet", "minibatch_deviation": True, "gradient_penalty": 1.0}, 4),
        ({"model": "dcgan-16", "reuse_fake": False}, 4),
        (TRANSLATION, 2),
        (TRANSLATION | {"degradation": "hole", "loss": "relativistic", "reuse_fake": False}, 4),
        (TRANSLATION | {"adversarial_weight": 0.0}, 2),
        (TRANSLATION | {"diversity_weight": 1.0, "degradation": "hole", "z_dim": 2}, 2),
        (UNPAIRED, 2),
        (UNPAIRED | {"spectral_norm": True, "reuse_fake": False, "loss": "relativistic"}, 4),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "-".join(value) or "usual",
)
def test_a_crew_trains_to_the_weights_of_one(double, settings, count, monkeypatch):
    monkeypatch.setattr(_image_pool, "SIZE", 12)  # so that the pools of earlier results are full after two updates
    config = tiny(batch=BATCH, **settings)
    examples = data(config, "conditional" in settings)
    whole, told = alone(config, examples)
    parts, told_by_crew = by_crew(count, config, examples)
    for part in parts:
        assert part.keys() == whole.keys()
        for name, value in whole.items():
            torch.testing.assert_close(part[name], value, rtol=1e-6, atol=1e-9, msg=name)
    for one, other in zip(told, told_by_crew, strict=True):
        assert other == pytest.approx(one, rel=1e-6, abs=1e-6)


def test_outside_of_updates_its_layers_are_the_usual_ones():
    config = tiny(batch=BATCH)
    game: Any = games.build(config, (1, 8, 8), 0, "cpu")
    other: Any = games.build(config, (1, 8, 8), 0, "cpu")
    crew = Threads(Threads.Together(1), 0, 1)
    Leader(crew).begin(game, {"precision": "fp32"})
    z = torch.randn(4, config.z_dim)
    assert torch.equal(game.snapshot().nets["D"](game.G(z)), other.D(other.G(z)))


def test_what_a_crew_cannot_do_is_said():
    game: Any = games.build(tiny(batch=6, packing=2, batch_norm=False), (1, 8, 8), 0, "cpu")
    assert refusal(game, 2) == "A batch of 6 cannot be shared out among 2 processes: take a multiple of 4."
    assert refusal(game, 3) == ""
    game = games.build(tiny(batch=6, **TRANSLATION, diversity_weight=1.0), (1, 8, 8), 0, "cpu")
    assert "a multiple of 4" in refusal(game, 2)


def test_two_processes_train_one_run(tmp_path, monkeypatch, capsys):
    """As torchrun starts them; this process is the first one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = ["--dataset", "ring", "--preset", "first-steps", "--batch", "8", "--threads", "1", "--device", "cpu"]
    words = ["train", *settings, "--log-every", "3", "--steps", "12", "--run", "two"]
    places = {"GAN_RUNS": str(tmp_path / "runs"), "GAN_DATA": str(tmp_path / "data")}
    launch = {**places, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    command = [sys.executable, "-m", "gan", *words]
    home = Path(__file__).parents[2]
    with subprocess.Popen(command, env={**os.environ, **launch, "RANK": "1"}, cwd=home) as other:
        for name, value in {**launch, "RANK": "0"}.items():
            monkeypatch.setenv(name, value)
        assert command_line.main(words) == 0
        assert other.wait(30) == 0
    monkeypatch.delenv("WORLD_SIZE")
    assert command_line.main([*words[:-1], "one"]) == 0
    two, one = runs.find("two"), runs.find("one")
    assert [event.get("processes") for event in two.events()] == [None, 2, None]
    for row, expected in zip(rows(two), rows(one), strict=True):
        for name, value in expected.items():
            assert row[name] == (value if value is None else pytest.approx(value, rel=1e-3, abs=1e-4)), name


def test_several_processes_need_the_name_of_a_run(monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    assert command_line.main(["train", "--steps", "1"]) == 2
    assert "--run ID" in capsys.readouterr().err
