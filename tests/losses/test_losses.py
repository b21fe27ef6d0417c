"""Every loss in the folder: finite scalars, directions, a card; each against its definition."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from torch import Tensor

from gan import registry

LOSSES = registry.names("losses")
calm = settings(deadline=None)  # the first call into torch is slow
LOGITS = st.lists(st.floats(-1e4, 1e4, width=32), min_size=1, max_size=8)


def logits(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def slope(value: Tensor, at: Tensor) -> Tensor:
    return torch.autograd.grad(value, at)[0]


def bce(values: Tensor, label: float) -> Tensor:
    return F.binary_cross_entropy(values.sigmoid(), torch.full_like(values, label))


@pytest.mark.parametrize("name", LOSSES)
@calm
@given(real=LOGITS, fake=LOGITS)
def test_values_and_slopes_are_finite_scalars(name, real, fake):
    loss = registry.load("losses", name)
    for dtype in (torch.float64, torch.float32):
        r, f = logits(real), logits(fake)
        for value, at in ((loss.d(r.to(dtype), f.to(dtype)), (r, f)), (loss.g(f.to(dtype)), (f,))):
            assert value.shape == ()
            assert value.isfinite()
            assert all(g.isfinite().all() for g in torch.autograd.grad(value, at))


@pytest.mark.parametrize("name", LOSSES)
@calm
@given(real=LOGITS, fake=LOGITS)
def test_d_parts_real_from_fake_and_g_raises_fake(name, real, fake):
    loss = registry.load("losses", name)
    r, f = logits(real), logits(fake)
    assert (slope(loss.d(r, f), r) <= 0).all()
    assert (slope(loss.d(r, f), f) >= 0).all()
    assert (slope(loss.g(f), f) <= 0).all()


@pytest.mark.parametrize("name", LOSSES)
@calm
@given(value=st.floats(-0.9, 0.9))
def test_while_unsure_every_slope_is_felt(name, value):
    loss = registry.load("losses", name)
    r, f = logits([value]), logits([value])
    assert slope(loss.d(r, f), r) < 0 < slope(loss.d(r, f), f)
    assert slope(loss.g(f), f) < 0


@pytest.mark.parametrize("name", LOSSES)
@calm
@given(real=LOGITS, fake=LOGITS)
def test_swapping_real_and_fake_with_the_sign_leaves_d_s_loss(name, real, fake):
    loss = registry.load("losses", name)
    r, f = logits(real), logits(fake)
    torch.testing.assert_close(loss.d(r, f), loss.d(-f, -r))


@pytest.mark.parametrize("name", ["non-saturating", "minimax"])
@calm
@given(
    real=st.lists(st.floats(-12, 12), min_size=1, max_size=8),
    fake=st.lists(st.floats(-12, 12), min_size=1, max_size=8),
)
def test_cross_entropy_is_the_sum_of_two_bce(name, real, fake):
    loss = registry.load("losses", name)
    r, f = logits(real), logits(fake)
    torch.testing.assert_close(loss.d(r, f), bce(r, 1) + bce(f, 0), rtol=1e-8, atol=1e-10)
    g = bce(f, 1) if name == "non-saturating" else -bce(f, 0)
    torch.testing.assert_close(loss.g(f), g, rtol=1e-8, atol=1e-10)


def test_the_saturating_slope_dies_where_the_other_is_steepest():
    f = logits([-20.0])
    assert slope(registry.load("losses", "minimax").g(f), f).abs() < 1e-8
    assert slope(registry.load("losses", "non-saturating").g(f), f) == pytest.approx(-1, abs=1e-8)


def test_hinge_counts_nothing_beyond_the_margin():
    hinge = registry.load("losses", "hinge")
    assert hinge.d(logits([1, 5]), logits([-1, -9])) == 0
    assert hinge.d(logits([-2]), logits([0.5])) == 3 + 1.5
    assert hinge.g(logits([1, -4])) == 1.5


@pytest.mark.parametrize(
    ("name", "d", "g"),
    [
        ("non-saturating", 2 * math.log(2), math.log(2)),
        ("minimax", 2 * math.log(2), -math.log(2)),
        ("hinge", 2, 0),
    ],
)
def test_the_values_of_perfect_balance(name, d, g):
    loss, even = registry.load("losses", name), logits([0.0])
    assert loss.d(even, even).item() == pytest.approx(d)
    assert loss.g(even).item() == pytest.approx(g)


@pytest.mark.parametrize("name", LOSSES)
def test_the_card_has_words_and_both_formulas(name):
    card = registry.card("losses", name)
    assert not card.error
    assert card.title
    assert card.summary.endswith(".")
    assert len(card.text) > 200
    for key in ("D_FORMULA", "G_FORMULA"):
        formula = card.facts[key]
        assert r"\mathbb{E}" in formula
        assert formula.count("{") == formula.count("}")
