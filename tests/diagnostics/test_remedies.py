"""Remedies: for each trouble something that the run does not have yet and that can be combined with it."""

from __future__ import annotations

import pytest

from gan import registry
from gan.config import RunConfig, loss_conflict
from gan.diagnostics.remedies import MAX_OFFERED, OF_STATUS, remedies
from tests.diagnostics.test_health import BROKEN

LOSSES = registry.names("losses")


@pytest.mark.parametrize("status", OF_STATUS)
@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_offered_changes_something_and_can_be(status, loss):
    bare = RunConfig(loss=loss)
    clipped = RunConfig(loss=loss, weight_clipping=0.01, lr_d=1e-4, n_images=100, batch_norm=False)
    for config in (bare, clipped):
        offered = remedies(status, config)
        assert len({remedy.label for remedy in offered}) == len(offered) <= MAX_OFFERED
        for remedy in offered:
            treated = config.replace(**remedy.changes)
            assert treated != config
            assert loss_conflict(treated) == ""
            assert remedy.text.endswith(".")


def test_r1_helps_a_d_that_wins_and_pairs_a_g_that_collapses():
    config = RunConfig(loss="non-saturating")
    assert next(remedy.label for remedy in remedies("D winning", config)) == "R1"
    assert "minibatch deviation" in [remedy.label for remedy in remedies("mode collapse", config)]
    assert remedies("learning", config) == remedies("fog", config) == []


def test_every_trouble_that_a_broken_preset_shows_and_settings_mend_has_remedies():
    lights = {registry.load("presets", path.name.removesuffix(".json.gz"))["scenario"]["light"] for path in BROKEN}
    assert lights - {"D not trained", "G not trained"} <= OF_STATUS.keys()
