"""Layers that compare the pictures of a batch: by hand, apart for real and generated, and calm for who looks at one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gan.models._layers import mixes_samples
from gan.tricks import minibatch_deviation, minibatch_discrimination
from tests.engine import game_of, real_of

TRICKS: dict[str, Any] = {"minibatch_deviation": True, "minibatch_discrimination": 3}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def features(n: int = 4) -> torch.Tensor:
    return torch.randn(n, 6, generator=seeded(n), dtype=torch.float64)


def test_the_deviation_by_numpy():
    x = features()
    found = minibatch_deviation.Deviation().double().measure(x)
    assert found.shape == (4, 1)
    np.testing.assert_allclose(found, np.full((4, 1), np.sqrt(x.numpy().var(0) + 1e-8).mean()), rtol=1e-12)
    assert minibatch_deviation.Deviation().measure(torch.ones(4, 6)).max() < 1e-3  # all alike


def test_closeness_by_loops():
    layer = minibatch_discrimination.Closeness(6, 3, seeded(), torch.float64)
    x = features()
    rows = (x.numpy() @ layer.T.detach().numpy()).reshape(4, 3, 5)
    expected = np.zeros((4, 3))
    for i in range(4):
        for k in set(range(4)) - {i}:
            expected[i] += np.exp(-np.abs(rows[i] - rows[k]).sum(1))
    np.testing.assert_allclose(layer.measure(x).detach(), expected, rtol=1e-9)
    assert torch.equal(layer.measure(torch.ones(5, 6, dtype=torch.float64)), torch.full((5, 3), 4.0).double())


@pytest.mark.parametrize("name", TRICKS)
@pytest.mark.parametrize("model", ["gan-2014", "lean-resnet"])
def test_real_and_generated_pictures_are_compared_among_themselves(name, model):
    game = game_of(model=model, **{name: TRICKS[name]})
    D: Any = game.nets["D"]
    assert mixes_samples(D)
    real, fake = real_of(0), real_of(1)
    D.requires_grad_(False)
    apart = torch.cat([D(real), D(fake)])
    assert torch.equal(torch.cat(game.logits(real, fake, None)[:2]), apart)
    assert not torch.allclose(D(torch.cat([real, fake])), apart)


@pytest.mark.parametrize("name", TRICKS)
def test_who_looks_at_one_picture_gets_the_answer_it_has_among_others(name):
    game = game_of(**{name: TRICKS[name]})
    for k in range(3):
        game.d_step(real_of(k))
    D = game.nets["D"].eval()
    with torch.no_grad():
        torch.testing.assert_close(D(real_of(7))[:1], D(real_of(7)[:1]))
    moved = [value for key, value in D.state_dict().items() if key.endswith(".running")]
    assert len(moved) == 1  # a checkpoint keeps it
    assert moved[0].any()


@pytest.mark.parametrize("name", TRICKS)
def test_what_d_had_learned_to_see_stays(name):
    """The weights for the picture's own features are those without the trick."""
    one, other = (game_of(seed=3, **more).nets["D"].state_dict() for more in ({}, {name: TRICKS[name]}))
    plain = [*one.values()]
    kept = [value for key, value in other.items() if not key.endswith((".running", ".T"))]
    for before, after in zip(plain, kept, strict=True):
        assert torch.equal(before, after[:, : before.shape[1]] if after.ndim == 2 else after)


def test_a_d_without_a_linear_layer_is_refused():
    with pytest.raises(ValueError, match="no linear layer"):
        minibatch_deviation.prepare(nn.Conv2d(1, 1, 3), True, seeded())
