"""Mini StyleGAN: one shared convolution is the modulated one of the paper, and each layer has a style of its own."""

from __future__ import annotations

from functools import partial

import pytest
import torch
import torch.nn.functional as F

from gan.config import RunConfig
from gan.models import build, mini_stylegan
from gan.models.mini_stylegan import LAYERS, Modulated


def generator(shape=(1, 28, 28), n_classes=0, **settings):
    config = RunConfig(model="mini-stylegan", z_dim=6, width=4, w_dim=8, conditional=bool(n_classes), **settings)
    return build(config, shape, n_classes, 0, "cpu")[0]


@pytest.mark.parametrize("double", [False, True])
def test_scaling_around_one_convolution_is_a_modulated_and_demodulated_convolution_for_each_picture(double):
    torch.manual_seed(0)
    layer = Modulated(8, 5, 3, double=double)
    x, w = torch.randn(4, 5, 7, 7), torch.randn(4, 8)
    inside = 0 if double else 1
    convolve = partial(F.conv_transpose2d, stride=2, padding=1) if double else partial(F.conv2d, padding=1)
    rows = []
    for one, style in zip(x, layer.style(w), strict=True):
        weight = layer.weight * style.view([-1 if axis == inside else 1 for axis in range(4)])
        loudness = weight.square().sum((inside, 2, 3), keepdim=True) / (4 if double else 1)
        rows.append(convolve(one[None], 2**0.5 * weight / loudness.sqrt()))
    assert torch.allclose(layer(x, w), F.leaky_relu(torch.cat(rows) + layer.bias, 0.2), atol=1e-5)


def test_noise_comes_out_of_every_layer_as_loud_as_it_went_in():
    torch.manual_seed(0)
    x, w = torch.randn(64, 32, 14, 14), torch.randn(64, 8)
    for double in (False, True):
        y = Modulated(8, 32, 48, double=double)(x, w)[:, :, 2:-2, 2:-2]
        assert y.square().mean().item() == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
def test_one_style_for_all_layers_is_the_same_style_for_each(shape):
    G = generator(shape)
    w = G.mapping(torch.randn(3, 6))
    x = G.synthesis(w)
    assert x.shape == (3, *shape)
    assert torch.equal(G.synthesis(w[:, None].expand(-1, len(LAYERS), -1)), x)


def test_every_layer_listens_to_its_own_style_alone():
    G = generator()
    w = G.mapping(torch.randn(2, 6))
    styles = w[:1, None].expand(-1, len(LAYERS), -1).repeat(len(LAYERS), 1, 1)
    for layer in range(len(LAYERS)):
        styles[layer, layer] = w[1]  # picture k has another style in layer k
    apart = (G.synthesis(styles) - G.synthesis(w[:1])).abs().flatten(1).amax(1)
    assert (apart > 1e-3).all()


def test_how_long_z_is_does_not_count():
    G = generator()
    z = torch.randn(3, 6)
    assert torch.allclose(G(z), G(5 * z), atol=1e-5)


def test_mixing_while_training_gives_a_share_of_the_pictures_two_styles_with_every_border():
    G = generator(style_mixing=0.5)
    one, other = torch.zeros(16, 8), torch.ones(16, 8)
    coarse = (G.mix(one, other) == 0).all(2).sum(1).tolist()  # layers that have the first style
    assert coarse == [1, 2, 3, 4, 1, 2, 3, 4, *[5] * 8]
    z = torch.randn(16, 6)
    assert not torch.allclose(G(z), G.eval()(z), atol=1e-3)
    assert torch.equal(generator(style_mixing=0.0)(z), generator(style_mixing=0.0).eval()(z))


def test_the_maths_has_no_branch_on_values_so_it_can_be_traced():
    G = generator().eval()
    z = torch.randn(2, 6)

    class Half(torch.nn.Module):
        def __init__(self, of):
            super().__init__()
            self.G, self.of = G, of

        def forward(self, x):
            return getattr(self.G, self.of)(x)

    w = torch.fx.symbolic_trace(Half("mapping"))(z)
    assert torch.allclose(torch.fx.symbolic_trace(Half("synthesis"))(w), G(z))


def test_a_class_is_part_of_the_style():
    G = generator(n_classes=3)
    z = torch.randn(2, 6)
    assert not torch.allclose(G(z, torch.tensor([0, 0])), G(z, torch.tensor([1, 2])))
    assert G.mapping(z, torch.tensor([0, 1])).shape == (2, 8)
    assert mini_stylegan.W_DIM == "w_dim"
