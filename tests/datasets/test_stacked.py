"""Stacked digits: three of them in three colours."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from gan import registry
from gan.datasets import Data, DataError, _stacked, mnist, stacked_mnist


def digits(count: int, seed: int = 0) -> Data:
    """Grey pictures whose every pixel is ten times their class, plus 5."""
    labels = np.random.default_rng(seed).integers(0, 10, count)
    return Data(np.full((count, 1, 4, 4), 10 * labels[:, None, None, None] + 5, np.uint8), labels, mnist.NAMES)


def test_each_colour_has_every_digit_once_and_the_factors_name_it():
    data = digits(200)
    assert data.labels is not None
    stacked = _stacked.stack(data, seed=3)
    assert stacked.shape == (3, 4, 4)
    assert stacked.labels is None
    assert stacked.factors is not None
    assert tuple(stacked.factors) == _stacked.CHANNELS
    for k, classes in enumerate(stacked.factors.values()):
        assert (stacked.images[:, k, 0, 0] == 10 * classes + 5).all()
        assert (np.sort(classes) == np.sort(data.labels)).all()
    red, green, _ = stacked.factors.values()
    assert (red != green).mean() > 0.8, "the colours have nothing to do with each other"


def test_a_seed_decides_which_come_together():
    one, same, other = (_stacked.stack(digits(100), seed).images for seed in (0, 0, 1))
    assert (one == same).all()
    assert (one != other).any()


@pytest.mark.parametrize("kind", ["no labels", "colours"])
def test_only_grey_pictures_with_labels_can_be_stacked(kind):
    data = digits(10)
    changed = {"labels": None} if kind == "no labels" else {"images": data.images.repeat(3, 1)}
    with pytest.raises(DataError, match="can be stacked"):
        _stacked.stack(dataclasses.replace(data, **changed), 0)


def test_both_splits_are_stacked_from_those_of_the_digits(monkeypatch, tmp_path):
    whole = dataclasses.replace(digits(60), test=digits(20, seed=1))
    monkeypatch.setattr(mnist, "load", lambda root: whole)
    data = stacked_mnist.load(tmp_path)
    assert data.test is not None
    assert (len(data), len(data.test)) == (60, 20)


@pytest.mark.parametrize("name", [n for n in registry.names("datasets") if n.startswith("stacked-")])
def test_a_stack_says_of_what_it_is_and_asks_for_the_same_files(name):
    facts = registry.card("datasets", name).facts
    base = registry.card("datasets", facts["STACK_OF"]).facts
    assert facts["SHAPE"] == (3, *base["SHAPE"][1:])
    for fact in ("COUNT", "FILES", "FOLDERS", "DOWNLOAD_MB"):
        assert facts.get(fact) == (base.get(fact) or None), fact
    assert facts["LICENCE"] == base["LICENCE"]


def test_without_its_digits_it_says_how_to_get_them(tmp_path: Path):
    with pytest.raises(DataError, match="python -m gan data mnist"):
        stacked_mnist.load(tmp_path)
