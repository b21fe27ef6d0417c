"""Writers: hands that differ from one another more than within, one of them or two to be chosen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gan.datasets import writers
from gan.latents import attributes


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writers, "COUNT_EACH", 100)
        patch.setattr(writers, "TEST_EACH", 20)
        yield tmp_path_factory.mktemp("data")


def test_everybody_writes_every_digit_in_one_form(home):
    data = writers.load(home)
    assert len(data) == 600
    assert data.test is not None
    assert len(data.test) == 120
    assert data.factors is not None
    assert data.labels is not None
    for writer in range(1, 7):
        rows = np.flatnonzero(data.factors["writer"] == writer)
        assert (np.bincount(data.labels[rows]) == 10).all()
        assert len({*zip(data.labels[rows].tolist(), data.factors["style"][rows].tolist(), strict=True)}) == 10


def test_hands_differ_in_slant_and_pen(home):
    data = writers.load(home)
    assert data.factors is not None
    thick = attributes.measure(data.images)["thickness"]
    means = [thick[data.factors["writer"] == k].mean() for k in range(1, 7)]
    within = [thick[data.factors["writer"] == k].std() for k in range(1, 7)]
    assert np.ptp(means) > 4 * np.median(within)
    slant = data.factors["slant"]
    assert slant[data.factors["writer"] == 4].mean() > 25
    assert slant[data.factors["writer"] == 1].mean() < -10


def test_one_writer_and_a_second_one(home):
    data = writers.load(home, 2, 5)
    assert data.other is not None
    assert data.other.test is not None
    assert len(data) == len(data.other) == 100
    assert data.factors is not None
    assert (data.factors["writer"] == 2).all()
    assert data.other.test.factors is not None
    assert (data.other.test.factors["writer"] == 5).all()
    assert not (data.images == data.other.images).all()
