"""The three schemes: PyTorch's defaults draw for draw, DCGAN's and Keras' by their moments."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import orthogonal, spectral_norm, weight_norm

from gan import registry
from gan.config import RunConfig
from gan.models import Spec, build, initialise, seeded

SCHEMES = ("torch", "dcgan", "keras")
LAYERS = {
    "linear": lambda: nn.Linear(200, 300),
    "conv": lambda: nn.Conv2d(64, 96, 4),
    "up": lambda: nn.ConvTranspose2d(64, 96, 4),
}


def filled(make, scheme, seed=0):
    """A network of what `make` makes, initialised; the global random state neither read nor moved."""
    state = torch.random.get_rng_state()
    with seeded(torch.Generator().manual_seed(seed)):
        net = make()
    initialise(net, scheme, torch.Generator().manual_seed(seed))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(t.isfinite().all() for t in net.state_dict().values())
    return net


@pytest.mark.parametrize(("name", "side"), [("gan-2014", 28), ("dcgan-16", 16), ("gan-dropout", 28)])
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


@pytest.mark.parametrize("scheme", SCHEMES)
def test_groupnorm_starts_at_the_identity(scheme):
    norm = filled(lambda: nn.GroupNorm(2, 6), scheme)
    assert (norm.weight == 1).all()
    assert not norm.bias.any()


class Odd(nn.Module):
    """Parameters and buffers of its own, filled by itself and not."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.full((3,), 7.0))
        self.start = nn.Parameter(torch.randn(50, 40))
        self.empty = nn.Parameter(torch.empty(100, 100))
        self.part = nn.Parameter(torch.empty(2))
        self.part.data[0] = 5
        self.register_buffer("kernel", torch.tensor([1.0, 3.0, 3.0, 1.0]))
        self.register_buffer("mean", torch.empty(4))
        self.register_buffer("count", torch.empty(4, dtype=torch.int64))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_bare_parameters_keep_what_their_file_gave_them(scheme):
    net = filled(Odd, scheme)
    assert (net.gain == 7).all()
    assert net.kernel.tolist() == [1, 3, 3, 1]
    assert net.start.std().item() == pytest.approx(1, rel=0.05)
    assert net.empty.std().item() == pytest.approx(0.02, rel=0.05)
    assert net.part[0] == 5
    assert 0 < net.part[1].abs() < 0.2
    assert not net.mean.any()
    assert not net.count.any()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("make", "start"), [(lambda: nn.LayerNorm(6), 1), (lambda: nn.PReLU(6), 0.25)])
def test_other_layers_start_as_pytorch_starts_them(make, start, scheme):
    assert (filled(make, scheme).weight == start).all()


@pytest.mark.parametrize(("scheme", "spread"), [("torch", 1), ("dcgan", 0.02), ("keras", 0.05 / math.sqrt(3))])
def test_an_embedding_is_drawn(scheme, spread):
    layer = filled(lambda: nn.Embedding(200, 100, padding_idx=3), scheme)
    assert layer.weight.std().item() == pytest.approx(spread, rel=0.03)
    assert not layer.weight[3].any()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("norm", [spectral_norm, weight_norm])
def test_a_weight_under_a_parametrisation_is_drawn_as_without_it(norm, scheme):
    layer = filled(lambda: norm(nn.Linear(200, 300)), scheme)
    bare = filled(lambda: nn.Linear(200, 300), scheme).weight
    if norm is spectral_norm:
        assert torch.linalg.matrix_norm(layer.weight, 2).item() == pytest.approx(1, rel=0.05)
        torch.testing.assert_close(layer.parametrizations.weight.original, bare)
    else:
        torch.testing.assert_close(layer.weight, bare)


MANY = {
    "attention": lambda: nn.MultiheadAttention(8, 2),
    "bilinear": lambda: nn.Bilinear(3, 4, 5),
    "conv3": lambda: nn.Conv3d(2, 3, 2),
    "embedding": lambda: nn.Embedding(5, 3),
    "lstm": lambda: nn.LSTM(3, 4),
    "norms": lambda: nn.Sequential(nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, affine=True), nn.BatchNorm3d(4)),
    "odd": Odd,
    "orthogonal": lambda: orthogonal(nn.Linear(4, 4)),
    "spectral": lambda: spectral_norm(nn.Conv2d(2, 3, 3)),
    "transformer": lambda: nn.TransformerEncoderLayer(8, 2, 16),
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", MANY)
def test_any_layer_is_filled_and_one_seed_is_one_start(kind, scheme):
    one, again, other = (filled(MANY[kind], scheme, seed) for seed in (0, 0, 1))
    same = [torch.equal(a, b) for a, b in zip(one.state_dict().values(), again.state_dict().values(), strict=True)]
    assert all(same)
    if kind != "norms":
        assert any(not torch.equal(a, b) for a, b in zip(*(n.state_dict().values() for n in (one, other)), strict=True))


def test_every_way_to_draw_is_seeded():
    def draw():
        x = torch.empty(3)
        return [
            *(torch.rand(4), torch.randn(4), torch.randint(9, (4,)), torch.randint(2, 9, (4,)), torch.randperm(9)),
            *(torch.rand_like(x), torch.randn_like(x), torch.randint_like(x, 9), torch.randint_like(x, 2, 9)),
            *(torch.normal(0.0, 1.0, (4,)), torch.bernoulli(torch.full((9,), 0.5)), x.uniform_(), x.exponential_()),
        ]

    state = torch.random.get_rng_state()
    with seeded(torch.Generator().manual_seed(5)):
        one = draw()
    with seeded(torch.Generator().manual_seed(5)):
        again = draw()
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))


def test_a_draw_that_takes_no_generator_is_refused():
    with seeded(torch.Generator()), pytest.raises(TypeError, match="takes no generator"):
        torch.native_dropout(torch.ones(3), 0.5, True)
