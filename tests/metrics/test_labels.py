"""Label accuracy: exactly known where a generator draws known classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from gan import metrics, registry
from gan.evaluation import evaluate
from gan.games import Snapshot
from gan.images import to_unit
from gan.metrics import Features, MetricInputs
from gan.metrics.labels import per_class
from gan.training.live_scores import LiveEvaluator
from tests import digits
from tests.engine import game_of


def read_as(classes: list[int], asked: list[int] | None) -> MetricInputs:
    fake = Features(np.zeros((len(classes), 1, 4, 4), np.uint8), np.zeros((len(classes), 64), np.float32))
    fake = Features(fake.images, fake.components, probabilities=np.eye(3, dtype=np.float32)[classes])
    return MetricInputs(fake, None, asked=None if asked is None else np.array(asked))  # type: ignore[arg-type]


def test_it_is_the_mean_over_the_classes_of_what_is_read_as_asked():
    inputs = read_as([0, 0, 1, 2, 2, 2], asked=[0, 0, 0, 0, 1, 2])
    assert inputs.asked is not None
    assert per_class(inputs.fake.classes, inputs.asked, 3).tolist() == [0.5, 0.0, 1.0]
    assert registry.load("metrics", "labels").measure(inputs) == {"label_accuracy": 0.5}
    never = per_class(np.array([0, 1]), np.array([0, 1]), 3)
    assert never[:2].tolist() == [1, 1]
    assert np.isnan(never[2])


def test_of_a_generator_that_is_told_nothing_nothing_is_said():
    found = {name: (scores, why) for name, scores, why in metrics.measure(read_as([0, 1], asked=None))}
    assert found["labels"] == ({}, "")


def drawing(data: Any, wrong: int) -> Any:
    """A generator that draws a digit of the class asked for, and an 8 for every `wrong`."""
    rows = {k: np.flatnonzero(data.labels == k) for k in range(10)}

    def draw(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        wanted = np.where(y.numpy() == wrong, 8, y.numpy())
        picked = [rows[k][at % len(rows[k])] for at, k in enumerate(wanted)]
        return to_unit(torch.from_numpy(np.array(data.images[picked])).float())

    return draw


def test_a_row_and_the_live_scores_know_a_generator_that_draws_an_8_for_every_3(world, monkeypatch):
    world.enter(monkeypatch)
    data = digits.write(600, 5)
    draw = drawing(data, wrong=3)
    y = np.arange(400) % 10
    pixels = ((draw(torch.zeros(400, 2), torch.from_numpy(y)) + 1) * 127.5).round().to(torch.uint8).numpy()
    work = evaluate.score_images(pixels, digits.CONFIG, y)
    while True:
        try:
            next(work)
        except StopIteration as end:
            row, _ = end.value
            break
    assert row.class_accuracy[3] == 0
    assert min(share for k, share in enumerate(row.class_accuracy) if k != 3) > 0.97
    assert row.scores["label_accuracy"] == pytest.approx(np.mean(row.class_accuracy), abs=1e-4)
    assert row.real["label_accuracy"] == row.evaluator["accuracy"]

    game = game_of((1, 28, 28), 10, dataset="strokes", conditional=True, z_dim=2)
    evaluator = LiveEvaluator(game, world.data)
    G: Any = torch.nn.Module()
    G.forward, G.n_classes = draw, 10
    found = evaluator.run(Snapshot(game.config, {"G_ema": G}, {}))
    assert found["class_accuracy"][3] == 0
    assert found["label_accuracy"] == pytest.approx(0.9, abs=0.02)
