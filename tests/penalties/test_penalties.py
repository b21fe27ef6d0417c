"""Penalties: the slope of D by hand, at real pictures, at generated ones and between them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from gan import registry
from gan.games.adversarial import Penalty
from gan.penalties import gradient_penalty, r1, r2
from tests.engine import game_of, real_of

PENALTIES = registry.names("penalties")


def straight(weights: Tensor) -> Any:
    """A D that is a straight line with this slope."""
    return lambda x, y=None: (x * weights).sum((1, 2, 3)) + 7


@pytest.mark.parametrize(("penalty", "at"), [(r1, "real"), (r2, "fake")])
def test_of_a_straight_line_it_is_half_the_square_of_its_slope(penalty, at):
    weights, real, fake = torch.randn(1, 4, 4), torch.randn(5, 1, 4, 4), torch.randn(5, 1, 4, 4)
    assert penalty.penalty(straight(weights), real, fake, None).item() == pytest.approx(
        weights.square().sum().item() / 2, rel=1e-5
    )
    x = {"real": real, "fake": fake}
    x[at] = x[at] * torch.nan  # the other one alone is looked at
    assert not penalty.penalty(lambda x, y=None: x.square().sum((1, 2, 3)), x["real"], x["fake"], None).isfinite()


def test_the_gradient_penalty_of_a_straight_line_is_the_square_of_its_slope_minus_one():
    weights, real, fake = torch.randn(1, 4, 4), torch.randn(5, 1, 4, 4), torch.randn(5, 1, 4, 4)
    found = gradient_penalty.penalty(straight(weights), real, fake, None)
    assert found.item() == pytest.approx((weights.norm().item() - 1) ** 2, rel=1e-5)
    flat = gradient_penalty.penalty(straight(weights / weights.norm()), real, fake, None)
    assert flat.item() == pytest.approx(0, abs=1e-10)


def test_the_gradient_penalty_looks_between_each_real_and_its_fake():
    real, fake = torch.zeros(4, 1, 1, 1), torch.tensor([8.0, -8.0, 80.0, 0.8]).view(4, 1, 1, 1)
    assert gradient_penalty.between(real, fake).flatten().tolist() == pytest.approx([1, -3, 50, 0.7])
    found = gradient_penalty.penalty(lambda x, y=None: x.flatten(1).square().sum(1) / 2, real, fake, None)
    assert found.item() == pytest.approx(((1 - 1) ** 2 + (3 - 1) ** 2 + (50 - 1) ** 2 + (0.7 - 1) ** 2) / 4, rel=1e-6)


@pytest.mark.parametrize(("penalty", "at"), [(r1, "real"), (r2, "fake")])
def test_it_is_a_mean_over_pictures_and_can_be_made_small(penalty, at):
    weight, x = torch.tensor(2.0, requires_grad=True), torch.tensor([[1.0], [3.0]])
    others = torch.zeros(2, 1)
    real, fake = (x, others) if at == "real" else (others, x)
    found = penalty.penalty(lambda x, y=None: weight * x[:, 0] ** 2, real, fake, None)  # slopes 4 and 12
    assert found.item() == (4**2 + 12**2) / 2 / 2
    found.backward()
    assert weight.grad is not None
    assert weight.grad.item() == (2**2 + 6**2) * 2 / 2  # of w² (2x)² / 2, on average
    assert not x.requires_grad


@pytest.mark.parametrize("name", PENALTIES)
def test_d_is_told_the_classes(name):
    """A slope that is the class: 0, 1 and 2."""
    y, told = torch.tensor([0, 1, 2]), []

    def D(x, y=None):  # noqa: N802
        told.append(y)
        return x.flatten(1).sum(1) * y

    found = registry.load("penalties", name).penalty(D, torch.randn(3, 1, 1, 1), torch.randn(3, 1, 1, 1), y)
    slopes = {"gradient-penalty": (1 + 0 + 1) / 3, "r1": (0 + 1 + 4) / 3 / 2, "r2": (0 + 1 + 4) / 3 / 2}
    assert found.item() == pytest.approx(slopes.get(name, found.item()))
    assert torch.equal(told[0], y)


@pytest.mark.parametrize("name", PENALTIES)
def test_the_card_says_what_a_setting_needs(name):
    card = registry.card("penalties", name)
    assert not card.error
    assert card.summary.endswith(".")
    assert card.text
    assert card.facts["KNOB"]["default"] == 0.0
    assert card.facts["EVERY"] >= 1
    assert r"\mathbb{E}" in card.facts["FORMULA"]


def steepness(**settings: Any) -> float:
    """Of D at real pictures, after as many updates of D as make two of the lazy penalties."""
    game = game_of(**settings)
    for k in range(17):
        game.d_step(real_of(k))
        game.g_step()
        game.end_step()
    real = torch.linspace(-1, 1, 4 * 64).view(4, 1, 8, 8)
    return r1.penalty(game.D, real, real, None).item()


def test_a_d_that_pays_for_it_is_less_steep():
    assert steepness(r1=30.0) < steepness() / 2


def test_a_penalty_is_due_now_and_then_and_counts_so_much_more():
    """In every update with its weight, or in each third with three times its weight."""
    game, asked, counted = game_of(model="gan-2014", r1=0.5, r1_every=3), [], []

    def penalty(D, real, fake, y):
        asked.append(game.counts["d"])
        value = next(game.nets["D"].parameters()).sum() * 0 + 1.0
        value.register_hook(lambda grad: counted.append(float(grad)))
        return value

    (own,) = game.penalties
    game.penalties = [Penalty(SimpleNamespace(penalty=penalty), own.weight, own.every)]  # type: ignore[arg-type]
    paid = [game.d_step(real_of(k)).get("d_penalty") for k in range(7)]
    assert paid == [0.5, None, None, 0.5, None, None, 0.5], "what is logged, not counted three times"
    assert asked == [0, 3, 6]
    assert counted == [1.5] * 3
