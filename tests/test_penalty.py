"""R1: the slope of D at real pictures, by hand."""

from __future__ import annotations

import pytest
import torch

from gan.penalty import EVERY, r1
from gan.step import Players
from tests.test_accelerate import history, players_of


def test_of_a_straight_line_it_is_half_the_square_of_its_slope():
    weights, real = torch.randn(1, 4, 4), torch.randn(5, 1, 4, 4)
    found = r1(lambda x: (x * weights).sum((1, 2, 3)) + 7, real)
    assert found.item() == pytest.approx(weights.square().sum().item() / 2, rel=1e-5)


def test_it_is_a_mean_over_pictures_and_can_be_made_small():
    weight, real = torch.tensor(2.0, requires_grad=True), torch.tensor([[1.0], [3.0]])
    found = r1(lambda x: weight * x[:, 0] ** 2, real)  # slopes 4 and 12
    assert found.item() == (4**2 + 12**2) / 2 / 2
    found.backward()
    assert weight.grad is not None
    assert weight.grad.item() == (2**2 + 6**2) * 2 / 2  # of w² (2x)² / 2, on average
    assert not real.requires_grad


def steepness(players: Players) -> float:
    """After as many updates of D as make two penalties."""
    history(players, [(1, 1)] * (EVERY + 1))
    real = torch.linspace(-1, 1, 4 * 64).view(4, 1, 8, 8)
    return r1(players.D, real).item()


def test_a_d_that_pays_for_it_is_less_steep():
    assert steepness(players_of(model="lean", r1=30.0)) < steepness(players_of(model="lean")) / 2
