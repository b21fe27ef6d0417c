"""What G loses and feels at each logit, of every loss there is."""

from __future__ import annotations

import numpy as np
import pytest

from gan import registry
from gan.training import loss_curves

LOGITS = np.linspace(-4, 4, 161)


@pytest.mark.parametrize("name", registry.names("losses"))
def test_the_slope_is_that_of_the_curve(name):
    values, slopes = loss_curves.of_g(name, LOGITS)
    assert -np.gradient(values, LOGITS)[1:-1] == pytest.approx(slopes[1:-1], rel=1e-3, abs=1e-3)


def test_minimax_fades_where_the_non_saturating_loss_is_steepest():
    (_, minimax), (_, other) = (loss_curves.of_g(name, LOGITS) for name in ("minimax", "non-saturating"))
    assert minimax[0] < 0.02
    assert other[0] > 0.98
    assert minimax + other == pytest.approx(np.ones_like(LOGITS))
