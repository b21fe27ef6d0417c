"""Fakes as training data: right ones help where pictures are few, wrong ones hurt, and the words say which."""

from __future__ import annotations

import numpy as np
import pytest

from gan.datasets import Data, DataError
from gan.evaluation import enlarging
from gan.runs import enlarged

KINDS = 4


def bars(n: int, seed: int, wrong: bool = False) -> enlarging.Pictures:
    """Pictures with a bright column for each of four classes, in noise; `wrong` names other classes."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % KINDS
    images = rng.integers(0, 190, (n, 1, 8, 8)).astype(np.uint8)
    images[np.arange(n), 0, :, 2 * labels] |= 160
    return images, (labels + 1) % KINDS if wrong else labels


def measured(draw: enlarging.Draw) -> enlarged.Table:
    test = Data(*bars(200, 7), names=("a", "b", "c", "d"))
    data = Data(*bars(400, 8), names=("a", "b", "c", "d"), test=test)
    job = enlarging.measure(draw, data, counts=(8, 900), seeds=2, batches=25)
    ticks = []
    while True:
        try:
            ticks.append(next(job))
        except StopIteration as end:
            assert [tick.done for tick in ticks] == [*range(1, ticks[0].total + 1)]
            return end.value


def test_right_fakes_help_and_wrong_ones_hurt():
    right, wrong = measured(bars), measured(lambda n, seed: bars(n, seed, wrong=True))
    assert list(right) == list(enlarging.KINDS)
    assert [*right["real"]] == [8], "there are not 900 pictures"
    assert len(right["real"][8]) == 2
    assert right["real"] == wrong["real"]
    assert np.median(wrong["fakes"][8]) < 0.2
    assert np.median(right["fakes"][8]) > np.median(wrong["fakes"][8]) + 0.2
    assert "hurt" in enlarged.verdict(wrong)


def test_the_verdict_names_what_fakes_do():
    table = {"real": {100: [0.8, 0.8]}, "real and fakes": {100: [0.9, 0.9]}, "real, moved": {100: [0.85, 0.85]}}
    assert "fakes help (+10.0 points; shifts and turns +5.0)" in enlarged.verdict(table)
    same = {**table, "real and fakes": {100: [0.802]}}
    assert "fakes change nothing for sure (+0.2" in enlarged.verdict(same)
    scattered = {**table, "real and fakes": {100: [0.79, 0.9, 0.91]}}
    assert "fakes change nothing for sure (+10.0" in enlarged.verdict(scattered)


def test_data_without_labels_are_refused():
    with pytest.raises(DataError, match="labels"):
        next(enlarging.measure(bars, Data(bars(200, 0)[0])))
