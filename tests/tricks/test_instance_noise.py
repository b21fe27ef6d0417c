"""Instance noise: of the asked size in all that D sees, less with every update of G, and none at last."""

from __future__ import annotations

import pytest
import torch

from gan.tricks import instance_noise
from tests.engine import game_of, real_of


def test_it_is_gaussian_of_the_asked_size():
    noise = instance_noise.draw((50, 2, 12, 12), torch.Generator().manual_seed(0), 0.3)
    assert noise.shape == (50, 2, 12, 12)
    assert noise.mean().item() == pytest.approx(0, abs=0.01)
    assert noise.std().item() == pytest.approx(0.3, rel=0.02)
    assert (noise.abs() < 0.3).float().mean().item() == pytest.approx(0.683, abs=0.01)
    x = torch.zeros(50, 2, 12, 12, requires_grad=True)
    seen = instance_noise.see(x, noise, 0.3)
    assert torch.equal(seen.detach(), noise)
    seen.sum().backward()
    assert x.grad is not None
    assert (x.grad == 1).all(), "G learns through it"


@pytest.mark.parametrize("reuse_fake", [True, False])
def test_d_and_g_see_as_much_of_it_until_it_has_faded(reuse_fake):
    game = game_of(instance_noise=0.5, instance_noise_steps=2, reuse_fake=reuse_fake, d_steps=2)
    strengths = []
    plain = game.see

    def see(x, views):
        strengths.append((plain(x, views) - x).std().item())
        return plain(x, views)

    game.see = see
    for k in range(3):
        game.d_step(real_of(2 * k))
        game.d_step(real_of(2 * k + 1))
        game.g_step()
        game.end_step()
    by_step = torch.tensor(strengths).view(3, 5).tolist()  # two of real and generated pictures each, one of G
    for found, expected in zip(by_step, (0.5, 0.25, 0.0), strict=True):
        assert found == pytest.approx([expected] * 5, rel=0.15)


def test_without_an_end_it_stays():
    (view,) = game_of(instance_noise=0.5, instance_noise_steps=0).views
    assert view.amount_after(1_000_000) == 0.5


def test_a_g_that_learns_alone_knows_the_shape_of_its_pictures():
    """No picture has been made when G's draws are: in colour and with classes, too. Without views nobody asks."""
    game = game_of((3, 8, 8), 4, instance_noise=0.5, conditional=True, reuse_fake=False)
    before = {name: value.clone() for name, value in game.nets["G"].state_dict().items()}
    assert game.shape == (3, 8, 8)
    assert all(torch.equal(value, before[name]) for name, value in game.nets["G"].state_dict().items())
    assert game.g_step()["g_loss"].isfinite()
    plain = game_of()
    plain.G_ema.register_forward_pre_hook(lambda *_: pytest.fail("a pass for nothing"))
    assert plain.shape == ()
