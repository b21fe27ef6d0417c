"""Networks of chosen layers: every choice trains, and what does not fit is named by its layer."""

from __future__ import annotations

import pytest
import torch

from gan.config import ConfigError, RunConfig
from gan.models import build, misfit, outline

FAMILIES = ("own-mlp", "own-dcgan", "own-resnet")
WAYS = (  # each value of each choice once
    {"norm_g": "none", "norm_d": "layer", "activation_g": "silu", "activation_d": "gelu", "upsampling": "transposed"},
    {"norm_g": "group", "norm_d": "batch", "activation_g": "gelu", "activation_d": "relu", "upsampling": "nearest"},
    {
        "norm_g": "layer",
        "norm_d": "none",
        "activation_g": "leaky-relu",
        "activation_d": "silu",
        "upsampling": "bilinear",
    },
    {"norm_g": "batch", "norm_d": "group", "activation_g": "relu", "upsampling": "pixel-shuffle"},
)
DEEPER = {
    "own-mlp": {"layers_g": 4, "layers_d": 4, "units": 12},
    "own-dcgan": {"refine": 1},
    "own-resnet": {"refine": 1},
}


def settings(model, **values):
    left_out = {"upsampling"} if model == "own-mlp" else set()
    return RunConfig(model=model, **{k: v for k, v in values.items() if k not in left_out})


@pytest.mark.parametrize("way", range(len(WAYS)))
@pytest.mark.parametrize("model", FAMILIES)
def test_every_choice_gives_networks_that_learn(model, way):
    config = settings(model, conditional=bool(way % 2), **WAYS[way], **DEEPER[model])
    G, D = build(config, (1, 16, 16), 3, 0, "cpu")
    y = torch.tensor([0, 1, 2, 0]) if config.conditional else None
    x = G(torch.randn(4, 100, generator=torch.Generator().manual_seed(0)), y)
    assert x.shape == (4, 1, 16, 16)
    assert x.abs().max() <= 1
    D(x, y).mean().backward()
    for net in (G, D):
        for name, p in net.named_parameters():
            assert p.grad is not None, name
            assert name.endswith("bias") or p.grad.abs().max() > 0, name


@pytest.mark.parametrize("kernel", [2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("upsampling", ["transposed", "nearest", "bilinear", "pixel-shuffle"])
@pytest.mark.parametrize("model", FAMILIES[1:])
def test_any_kernel_halves_and_doubles(model, upsampling, kernel):
    G, D = outline(RunConfig(model=model, kernel=kernel, upsampling=upsampling), (3, 32, 32), 0)
    x = G(torch.zeros(2, 100, device="meta"))
    assert x.shape == (2, 3, 32, 32)
    assert D(x).shape == (2,)
    assert misfit(G, "G") == misfit(D, "D") == ""


@pytest.mark.parametrize(
    ("model", "side", "values", "sentence"),
    [
        ("own-dcgan", 16, {"stages": 4}, "D, layer 4: 4 × 4 kernel on a 2 × 2 map"),
        ("own-dcgan", 28, {"stages": 3}, "G, layer 1: 28 × 28 cannot be halved 3 times to a square grid"),
        ("own-dcgan", 16, {"stages": 3, "kernel": 7}, "G, layer 2: 7 × 7 kernel on a 4 × 4 map"),
        (
            "own-resnet",
            16,
            {"stages": 4, "kernel": 5, "upsampling": "nearest"},
            "G, layer 2: 5 × 5 kernel on a 2 × 2 map",
        ),
    ],
)
def test_what_does_not_fit_is_named_by_its_layer(model, side, values, sentence):
    config = RunConfig(model=model, **values)
    nets = outline(config, (1, side, side), 0)
    assert sentence + "." in [misfit(net, letter) for net, letter in zip(nets, "GD", strict=True)]
    with pytest.raises(ValueError, match="layer"):
        build(config, (1, side, side), 0, 0, "cpu")


def test_a_choice_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="upsampling: 'magic' is not one of transposed, nearest"):
        RunConfig(model="own-dcgan", upsampling="magic")
