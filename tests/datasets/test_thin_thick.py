"""Pairs of pens: the same line twice, thin within thick, and kept like the strokes."""

from __future__ import annotations

import numpy as np
import pytest

from gan.datasets import Data, thin_thick, upright_slanted
from gan.latents import attributes


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Data:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thin_thick, "COUNT", 300)
        patch.setattr(thin_thick, "TEST_COUNT", 50)
        return thin_thick.load(tmp_path_factory.mktemp("data"))


def test_both_pens_follow_one_line(pairs):
    thin, thick = pairs.sources.astype(int), pairs.images.astype(int)
    assert pairs.factors["thickness"].min() >= 3.6
    assert pairs.factors["thickness"].max() <= 4.2
    assert (thin <= thick).mean() > 0.999, "the thin line lies within the thick one"
    assert 1.8 < thick.sum() / thin.sum() < 3
    mass = thick[:, 0].sum((1, 2))
    middle = (thick[:, 0].sum(2) @ np.arange(28)) / mass
    assert np.abs(middle - 14).max() < 1


def test_classes_are_equally_frequent_and_the_test_split_is_another(pairs):
    assert np.ptp(np.bincount(pairs.labels, minlength=10)) <= 1
    assert len(pairs.test) == 50
    assert not (pairs.test.images[:, None] == pairs.images[:50]).all((2, 3, 4)).any()


def test_what_is_taken_and_resized_stays_a_pair(pairs):
    some = pairs.take(np.array([3, 1]))
    assert np.array_equal(some.sources, pairs.sources[[3, 1]])
    assert pairs.resized(14).sources.shape == (300, 1, 14, 14)
    with pytest.raises(ValueError, match="in the shape of the images"):
        Data(pairs.images, sources=pairs.sources[:1])


def test_upright_and_slanted_differ_in_slant_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(upright_slanted, "COUNT", 300)
    monkeypatch.setattr(upright_slanted, "TEST_COUNT", 50)
    data = upright_slanted.load(tmp_path)
    assert data.sources is not None
    measured = [attributes.measure(pictures) for pictures in (data.sources, data.images)]
    slants, pens = ([each[name].mean() for each in measured] for name in ("slant", "thickness"))
    assert slants[1] - slants[0] > 10
    assert pens[0] == pytest.approx(pens[1], rel=0.05)
    assert data.factors is not None
    assert (data.factors["slant"] == 30).all()
