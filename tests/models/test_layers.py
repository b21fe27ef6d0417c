"""Keyed dropout draws from its own generator; mixes_samples finds BatchNorm."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from gan.models import _layers
from gan.models._layers import Dropout, mixes_samples, rekey


def keyed(p, seed=0):
    layer = Dropout(p)
    rekey(layer, torch.Generator().manual_seed(seed))
    return layer


@pytest.fixture(params=["by bytes", "by floats"])
def drawn(request, monkeypatch):
    """Both ways to draw a mask, of which a device takes one."""
    if request.param == "by floats":
        monkeypatch.setattr(_layers, "_by_bytes", _layers._by_floats)


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("p", [0.0, 0.1, 0.3, 0.5])
def test_the_share_of_zeros_is_p_and_the_mean_stays(p):
    y = keyed(p)(torch.ones(400_000))
    assert (y == 0).float().mean().item() == pytest.approx(p, abs=0.005)
    assert y.mean().item() == pytest.approx(1.0, abs=0.01)
    assert len(y.unique()) <= 2  # dropped, or kept with one scale


@pytest.mark.usefixtures("drawn")
def test_neighbours_are_dropped_independently():
    kept = keyed(0.5)(torch.ones(400_000)).view(-1, 8) > 0
    both = (kept[:, :-1] & kept[:, 1:]).float().mean(0)  # the bytes of one random word
    assert (both - 0.25).abs().max() < 0.01


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("shape", [(1,), (7,), (3, 5), (2, 3, 5, 7)])
def test_any_shape(shape):
    assert keyed(0.3)(torch.ones(shape)).shape == shape


@pytest.mark.usefixtures("drawn")
def test_one_key_is_one_mask_and_the_global_random_state_is_left_alone():
    x, state = torch.ones(1000), torch.random.get_rng_state()
    a, b, c = keyed(0.3, 5)(x), keyed(0.3, 5)(x), keyed(0.3, 6)(x)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


@pytest.mark.usefixtures("drawn")
def test_gradients_pass_where_the_value_passed():
    x = torch.ones(1000, requires_grad=True)
    y = keyed(0.3)(x)
    y.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, y.detach())


def test_in_eval_mode_it_does_nothing_and_needs_no_key():
    x = torch.randn(10, generator=torch.Generator().manual_seed(0))
    assert Dropout(0.3).eval()(x) is x


def test_training_without_a_key_is_an_error_not_a_global_draw():
    with pytest.raises(RuntimeError, match="rekey"):
        Dropout(0.3)(torch.ones(3))


def test_rekey_reaches_inside():
    generator = torch.Generator()
    inner = Dropout(0.3)
    rekey(nn.Sequential(nn.Linear(2, 2), nn.Sequential(inner)), generator)
    assert inner.generator is generator


@pytest.mark.parametrize("norm", [nn.BatchNorm1d, nn.BatchNorm2d])
def test_batchnorm_mixes_samples(norm):
    assert mixes_samples(nn.Sequential(nn.Sequential(norm(2))))


def test_other_layers_do_not():
    assert not mixes_samples(nn.Sequential(nn.Linear(2, 2), Dropout(0.3)))
