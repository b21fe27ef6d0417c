"""Cutout: a square of the asked size, everywhere in turn, and no gradient from under it."""

from __future__ import annotations

import pytest
import torch

from gan.augmentations import cutout


@pytest.mark.parametrize("amount", [1, 2, 3, 5])
@pytest.mark.parametrize("shape", [(3000, 2, 6, 9), (3000, 1, 5, 5), (20, 2, 1, 1)])
def test_a_square_is_covered_in_every_channel(shape, amount):
    H = shape[2]
    x = torch.ones(shape)
    found = cutout.augment(x, cutout.draw(shape, torch.Generator().manual_seed(amount), amount), amount)
    covered = found == 0
    assert set(found.unique().tolist()) <= {0.0, 1.0}
    assert torch.equal(covered, covered[:, :1].expand(shape))
    rows, columns = covered[:, 0].any(2), covered[:, 0].any(1)
    assert torch.equal(covered[:, 0], rows[:, :, None] & columns[:, None, :])  # a rectangle
    assert rows.sum(1).max() == min(amount, H // 2)
    assert rows.sum(1).min() >= min(amount, H // 2) // 2  # at the edge a part of it
    assert covered.flatten(1).any(0).all() or H == 1  # every pixel once, but never all of a picture


def test_no_gradient_comes_from_under_it():
    x = torch.zeros(1, 1, 4, 4, requires_grad=True)
    draw = torch.tensor([[0.5, 0.5]])
    cutout.augment(x, draw, 2).sum().backward()
    assert x.grad is not None
    assert x.grad.sum() == 16 - 4
