"""How learning rates fall: both decays, together, none; and the sentence about them."""

from __future__ import annotations

import pytest

from gan.config import decay_words, decayed


def test_without_decay_nothing_falls():
    assert decayed(10**6, 1000.0, 0, 0.0) == 1.0
    assert decay_words(0, 0.0) == ""


@pytest.mark.parametrize(("step", "left"), [(0, 1), (500, 1 / 2), (1500, 1 / 4), (49_500, 1 / 100)])
def test_inverse_time_falls_quickly_and_is_never_over(step, left):
    assert decayed(step, step / 1875, 500, 0.0) == pytest.approx(left)


@pytest.mark.parametrize(("epoch", "left"), [(0.0, 1), (3.0, 1 / 2), (6.0, 1 / 4), (30.0, 1 / 1024)])
def test_exponential_halves_them_again_and_again(epoch, left):
    assert decayed(round(1875 * epoch), epoch, 0, 3.0) == pytest.approx(left)


def test_both_multiply():
    assert decayed(500, 3.0, 500, 3.0) == pytest.approx(1 / 4)
    assert decay_words(500, 3.0) == "both are divided by 1 + steps / 500 and both halve every 3 epochs"


def test_a_half_life_in_steps_is_the_one_in_epochs_whatever_the_data():
    assert decayed(9375, 10.0, 0, 0.0, 9375.0) == decayed(9375, 12_500.0, 0, 0.0, 9375.0) == 1 / 2
    assert decayed(1234, 1234 * 64 / 60_000, 0, 10.0) == pytest.approx(decayed(1234, 0.0, 0, 0.0, 9375.0), rel=1e-12)
    assert decay_words(0, 0.0, 2812.5) == "both halve every 2,812.5 steps"


def test_however_short_a_half_life_nothing_breaks():
    assert decayed(1, 1.0, 1, 5e-324) == 0.0
