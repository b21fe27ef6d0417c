"""Weight clipping: no weight of D beyond the bound after an update, and those within it as they were."""

from __future__ import annotations

import torch
from torch import nn

from gan.tricks import weight_clipping
from tests.engine import game_of, real_of


def test_only_what_is_beyond_the_bound_is_cut():
    net = nn.Linear(3, 1)
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[-0.5, 0.02, 0.03]]))
        net.bias.fill_(7.0)
    weight_clipping.after_step(net, 0.03)
    assert torch.equal(net.weight.detach(), torch.tensor([[-0.03, 0.02, 0.03]]))
    assert net.bias.item() == torch.tensor(0.03).item()
    assert weight_clipping.live_scores(net, 0.03) == {"clipped": 0.75}, "three of four weights"


def test_every_update_of_d_ends_within_it():
    game = game_of(loss="wasserstein", weight_clipping=0.01, lr_d=0.02)
    largest = {name: max(p.abs().max().item() for p in net.parameters()) for name, net in game.nets.items()}
    game.d_step(real_of(0))
    game.g_step()
    after = {name: max(p.abs().max().item() for p in net.parameters()) for name, net in game.nets.items()}
    assert largest["D"] > 0.01 >= after["D"]
    assert after["G"] > 0.01  # G is left alone
