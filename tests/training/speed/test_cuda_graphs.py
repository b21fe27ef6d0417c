"""Recordings of updates, as CUDA graphs are, do what the updates do; here on the CPU, by a tape of every kernel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.autograd.grad_mode import _unsafe_preserve_version_counter
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from gan.training.speed.cuda_graphs import Graphs
from tests.engine import game_of, real_of, same, tensors_of


class Tape(TorchDispatchMode):
    """Every kernel that ran, with the very tensors and numbers it was given: what a CUDA graph holds."""

    def __init__(self):
        super().__init__()
        self.kernels = []

    def __torch_dispatch__(self, kernel, types, args=(), kwargs=None):
        out = kernel(*args, **(kwargs or {}))
        self.kernels.append((kernel, args, kwargs or {}, out))
        return out

    @torch.no_grad()
    def play(self):
        """Runs them once more, each result into the memory of the first; autograd does not notice."""
        met = {id(t): t for t in tree_leaves(self.kernels) if isinstance(t, Tensor)}
        with _unsafe_preserve_version_counter(tuple(met.values())):
            for kernel, args, kwargs, out in self.kernels:
                if kernel is torch.ops.aten.squeeze_.dim:  # no kernel: the last line of a product with a vector
                    continue
                again = kernel(*args, **kwargs)
                for mine, its in zip(tree_leaves(out), tree_leaves(again), strict=True):
                    if isinstance(mine, Tensor) and mine.data_ptr() != its.data_ptr():
                        mine.copy_(its.view_as(mine))


class Taping:
    """Records on the CPU as CudaGraphs does on CUDA; `fails` names the recording that does not work."""

    def __init__(self, fails=0):
        self.fails, self.recorded = fails, 0

    def rehearse(self, work):
        return work()

    def record(self, work):
        self.recorded += 1
        if self.recorded == self.fails:
            raise RuntimeError("this cannot be recorded\nand here is why")
        with Tape() as tape:
            out = work()
        return out, tape.play


@pytest.fixture
def double() -> Iterator[None]:
    """A learning rate in a tensor is then the number itself."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(usual)


ROUNDS = [*[(1, 1)] * 6, (2, 3), (1, 0), (0, 1), (0, 1), (1, 1), (1, 0), (0, 2), (2, 1), (1, 1)]
BY_HAND_FIRST = [*[(0, 1)] * 5, *[(1, 0)] * 5, (1, 2), (0, 1), (1, 1), (1, 1), (0, 1), (1, 1)]


def history(game: Any, rounds) -> list[dict[str, Tensor]]:
    """All that the updates told, while learning rates change."""
    told = []

    def batches(update):
        return real_of(update), torch.arange(update, update + 4) % game.n_classes if game.n_classes else None

    for k, (n_d, n_g) in enumerate(rounds):
        for optimizer, rate in ((game.opt_g, 1e-3), (game.opt_d, 2e-3)):
            optimizer.set_rate(rate / (k + 1))
        told += [game.update(name, batches) for name in ("d",) * n_d + ("g",) * n_g]
        game.end_step()
    return told


def pair(n_classes=0, **settings) -> tuple[Any, Any]:
    """A game twice."""
    return game_of(n_classes=n_classes, **settings), game_of(n_classes=n_classes, **settings)


SETTINGS = (
    {"model": "gan-dropout", "ema_decay": 0.9},
    {"model": "gan-dropout", "reuse_fake": False, "ema_decay": 0.0},
    {"model": "lean-dcgan", "conditional": True, "n_classes": 3},
    {"model": "dcgan-tutorial", "loss": "minimax"},
    {"model": "lean-resnet", "r1": 0.3},
    {"model": "lean-dcgan", "r1": 0.3, "reuse_fake": False},
    {"model": "lean-dcgan", "loss": "relativistic", "r2": 0.3, "translation": 1},
    {"model": "gan-dropout", "spectral_norm": True, "label_smoothing": 0.1, "gradient_penalty": 1.0, "translation": 2},
    {"model": "gan-2014", "loss": "wasserstein", "gradient_penalty": 1.0, "reuse_fake": False, "translation": 1},
)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize(("settings", "rounds"), [*((one, ROUNDS) for one in SETTINGS), (SETTINGS[6], BY_HAND_FIRST)])
def test_recordings_do_what_the_updates_do(settings, rounds):
    """Bit for bit: new pictures, noise, classes, masks, rates and pace of the average reach every replay."""
    plain, recorded = pair(**{**settings, "r1_every": 2, "r2_every": 2})
    graphs = Graphs(recorded, Taping(), pytest.fail)
    graphs.install()
    one, two = history(plain, rounds), history(recorded, rounds)
    assert one == two
    assert same(tensors_of(plain), tensors_of(recorded))
    always = () if not settings.get("gradient_penalty") else (0,)
    due = {always} | ({(0,)} if settings.get("r1") or settings.get("r2") else set())
    reused = settings.get("reuse_fake", True)
    assert set(graphs.kinds) == {("g alone", ())} | {(name, d) for name in ("d", "g")[: 1 + reused] for d in due}


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("r1", [0.0, 0.3])
@pytest.mark.parametrize("n_d", [2, 3])
def test_recordings_survive_several_updates_of_d_in_a_step(n_d, r1):
    plain, recorded = pair(model="lean-resnet", r1=r1, r1_every=4)
    graphs = Graphs(recorded, Taping(), pytest.fail)
    graphs.install()
    one, two = (history(game, [(n_d, 1)] * 30) for game in (plain, recorded))
    assert one == two
    assert same(tensors_of(plain), tensors_of(recorded))
    assert {("d", ()), ("g", ())} <= set(graphs.kinds)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("fails", [1, 2, 3])
def test_training_goes_on_without_recordings_and_says_why(fails):
    settings = {"model": "gan-dropout", "ema_decay": 0.9}
    plain, other = pair(**settings)
    told: list[str] = []
    Graphs(other, Taping(fails), told.append).install()
    one, two = history(plain, ROUNDS), history(other, ROUNDS)
    assert one == two
    assert same(tensors_of(plain), tensors_of(other))
    (text,) = told
    assert text.endswith("train more slowly: this cannot be recorded")
