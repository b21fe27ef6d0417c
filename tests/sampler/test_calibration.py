"""D with its zero in place: statistics of a mixture, zero in the middle, D itself untouched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gan import images
from gan.sampler import Sampler
from gan.sampler.calibration import calibrate

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"


class Judge(nn.Module):
    """Shifted as a trained D is: its BatchNorm has seen other batches."""

    def __init__(self, norm: Any = nn.BatchNorm2d) -> None:
        super().__init__()
        self.norm: Any = norm(1)
        self.eval()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(x).mean((1, 2, 3)) - 7


@pytest.fixture
def both() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    real, fake = torch.randn(2, 64, 1, 4, 4, generator=generator) / 9
    return real + 0.5, fake - 0.3


def test_statistics_are_those_of_the_mixture_and_zero_is_in_its_middle(both):
    D = Judge()
    critic = calibrate(D, *both)
    assert critic.calibrated
    assert isinstance(critic.D, Judge)
    norm = critic.D.norm
    mixture = torch.cat(both)
    assert norm.running_mean.item() == pytest.approx(mixture.mean().item(), abs=1e-5)
    assert norm.running_var.item() == pytest.approx(mixture.var().item(), abs=1e-4)
    assert critic(mixture).sigmoid().mean().item() == pytest.approx(0.5, abs=1e-4)
    assert (critic(both[0]) > 0).all()
    assert (critic(both[1]) < 0).all()
    assert D.norm.running_mean.item() == 0  # D stays as it was
    assert not critic.D.training


def test_without_batchnorm_d_means_what_it_says(both):
    D = Judge(nn.Identity)
    critic = calibrate(D, *both)
    assert critic.calibrated
    assert torch.equal(critic(both[0]), D(both[0]))


def test_without_real_pictures_it_stays_as_it_is(both):
    D = Judge()
    critic = calibrate(D, None, both[1])
    assert not critic.calibrated
    assert torch.equal(critic(both[0]), D(both[0]))


def test_an_early_critic_that_had_it_the_wrong_way_round_is_put_right():
    """After 27 steps the running statistics turn even the order: as trained, D finds what is generated more real."""
    path = CHECKPOINTS / "dcgan-deep-mnist"
    sampler = Sampler.load(path, 27)
    real = images.tiles(images.decode((path / "samples" / "real.webp").read_bytes()), sampler.shape)
    fake = sampler.images(np.random.default_rng(0).standard_normal((64, sampler.z_dim)))

    def told(critic: Any, pictures: np.ndarray) -> float:
        x = torch.from_numpy(pictures.transpose(0, 3, 1, 2)).float() / 127.5 - 1
        return critic(x).median().item()

    assert told(sampler._D, real) < told(sampler._D, fake)
    assert np.median(sampler.critic(real)) > 0.3
    assert np.median(sampler.critic(fake)) < -0.3
