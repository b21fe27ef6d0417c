"""Every loss in the folder: finite scalars, directions, a card; each against its definition."""

from __future__ import annotations

import math
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from torch import Tensor

from gan import registry

LOSSES = registry.names("losses")
calm = settings(deadline=None)  # the first call into torch is slow
LOGIT = st.floats(-1e4, 1e4, width=32)
PAIRS = st.lists(st.tuples(LOGIT, LOGIT), min_size=1, max_size=8)  # logits of as many real as generated pictures


def logits(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def both(pairs: list[tuple[float, float]]) -> tuple[Tensor, Tensor]:
    return logits([real for real, _ in pairs]), logits([fake for _, fake in pairs])


def slope(value: Tensor, at: Tensor) -> Tensor:
    return torch.autograd.grad(value, at)[0]


def bce(values: Tensor, label: float) -> Tensor:
    return F.binary_cross_entropy(values.sigmoid(), torch.full_like(values, label))


def g_of(loss: Any, real: Tensor, fake: Tensor) -> Tensor:
    """G's loss, told of real images only if it asks for them."""
    found: Tensor = loss.g(real if loss.NEEDS_REAL else None, fake)
    return found


def that(fact: str) -> list[str]:
    """The losses of which a fact is true."""
    return [name for name in LOSSES if registry.card("losses", name).facts[fact]]


@pytest.mark.parametrize("name", LOSSES)
@calm
@given(pairs=PAIRS)
def test_values_and_slopes_are_finite_scalars(name, pairs):
    loss = registry.load("losses", name)
    for dtype in (torch.float64, torch.float32):
        r, f = both(pairs)
        for value, at in ((loss.d(r.to(dtype), f.to(dtype)), (r, f)), (g_of(loss, r.to(dtype), f.to(dtype)), (f,))):
            assert value.shape == ()
            assert value.isfinite()
            assert all(g.isfinite().all() for g in torch.autograd.grad(value, at))


@pytest.mark.parametrize("name", that("MONOTONE"))
@calm
@given(pairs=PAIRS)
def test_monotone_d_parts_real_from_fake_and_g_raises_fake(name, pairs):
    loss = registry.load("losses", name)
    r, f = both(pairs)
    assert (slope(loss.d(r, f), r) <= 0).all()
    assert (slope(loss.d(r, f), f) >= 0).all()
    assert (slope(g_of(loss, r, f), f) <= 0).all()


@pytest.mark.parametrize("name", sorted({*LOSSES} - {*that("MONOTONE")}))
def test_what_is_not_declared_monotone_is_not(name):
    loss, far = registry.load("losses", name), logits([1e3])
    assert slope(loss.d(far, logits([0.0])), far) > 0


@pytest.mark.parametrize("name", LOSSES)
@calm
@given(value=st.floats(-0.9, 0.9))
def test_while_unsure_every_slope_is_felt(name, value):
    loss = registry.load("losses", name)
    middle = loss.THRESHOLD or 0.0
    r, f = logits([middle + value / 2]), logits([middle + value / 2])
    assert slope(loss.d(r, f), r) < 0 < slope(loss.d(r, f), f)
    assert slope(g_of(loss, r, f), f) < 0


@pytest.mark.parametrize("name", LOSSES)
@calm
@given(pairs=PAIRS)
def test_swapping_real_and_fake_with_the_sign_leaves_d_s_loss_as_declared(name, pairs):
    loss = registry.load("losses", name)
    r, f = both(pairs)
    if loss.SYMMETRIC:
        torch.testing.assert_close(loss.d(r, f), loss.d(-f, -r))
    else:
        assert loss.d(logits([1.0]), logits([0.0])) != loss.d(logits([0.0]), logits([-1.0]))


@pytest.mark.parametrize("name", LOSSES)
@calm
@given(pairs=PAIRS, shift=st.floats(-5, 5))
def test_only_differences_mean_something_where_there_is_no_threshold(name, pairs, shift):
    """Then a shift of all logits changes nothing for D; with one it does, and the loss is least about there."""
    loss = registry.load("losses", name)
    r, f = (values / 1e3 for values in both(pairs))
    if loss.THRESHOLD is None:
        torch.testing.assert_close(loss.d(r + shift, f + shift), loss.d(r, f), rtol=1e-9, atol=1e-9)
        return
    even = loss.d(logits([loss.THRESHOLD]), logits([loss.THRESHOLD]))
    for away in (-3.0, 3.0):
        assert loss.d(logits([loss.THRESHOLD + away]), logits([loss.THRESHOLD + away])) > even


@pytest.mark.parametrize("name", LOSSES)
@calm
@given(pairs=PAIRS)
def test_g_asks_for_real_images_as_declared(name, pairs):
    loss = registry.load("losses", name)
    r, f = both(pairs)
    if loss.NEEDS_REAL:
        with pytest.raises(ValueError, match="G needs D's logits of some"):
            loss.g(None, f)
        assert slope(loss.g(r, f), r).isfinite().all()
    else:
        assert torch.equal(loss.g(None, f), loss.g(r, f))


@pytest.mark.parametrize("name", LOSSES)
def test_a_calibrated_loss_is_least_where_the_sigmoid_is_the_share_of_real_pictures(name):
    """A picture that is real in 3 of 4 cases: the slopes of both batches cancel at a logit of log 3."""
    loss = registry.load("losses", name)
    r, f = logits([math.log(3)]), logits([math.log(3)])
    value = loss.d(r, f)
    both_ways = 3 * torch.autograd.grad(value, r, retain_graph=True)[0] + slope(value, f)
    assert (abs(float(both_ways)) < 1e-9) == loss.CALIBRATED
    assert loss.PROBABILITY or not loss.CALIBRATED
    assert (loss.THRESHOLD == 0.0) or not loss.PROBABILITY, "a probability of 1/2 is a logit of 0"


@calm
@given(pairs=PAIRS, shift=st.floats(-100, 100))
def test_relativistic_pairs_do_not_feel_a_shift_of_all_logits(pairs, shift):
    loss = registry.load("losses", "relativistic")
    r, f = both(pairs)
    for function in (loss.d, loss.g):
        torch.testing.assert_close(function(r + shift, f + shift), function(r, f), rtol=1e-7, atol=1e-7)
    torch.testing.assert_close(loss.d(r, f), loss.g(f, r))
    torch.testing.assert_close(loss.d(r, f), F.softplus(-(r - f)).mean())


def test_least_squares_by_hand():
    loss = registry.load("losses", "least-squares")
    assert loss.d(logits([1, 3]), logits([0, 1])) == ((0 + 4) / 2 + (0 + 1) / 2) / 2
    assert loss.g(None, logits([1, -1])) == (0 + 4) / 2 / 2


def test_wasserstein_by_hand():
    loss = registry.load("losses", "wasserstein")
    assert loss.d(logits([1, 3]), logits([0, -5])) == -2.5 - 2
    assert loss.g(None, logits([1, -4])) == 1.5


@pytest.mark.parametrize("name", ["non-saturating", "minimax"])
@calm
@given(
    real=st.lists(st.floats(-12, 12), min_size=1, max_size=8), fake=st.lists(st.floats(-12, 12), min_size=1, max_size=8)
)
def test_cross_entropy_is_the_sum_of_two_bce(name, real, fake):
    loss = registry.load("losses", name)
    r, f = logits(real), logits(fake)
    torch.testing.assert_close(loss.d(r, f), bce(r, 1) + bce(f, 0), rtol=1e-8, atol=1e-10)
    g = bce(f, 1) if name == "non-saturating" else -bce(f, 0)
    torch.testing.assert_close(loss.g(None, f), g, rtol=1e-8, atol=1e-10)


def test_the_saturating_slope_dies_where_the_other_is_steepest():
    f = logits([-20.0])
    assert slope(registry.load("losses", "minimax").g(None, f), f).abs() < 1e-8
    assert slope(registry.load("losses", "non-saturating").g(None, f), f) == pytest.approx(-1, abs=1e-8)


def test_hinge_counts_nothing_beyond_the_margin():
    hinge = registry.load("losses", "hinge")
    assert hinge.d(logits([1, 5]), logits([-1, -9])) == 0
    assert hinge.d(logits([-2]), logits([0.5])) == 3 + 1.5
    assert hinge.g(None, logits([1, -4])) == 1.5


@pytest.mark.parametrize(
    ("name", "d", "g"),
    [
        ("non-saturating", 2 * math.log(2), math.log(2)),
        ("minimax", 2 * math.log(2), -math.log(2)),
        ("hinge", 2, 0),
        ("least-squares", 1 / 4, 1 / 8),
        ("wasserstein", 0, 0),
        ("relativistic", math.log(2), math.log(2)),
    ],
)
def test_the_values_of_perfect_balance(name, d, g):
    loss = registry.load("losses", name)
    even = logits([loss.THRESHOLD or 0.0])
    assert loss.d(even, even).item() == pytest.approx(d)
    assert g_of(loss, even, even).item() == pytest.approx(g)


@pytest.mark.parametrize("name", LOSSES)
def test_the_card_has_words_and_both_formulas(name):
    card = registry.card("losses", name)
    assert not card.error
    assert card.title
    assert card.summary.endswith(".")
    assert card.text
    for key in ("D_FORMULA", "G_FORMULA"):
        formula = card.facts[key]
        assert r"\mathbb{E}" in formula
        assert formula.count("{") == formula.count("}")
    facts = {"NEEDS_REAL", "PROBABILITY", "CALIBRATED", "THRESHOLD", "SYMMETRIC", "MONOTONE"}
    assert card.facts.keys() >= facts


@pytest.mark.parametrize("name", LOSSES)
def test_a_d_that_cannot_tell_has_the_losses_that_are_declared(name):
    """It does the best it can with one and the same logit for every picture; the lines of a chart say so."""
    loss = registry.load("losses", name)
    told = getattr(loss, "BLIND", {})
    assert told.keys() <= {"d_loss", "g_loss"}
    assert not (told and getattr(loss, "ESTIMATE", False))  # a critic's loss is 0 then, whatever its scale
    even = [(loss.d(at, at).item(), loss.g(at, at).item()) for at in (logits([c / 100]) for c in range(-300, 301))]
    d, g = min(even, key=lambda pair: pair[0])
    assert told.get("d_loss", d) == pytest.approx(d, abs=1e-4)
    assert told.get("g_loss", g) == pytest.approx(g, abs=1e-4)
