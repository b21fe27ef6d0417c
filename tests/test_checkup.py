"""A look at the players: what it tells, when it is due, and that it changes nothing."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest
import torch

from gan import checkup, models, registry
from gan.checkup import Checkup, phases
from gan.config import RunConfig
from gan.datasets import Data
from gan.evaluator import EvaluatorError
from gan.step import Players


def digits(n: int = 300, size: int = 28, seed: int = 0) -> Data:
    """Blurry blobs with labels, and other ones as the test split."""
    rng = np.random.RandomState(seed)
    images = rng.randint(0, 256, (n, 1, size, size)).astype(np.uint8)
    labels = rng.randint(0, 10, n).astype(np.int64)
    names = tuple("0123456789")
    test = Data(images[::-1].copy(), labels[::-1].copy(), names)
    return Data(images, labels, names, test=test)


def players_of(data: Data, **changes) -> Players:
    values = {
        "dataset": "strokes",
        "width": 4,
        "z_dim": 5,
        "batch": 8,
        "device": "cpu",
        "threads": 1,
    }
    config = RunConfig(**{**values, **changes})
    G, D = models.build(config, data.shape, data.n_classes, 0, "cpu")
    return Players(config, G, D, registry.load("losses", config.loss))


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(checkup, "SAMPLES", 120)
    monkeypatch.setattr(checkup, "FEWEST", 120)


@pytest.mark.parametrize(
    ("batch", "log_every", "every"), [(32, 20, 700), (64, 16, 352), (256, 1, 88), (4096, 10, 10)]
)
def test_when_is_decided_by_the_step_alone(quick, batch, log_every, every):
    looker = Checkup(players_of(digits(), batch=batch, log_every=log_every), digits())
    assert looker.every == every
    due = [step for step in range(1, 3 * every + 1) if looker.due(step)]
    assert due[-3:] == [every, 2 * every, 3 * every]
    assert all(step % log_every == 0 for step in due)
    assert due[0] <= every / 2 or due[0] == log_every, "an early one, for the first digits"


def test_what_a_look_tells(quick):
    players = players_of(digits())
    found = Checkup(players, digits()).look(players.frozen())
    assert set(found) == {
        "classes", "effective_classes", "confident", "shares", "samples", "fd", "diversity", "checkerboard",
        "overfit", "d_range", "d_hist_real", "d_hist_fake",
    }  # fmt: skip
    assert sum(found["shares"]) == pytest.approx(1)
    assert found["classes"] == sum(share >= 0.01 for share in found["shares"])
    assert 1 <= found["effective_classes"] <= 10
    assert found["fd"] > 100, "an untrained generator is far from strokes"
    for name in ("d_hist_real", "d_hist_fake"):
        assert len(found[name]) == checkup.BINS
        assert sum(found[name]) == pytest.approx(1, abs=1e-3)
    low, high = found["d_range"]
    assert low < high
    assert -1 <= found["overfit"] <= 1


def test_a_look_is_the_same_twice_and_changes_nothing(quick):
    data = digits()
    players = players_of(data)
    real = torch.rand(8, 1, 28, 28) * 2 - 1
    players.update_d(real)
    players.update_g()
    before = copy.deepcopy([n.state_dict() for n in (players.G, players.D, players.average)])
    state = torch.random.get_rng_state()
    looker = Checkup(players, data)
    assert looker.look(players.frozen()) == looker.look(players.frozen())
    after = [n.state_dict() for n in (players.G, players.D, players.average)]
    for old, new in zip(before, after, strict=True):
        assert all(torch.equal(old[key], new[key]) for key in old)
    assert players.G.training
    assert players.D.training
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_d_that_knows_its_images_by_heart_is_seen(quick):
    data = digits()
    players = players_of(data)
    known = {image.tobytes() for image in data.images}

    class Heart(torch.nn.Module):
        def forward(self, x, y=None):
            seen = ((x + 1) * 127.5).round().to(torch.uint8).numpy()
            return torch.tensor([5.0 if image.tobytes() in known else -5.0 for image in seen])

    players.D = Heart()
    fresh = dataclasses.replace(data, test=digits(seed=1))
    assert Checkup(players, fresh).look(players.frozen())["overfit"] == 1.0
    assert Checkup(players, data).look(players.frozen())["overfit"] == 0.0, (
        "the test split is in there as well"
    )


def test_points_have_no_picture_scores(quick):
    points = np.random.RandomState(0).uniform(-1, 1, (300, 2, 1, 1)).astype(np.float32)
    data = Data(points)
    players = players_of(data, dataset="ring", model="first-steps")
    found = Checkup(players, data).look(players.frozen())
    assert set(found) == {"d_range", "d_hist_real", "d_hist_fake"}


def test_without_an_evaluator_pixels_are_compared(quick):
    data = dataclasses.replace(digits(), labels=None, names=(), test=None)
    players = players_of(data, dataset="own-images")
    looker = Checkup(players, data)
    found = looker.look(players.frozen())
    assert "classes" not in found
    assert found["fd"] > 0
    assert looker.complaints == []


def test_an_evaluator_that_was_changed_is_told_and_training_goes_on(quick, monkeypatch):
    def refuse(*_):
        raise EvaluatorError("It was changed.")

    monkeypatch.setattr("gan.checkup.reference.of", refuse)
    players = players_of(digits())
    looker = Checkup(players, digits())
    assert looker.complaints == ["No live scores. It was changed."]
    assert "fd" not in looker.look(players.frozen())


def test_a_generator_that_draws_nothing_finite_has_no_scores(quick):
    players = players_of(digits())
    with torch.no_grad():
        [*players.average.parameters()][-1].fill_(torch.nan)
    assert Checkup(players, digits()).look(players.frozen()) == {}


def test_a_slow_generator_draws_fewer(monkeypatch):
    fast = Checkup(players_of(digits()), digits())
    monkeypatch.setattr(checkup, "EFFORT", 1.0)
    assert fast.count == checkup.SAMPLES
    assert Checkup(players_of(digits()), digits()).count == checkup.FEWEST


def test_phases_see_a_checkerboard():
    flat = np.full((3, 1, 8, 8), 100, np.uint8)
    board = flat.copy()
    board[..., ::2, ::2] = 200
    assert phases(flat) == 0
    assert phases(board) == pytest.approx(100 / 125)
