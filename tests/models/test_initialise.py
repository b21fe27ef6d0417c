"""The three schemes: PyTorch's defaults draw for draw, DCGAN's and Keras' by their moments."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from gan import registry
from gan.config import RunConfig
from gan.models import Spec, build, initialise

LAYERS = {
    "linear": lambda: nn.Linear(200, 300),
    "conv": lambda: nn.Conv2d(64, 96, 4),
    "up": lambda: nn.ConvTranspose2d(64, 96, 4),
}


def filled(make, scheme):
    with torch.device("meta"):
        layer = make()
    layer.to_empty(device="cpu")
    initialise(layer, scheme, torch.Generator().manual_seed(0))
    return layer


@pytest.mark.parametrize(
    ("name", "side"), [("gan-2014", 28), ("dcgan-16", 16), ("gan-dropout", 28)]
)
def test_torch_is_what_pytorch_itself_would_draw(name, side):
    module = registry.load("models", name)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        theirs = [make(Spec((1, side, side))) for make in (module.Generator, module.Discriminator)]
    ours = build(RunConfig(model=name), (1, side, side), 0, 3, "cpu")
    for a, b in zip(ours, theirs, strict=True):
        for key, value in b.state_dict().items():
            assert torch.equal(a.state_dict()[key], value), key


@pytest.mark.parametrize("kind", LAYERS)
def test_dcgan_is_a_narrow_normal(kind):
    layer = filled(LAYERS[kind], "dcgan")
    assert layer.weight.std().item() == pytest.approx(0.02, rel=0.02)
    assert layer.weight.mean().item() == pytest.approx(0, abs=5e-4)
    assert not layer.bias.any()


@pytest.mark.parametrize("kind", LAYERS)
def test_keras_is_glorot_uniform(kind):
    layer = filled(LAYERS[kind], "keras")
    field = math.prod(layer.weight.shape[2:])
    bound = math.sqrt(6 / (field * (layer.weight.shape[0] + layer.weight.shape[1])))
    assert layer.weight.abs().max().item() == pytest.approx(bound, rel=1e-3)
    assert layer.weight.abs().max().item() <= bound * (1 + 1e-6)
    assert layer.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.02)
    assert not layer.bias.any()


@pytest.mark.parametrize(("scheme", "spread"), [("torch", 0), ("keras", 0), ("dcgan", 0.02)])
def test_batchnorm_starts_at_the_identity_or_near(scheme, spread):
    norm = filled(lambda: nn.BatchNorm2d(5000), scheme)
    assert norm.weight.mean().item() == pytest.approx(1, abs=2e-3)
    assert norm.weight.std().item() == pytest.approx(spread, abs=1e-3)
    assert not norm.bias.any()
    assert not norm.running_mean.any()
    assert (norm.running_var == 1).all()


@pytest.mark.parametrize("scheme", ["torch", "dcgan", "keras"])
def test_groupnorm_starts_at_the_identity(scheme):
    norm = filled(lambda: nn.GroupNorm(2, 6), scheme)
    assert (norm.weight == 1).all()
    assert not norm.bias.any()


def test_a_layer_no_scheme_knows_is_refused():
    with pytest.raises(TypeError, match="Embedding"):
        initialise(nn.Embedding(2, 3), "torch", torch.Generator())
