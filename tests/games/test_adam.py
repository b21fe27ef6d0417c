"""Adam in one call: PyTorch's own numbers, a switch for bad gradients, what a state keeps."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from gan.games._adam import GuardedAdam


def net() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(3, 2, dtype=torch.float64)


def slope(k: int, like: torch.Tensor) -> torch.Tensor:
    generator = torch.Generator().manual_seed(k)
    return torch.randn(like.shape, generator=generator, dtype=like.dtype)


def steps(adam: GuardedAdam, weights: list[nn.Parameter], first: int, last: int) -> None:
    for k in range(first, last):
        for p in weights:
            p.grad = slope(k, p)
        adam.guarded_step()


@pytest.mark.parametrize("in_a_tensor", [False, True])
def test_it_is_the_adam_of_pytorch(in_a_tensor):
    """A rate that changes, and a weight that has no gradient."""
    ours, theirs = net(), net()
    adam = GuardedAdam(ours, 0.1, 0.5, 0.9)
    if in_a_tensor:
        adam.lr = torch.tensor(0.1, dtype=torch.float64)
    other = torch.optim.Adam([theirs.weight], 0.1, (0.5, 0.9), foreach=False)
    for k in range(5):
        rate = 0.1 / (k + 1)
        adam.set_rate(rate)
        other.param_groups[0]["lr"] = rate
        adam.zero_grad()
        ours.weight.grad, theirs.weight.grad = slope(k, ours.weight), slope(k, ours.weight)
        norm = adam.guarded_step()
        other.step()
        torch.testing.assert_close(norm, ours.weight.grad.norm())
    torch.testing.assert_close(ours.weight, theirs.weight, rtol=0, atol=1e-12)
    assert torch.equal(ours.bias, net().bias)


@pytest.mark.parametrize("blind", [False, True])
@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_a_bad_gradient_leaves_everything_as_it_was(odd, blind, monkeypatch):
    """Also where the kernel does not look."""
    if blind:
        kernel = torch._fused_adam_
        monkeypatch.setattr(torch, "_fused_adam_", lambda *args, **more: kernel(*args, **{**more, "found_inf": None}))
        monkeypatch.setattr("gan.games._adam.BLIND", {"cpu"})
    layer = net()
    adam = GuardedAdam(layer, 0.1, 0.5, 0.9)
    steps(adam, adam.weights, 0, 2)
    before = copy.deepcopy((layer.state_dict(), adam.tensors()))
    for p in adam.weights:
        p.grad = slope(9, p)
    layer.bias.grad = torch.tensor([0.0, odd], dtype=torch.float64)
    assert not adam.guarded_step().isfinite()
    for kept, now in zip(before, (layer.state_dict(), adam.tensors()), strict=True):
        assert all(torch.equal(kept[name], now[name]) for name in kept)


def test_a_state_brings_moments_and_count_back():
    layer = net()
    adam = GuardedAdam(layer, 0.1, 0.5, 0.9)
    steps(adam, adam.weights, 0, 3)
    twin = copy.deepcopy(layer)
    other = GuardedAdam(twin, 0.1, 0.5, 0.9)
    other.load(adam.tensors())
    for each, its in ((adam, layer), (other, twin)):
        steps(each, [*its.parameters()], 3, 5)
    assert torch.equal(layer.weight, twin.weight)
    other.load({})
    assert all(not value.any() for value in other.tensors().values())
