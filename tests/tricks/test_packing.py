"""Packing: a D of packs by hand, packs of one kind only, a logit for each picture that is looked at."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from gan.config import loss_conflict
from gan.tricks import packing
from tests.engine import game_of, real_of, tiny


def packed(amount: int) -> Any:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(6, 1, dtype=torch.float64))
    packing.prepare(net, amount, torch.Generator().manual_seed(0))
    return net


@pytest.mark.parametrize("amount", [2, 3])
def test_pictures_that_follow_one_another_are_one_input(amount):
    net = packed(amount)
    x = torch.randn(6, 1, 2, 3, dtype=torch.float64)
    expected = x.reshape(6 // amount, -1) @ net[1].weight.T + net[1].bias
    torch.testing.assert_close(net(x), expected)
    with pytest.raises(ValueError, match="multiple"):
        net(x[: amount + 1])


@pytest.mark.parametrize("amount", [2, 8])
def test_the_first_layer_is_as_loud_as_before(amount):
    layer = nn.Linear(400, 3)
    before = layer.weight.square().sum()
    packing.prepare(nn.Sequential(layer), amount, torch.Generator().manual_seed(0))
    assert layer.weight.square().sum().item() == pytest.approx(before.item(), rel=0.1)


def test_in_eval_mode_every_picture_has_a_logit():
    net = packed(2).eval()
    x = torch.randn(5, 1, 2, 3, dtype=torch.float64)
    expected = torch.cat([x, x.roll(-1, 0)], 1).flatten(1) @ net[1].weight.T + net[1].bias
    torch.testing.assert_close(net(x), expected)


@pytest.mark.parametrize("model", ["gan-2014", "lean-resnet"])
def test_a_pack_is_all_real_or_all_generated(model):
    game = game_of(model=model, packing=2)
    seen = []
    first = next(m for m in game.D.modules() if isinstance(m, nn.Linear | nn.Conv2d))
    first.register_forward_pre_hook(lambda _, args: seen.append(args[0].reshape(-1, 2, 1, 8, 8)))
    game.d_step(real_of(0))
    packs = torch.cat(seen)
    assert torch.equal(packs[:2].flatten(0, 1), real_of(0))
    assert not any(torch.equal(a, b) for a in packs[2:].flatten(0, 1) for b in real_of(0))


def test_packs_have_no_class():
    assert "one class" in loss_conflict(tiny(packing=2, conditional=True))
    assert not loss_conflict(tiny(packing=2))
