"""Live scores: what they tell, when it is due, and that it changes nothing."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from gan import games
from gan.config import RunConfig
from gan.datasets import Data, _stacked
from gan.evaluation.evalnet import EvalNetError
from gan.training import live_scores
from gan.training.live_scores import LiveEvaluator, phases


def digits(n: int = 300, size: int = 28, seed: int = 0) -> Data:
    """Blurry blobs with labels, and other ones as the test split."""
    rng = np.random.RandomState(seed)
    images = rng.randint(0, 256, (n, 1, size, size)).astype(np.uint8)
    labels = rng.randint(0, 10, n).astype(np.int64)
    names = tuple("0123456789")
    test = Data(images[::-1].copy(), labels[::-1].copy(), names)
    return Data(images, labels, names, test=test)


def game_of(data: Data, **changes) -> Any:
    values = {"dataset": "strokes", "width": 4, "z_dim": 5, "batch": 8, "device": "cpu", "threads": 1}
    return games.build(RunConfig(**{**values, **changes}), data.shape, data.n_classes, "cpu")


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(live_scores, "MAX_SAMPLES", 120)
    monkeypatch.setattr(live_scores, "MIN_SAMPLES", 120)


@pytest.mark.parametrize(("batch", "log_every", "every"), [(32, 20, 700), (64, 16, 352), (256, 1, 88), (4096, 10, 10)])
def test_when_is_decided_by_the_step_alone(quick, batch, log_every, every):
    evaluator = LiveEvaluator(game_of(digits(), batch=batch, log_every=log_every), digits())
    assert evaluator.every == every
    due = [step for step in range(1, 3 * every + 1) if evaluator.due(step)]
    assert due[-3:] == [every, 2 * every, 3 * every]
    assert all(step % log_every == 0 for step in due)
    assert due[0] <= every / 2 or due[0] == log_every, "an early one, for the first digits"


def test_what_an_evaluation_tells(quick):
    game = game_of(digits())
    found = LiveEvaluator(game, digits()).run(game.snapshot())
    assert set(found) == {
        "classes",
        "effective_classes",
        "confident",
        "shares",
        "samples",
        "copied",
        "fd",
        "diversity",
        "checkerboard",
        "overfit",
        "d_range",
        "d_hist_real",
        "d_hist_fake",
    }
    assert sum(found["shares"]) == pytest.approx(1)
    assert found["classes"] == sum(share >= 0.01 for share in found["shares"])
    assert 1 <= found["effective_classes"] <= 10
    assert found["fd"] > 100, "an untrained generator is far from strokes"
    for name in ("d_hist_real", "d_hist_fake"):
        assert len(found[name]) == live_scores.BINS
        assert sum(found[name]) == pytest.approx(1, abs=1e-3)
    low, high = found["d_range"]
    assert low < high
    assert -1 <= found["overfit"] <= 1


def test_an_evaluation_is_the_same_twice_and_changes_nothing(quick):
    data = digits()
    game = game_of(data)
    real = torch.rand(8, 1, 28, 28) * 2 - 1
    game.d_step(real)
    game.g_step()
    before = copy.deepcopy([n.state_dict() for n in (game.G, game.D, game.G_ema)])
    state = torch.random.get_rng_state()
    evaluator = LiveEvaluator(game, data)
    assert evaluator.run(game.snapshot()) == evaluator.run(game.snapshot())
    after = [n.state_dict() for n in (game.G, game.D, game.G_ema)]
    for old, new in zip(before, after, strict=True):
        assert all(torch.equal(old[key], new[key]) for key in old)
    assert game.G.training
    assert game.D.training
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_d_that_knows_its_images_by_heart_is_seen(quick):
    data = digits()
    game = game_of(data)
    known = {image.tobytes() for image in data.images}

    class Heart(torch.nn.Module):
        def forward(self, x, y=None):
            seen = ((x + 1) * 127.5).round().to(torch.uint8).numpy()
            return torch.tensor([5.0 if image.tobytes() in known else -5.0 for image in seen])

    game.nets["D"] = Heart()
    fresh = dataclasses.replace(data, test=digits(seed=1))
    assert LiveEvaluator(game, fresh).run(game.snapshot())["overfit"] == 1.0
    assert LiveEvaluator(game, data).run(game.snapshot())["overfit"] == 0.0, "the test split is in there as well"


def test_points_have_no_picture_scores(quick):
    points = np.random.RandomState(0).uniform(-1, 1, (300, 2, 1, 1)).astype(np.float32)
    data = Data(points)
    game = game_of(data, dataset="ring", model="first-steps")
    found = LiveEvaluator(game, data).run(game.snapshot())
    assert set(found) == {"samples", "on_data", "covered", "d_range", "d_hist_real", "d_hist_fake"}


def test_points_are_on_the_data_or_not_and_cover_a_part_of_it():
    angle = np.random.RandomState(0).uniform(0, 2 * np.pi, 400)
    ring = np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32).reshape(-1, 2, 1, 1)
    evaluator = LiveEvaluator(game_of(Data(ring), dataset="ring", model="first-steps"), Data(ring))
    half = torch.from_numpy(np.concatenate([ring[ring[:, 1, 0, 0] > 0], 0 * ring[:20]]))
    found = evaluator._beside_points(half)
    assert found["on_data"] == pytest.approx(1 - 20 / len(half), abs=1e-3)
    assert 0.45 < found["covered"] < 0.6


def test_without_an_evaluator_pixels_are_compared(quick):
    data = dataclasses.replace(digits(), labels=None, names=(), test=None)
    game = game_of(data, dataset="own-images")
    evaluator = LiveEvaluator(game, data)
    found = evaluator.run(game.snapshot())
    assert "classes" not in found
    assert found["fd"] > 0
    assert evaluator.complaints == []


def test_an_evaluator_that_was_changed_is_told_and_training_goes_on(quick, monkeypatch):
    def refuse(*_):
        raise EvalNetError("It was changed.")

    monkeypatch.setattr("gan.training.live_scores.reference.of", refuse)
    game = game_of(digits())
    evaluator = LiveEvaluator(game, digits())
    assert evaluator.complaints == ["No live scores. It was changed."]
    assert "fd" not in evaluator.run(game.snapshot())


def test_a_generator_that_draws_nothing_finite_has_no_scores(quick):
    game = game_of(digits())
    with torch.no_grad():
        [*game.G_ema.parameters()][-1].fill_(torch.nan)
    assert LiveEvaluator(game, digits()).run(game.snapshot()) == {}


def test_a_slow_generator_draws_fewer(monkeypatch):
    fast = LiveEvaluator(game_of(digits()), digits())
    monkeypatch.setattr(live_scores, "MAX_FLOPS", 1.0)
    assert fast.count == live_scores.MAX_SAMPLES
    assert LiveEvaluator(game_of(digits()), digits()).count == live_scores.MIN_SAMPLES


def test_of_stacked_digits_the_modes_are_counted(quick):
    data = _stacked.stack(digits(), 0, _stacked.stack(digits(seed=1), 1))
    game = game_of(data, dataset="stacked-strokes", model="narrow-d")
    found = LiveEvaluator(game, data).run(game.snapshot())
    assert 1 <= found["modes"] <= 120
    assert 0 <= found["modes_sure"] <= found["modes"]
    assert 105 < found["modes_real"] < 120, "of 120 real ones a few are of the same mode"
    assert "classes" not in found


def test_phases_see_a_checkerboard():
    flat = np.full((3, 1, 8, 8), 100, np.uint8)
    board = flat.copy()
    board[..., ::2, ::2] = 200
    assert phases(flat) == 0
    assert phases(board) == pytest.approx(100 / 125)
