"""Spectral norm: the largest singular value by PyTorch's linear algebra, and a D that cannot be steep."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from gan.tricks import spectral_norm
from tests.engine import game_of, real_of


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def layers() -> Any:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 6, 3), nn.Flatten(), nn.Linear(6 * 4, 5), nn.Embedding(7, 5)).double()


def test_every_matrix_comes_to_have_a_largest_singular_value_of_1():
    net = layers()
    before = {name: value.clone() for name, value in net.named_parameters()}
    spectral_norm.prepare(net, True, seeded())
    for index in (0, 2, 3):
        layer = net[index]
        for _ in range(200):  # as many updates as the power method may need
            layer.weight  # noqa: B018
        largest = torch.linalg.svdvals(before[f"{index}.weight"].flatten(1))[0]
        torch.testing.assert_close(layer.weight, before[f"{index}.weight"] / largest, rtol=0, atol=1e-9)
        assert torch.equal(layer.parametrizations.weight.original, before[f"{index}.weight"])
    assert torch.equal(net[0].bias, before["0.bias"])


def test_it_begins_near_the_largest_and_in_eval_mode_it_stays():
    net = layers()
    spectral_norm.prepare(net, True, seeded())
    net.eval()
    for index in (0, 2, 3):
        first = net[index].weight
        assert torch.equal(first, net[index].weight)
        assert torch.linalg.svdvals(first.flatten(1))[0].item() == pytest.approx(1, rel=0.1)
    net.train()
    moved = net[0].parametrizations.weight[0].u.clone()
    net[0].weight  # noqa: B018
    assert not torch.equal(moved, net[0].parametrizations.weight[0].u)


def test_its_slope_is_that_of_a_weight_over_its_largest_singular_value():
    """Of the whole quotient, not of the weight alone: as by PyTorch's own singular values."""
    net: Any = nn.Sequential(nn.Linear(4, 3)).double()
    spectral_norm.prepare(net, True, seeded())
    for _ in range(300):
        net[0].weight  # noqa: B018
    target = torch.randn(3, 4, generator=seeded(5), dtype=torch.float64)
    weight = net[0].parametrizations.weight.original
    (found,) = torch.autograd.grad((net[0].weight * target).sum(), weight)
    other = weight.detach().clone().requires_grad_()
    (expected,) = torch.autograd.grad((other / torch.linalg.svdvals(other)[0] * target).sum(), other)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-7)


def test_two_passes_before_one_way_back_are_possible():
    net: Any = nn.Sequential(nn.Linear(4, 1)).double()
    spectral_norm.prepare(net, True, seeded())
    x = torch.randn(2, 4, dtype=torch.float64)
    (net(x) + net(-2 * x)).sum().backward()
    assert net[0].parametrizations.weight.original.grad.isfinite().all()


def test_the_start_depends_on_the_seed_alone():
    torch.manual_seed(3)
    one = game_of(model="gan-2014", spectral_norm=True, seed=1).nets["D"].state_dict()
    torch.manual_seed(4)
    same = game_of(model="gan-2014", spectral_norm=True, seed=1).nets["D"].state_dict()
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert any(name.endswith(".u") for name in one)


def steepest(**settings: Any) -> float:
    """The largest singular value in D after training at a rate that makes D steep."""
    game = game_of(model="lean-dcgan", batch_norm=False, lr_d=0.02, **settings)
    for k in range(30):
        game.d_step(real_of(k))
        game.g_step()
        game.end_step()
    matrices = [m.weight for m in game.nets["D"].eval().modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(matrices) > 1
    return max(torch.linalg.svdvals(weight.flatten(1))[0].item() for weight in matrices)


def test_a_d_with_it_cannot_grow_steep():
    assert steepest(spectral_norm=True) < 1.3
    assert steepest() > 2
