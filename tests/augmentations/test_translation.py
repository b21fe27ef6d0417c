"""Translation: against shifts by NumPy, the same draw for real and generated pictures, and a gradient for G."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from gan.augmentations import translation
from tests.engine import game_of, real_of


@pytest.mark.parametrize("shape", [(5, 1, 8, 8), (4, 3, 6, 9)])
@pytest.mark.parametrize("amount", [1, 3, 8, 20])
def test_pictures_are_shifted_as_by_numpy(shape, amount):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    draw = translation.draw(shape, torch.Generator().manual_seed(amount), amount)
    found = translation.augment(x, draw, amount).numpy()
    for one, (down, right), its in zip(x.numpy(), draw.tolist(), found, strict=True):
        wide = np.pad(one, ((0, 0), (amount, amount), (amount, amount)), mode="edge")
        moved = np.roll(wide, (down, right), axis=(1, 2))
        assert np.array_equal(moved[:, amount : amount + shape[2], amount : amount + shape[3]], its)


def test_draws_are_all_shifts_up_to_the_amount():
    draw = translation.draw((2000, 1, 8, 8), torch.Generator().manual_seed(0), 2)
    assert draw.dtype == torch.int64
    assert {tuple(pair) for pair in draw.tolist()} == {(i, k) for i in range(-2, 3) for k in range(-2, 3)}


def test_a_gradient_flows_to_where_each_pixel_came_from():
    x = torch.zeros(1, 1, 3, 3, requires_grad=True)
    shifted = translation.augment(x, torch.tensor([[1, 0]]), 1)  # down: the upper row is there twice
    shifted.backward(torch.arange(1.0, 10).view(1, 1, 3, 3))
    assert x.grad is not None
    assert x.grad[0, 0].tolist() == [[1 + 4, 2 + 5, 3 + 6], [7, 8, 9], [0, 0, 0]]


class Eyes(nn.Module):
    """D, noting what it is shown."""

    def __init__(self, D):
        super().__init__()
        self.D, self.seen = D, []

    def forward(self, x, y=None):
        self.seen.append(x)
        return self.D(x, y)


@pytest.mark.parametrize("model", ["gan-2014", "lean-dcgan"])
def test_real_and_generated_pictures_are_shifted_by_the_same_draw(model):
    """Also those that a relativistic G compares with; and G learns through the shift."""
    game = game_of(model=model, translation=2, loss="relativistic")
    eyes = Eyes(game.D)
    game.D = eyes
    fakes = []
    game.G.register_forward_hook(lambda _, args, x: fakes.append(x))
    before = [p.clone() for p in game.nets["G"].parameters()]
    real, others = real_of(0), real_of(1)
    game.d_step(real)
    game.g_step(others)
    draws = {
        whom: translation.draw((4, 1, 8, 8), game.rng.generator(f"gan.augmentations.translation for {whom}", 0), 2)
        for whom in ("D", "G")
    }
    assert draws["D"].any()
    assert not torch.equal(draws["D"], draws["G"])
    (fake,) = fakes
    expected = [(real, "D"), (fake, "D"), (others, "G"), (fake, "G")]
    seen = torch.cat(eyes.seen)
    for k, (x, whom) in enumerate(expected):
        assert torch.equal(seen[4 * k : 4 * k + 4], translation.augment(x, draws[whom], 2))
    assert all(not torch.equal(p, old) for p, old in zip(game.nets["G"].parameters(), before, strict=True))


def test_what_is_drawn_depends_on_the_update_alone():
    one, other = (game_of(model="gan-2014", translation=2) for _ in range(2))
    other.g_step()
    other.nets["G"].load_state_dict(one.nets["G"].state_dict())
    assert one.d_step(real_of(0)) == other.d_step(real_of(0))
