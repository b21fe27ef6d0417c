"""The scale of D's answer, of every loss."""

from __future__ import annotations

import pytest

from gan import registry
from gan.diagnostics import d_scale


@pytest.mark.parametrize("name", registry.names("losses"))
def test_a_loss_without_a_calibrated_probability_is_said_to_have_none(name):
    facts, scale = registry.card("losses", name).facts, d_scale.of_loss(name)
    assert (scale.probability, scale.threshold) == (facts["PROBABILITY"], facts["THRESHOLD"])
    assert bool(scale.note) == (not facts["CALIBRATED"])
    assert ("not a probability" in scale.note) == (not scale.probability)


def test_of_scores_without_a_threshold_only_the_order_counts():
    assert "order" in d_scale.of_loss("wasserstein").note
    assert "order" not in d_scale.of_loss("least-squares").note
