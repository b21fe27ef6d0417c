"""Styles of a generator: truncation to one centre or the nearest, mixing, and what is added to w."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gan import images
from gan.config import RunConfig
from gan.models import build
from gan.sampler import Sampler, styles


def sampler(model: str = "mini-stylegan", n_classes: int = 0, **settings: int) -> Sampler:
    """An untrained generator."""
    config = RunConfig(model=model, z_dim=6, width=4, conditional=bool(n_classes), **settings)
    G, D = build(config, (1, 8, 8), n_classes, 0, "cpu")
    names = [str(k) for k in range(n_classes)]
    return Sampler(config, G, D, 0, {"shape": [1, 8, 8], "n_classes": n_classes, "names": names})


@pytest.fixture(scope="module")
def styled() -> Sampler:
    return sampler(w_dim=8)


@pytest.fixture
def z() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((5, 6)).astype(np.float32)


def test_w_moves_to_the_nearest_of_its_centres():
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0]])
    w = torch.tensor([[1.0, 1.0], [8.0, 0.0], [10.0, 4.0]])
    assert styles.draw_to(w, 0.5, centres).tolist() == [[0.5, 0.5], [9.0, 0.0], [10.0, 2.0]]
    assert torch.equal(styles.draw_to(w, 1.0, centres), w)


def test_clusters_are_the_means_of_what_is_nearest_to_them():
    generator = torch.Generator().manual_seed(0)
    middles = torch.tensor([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    w = (middles[:, None] + torch.randn(3, 200, 2, generator=generator)).transpose(0, 1).reshape(-1, 2)
    found = styles.cluster_means(w, 3)
    assert torch.cdist(found, middles).amin(1).max() < 0.3
    assert torch.cdist(middles, found).amin(1).max() < 0.3


def test_truncation_ends_at_one_picture_or_at_those_of_the_centres(styled, z):
    assert np.array_equal(styled.images(z, psi=1.0), styled.images(z))
    assert len(np.unique(styled.images(z, psi=0.0, centre="mean"), axis=0)) == 1
    many = np.random.default_rng(1).standard_normal((64, 6))
    assert 1 < len(np.unique(styled.images(many, psi=0.0), axis=0)) <= 64
    w = styled.mapping(z)
    near, mean = (styled.truncate(w, 0.7, centre) for centre in styles.CENTRES)
    assert np.array_equal(images.to_pixels(styled.synthesis(near)), styled.images(z, psi=0.7))
    assert np.linalg.norm(near - w) < np.linalg.norm(mean - w)


def test_a_conditional_generator_is_drawn_to_the_means_of_its_classes(z):
    told = sampler(n_classes=3, w_dim=8)
    w = told.mapping(z, np.array([0, 1, 2, 0, 1]))
    assert len(np.unique(told.truncate(w, 0.0).round(5), axis=0)) <= 3


def test_mixing_makes_every_pair_and_takes_layers_from_both(styled, z):
    coarse, fine = z[:2], z[2:]
    pairs = styled.mix(coarse, fine, 3)
    assert pairs.shape == (6, 8, 8, 1)
    w = styled.mapping(z)
    one = np.stack([w[1], w[1], w[1], w[4], w[4]])[None]
    assert np.array_equal(pairs[5:], images.to_pixels(styled.synthesis(one)))
    same = styled.mix(z[:1], z[:1], 2)
    assert np.array_equal(same, styled.images(z[:1]))
    with pytest.raises(ValueError, match="1 to 4, not 5"):
        styled.mix(coarse, fine, 5)
    with pytest.raises(ValueError, match="nothing to mix"):
        sampler("lean-dcgan").mix(coarse, fine, 1)


def test_what_stands_behind_z_is_added_to_w(styled, z):
    more = np.random.default_rng(2).standard_normal((5, 8)).astype(np.float32)
    both = np.concatenate([z, more], 1)
    assert both.shape[1] == styled.latent_dim
    assert np.allclose(styled.mapping(both), styled.mapping(z) + more, atol=1e-6)
    x = styled.generate(torch.from_numpy(both)).detach().numpy()
    assert np.array_equal(images.to_pixels(x), styled.images(both))
    plain = sampler("lean-dcgan")
    with pytest.raises(ValueError, match="latents must be"):
        plain.images(both)
    assert plain.latent_dim == plain.z_dim


def test_without_styles_z_itself_is_drawn_to_zero(z):
    plain = sampler("lean-dcgan")
    assert np.array_equal(plain.images(z, psi=0.5), plain.images(0.5 * z))
    assert np.array_equal(plain.truncate(z, 0.5), 0.5 * z)
