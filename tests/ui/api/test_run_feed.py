"""The feed of a run: the shares that the bars of classes are held against."""

from __future__ import annotations

import numpy as np
import pytest

from gan.datasets import Data
from gan.runs import known_data
from tests.engine import make, tiny
from ui.api.run_feed import RunFeed

UNEVEN = Data(
    np.zeros((40, 1, 28, 28), np.uint8), np.array([0] * 20 + [*range(1, 9)] * 2 + [9] * 4), tuple("0123456789")
)


@pytest.mark.parametrize(
    ("settings", "first", "words"),
    [
        ({}, 0.5, "the shares in the training data"),
        ({"balanced": True}, 0.1, "if all were drawn equally often"),
        ({"conditional": True}, 0.1, "each class is asked for equally often"),
    ],
)
def test_the_bars_are_held_against_the_shares_of_the_data_or_what_is_asked_for(settings, first, words, tmp_path):
    run = make(tmp_path, tiny(dataset="strokes", **settings))
    assert RunFeed(run).series()["wanted"]["shares"] == [0.1] * 10  # before it says what it learns from
    known_data.write(run.path, known_data.describe(UNEVEN))
    wanted = RunFeed(run).series()["wanted"]
    assert wanted["words"] == words
    assert wanted["shares"][0] == first
    assert sum(wanted["shares"]) == pytest.approx(1)
