"""What two runs of one seed may differ in: every field of every preset has another value worth comparing."""

from __future__ import annotations

import pytest

from gan import registry
from gan.config import ConfigError, RunConfig, check
from ui.compare import pair as compare_pair
from ui.compare.pair import Pair
from ui.shared import compatibility, presets


@pytest.fixture(autouse=True)
def data_is_here(monkeypatch):
    monkeypatch.setattr(registry, "missing", lambda card, root: [])


@pytest.mark.parametrize("preset", registry.names("presets"))
def test_every_knob_of_every_preset_has_another_value(preset):
    values = presets.settings(preset)
    for name in compare_pair.varied(values):
        other = compare_pair.other(name, values)
        assert type(other) is type(values[name])
        assert not check(name, other)
        only = name in ("model", "dataset", "image_size") and other == values[name]
        assert other != values[name] or only, name  # nothing else fits
        if not only:
            one, two = Pair.of(values, name, values[name], other).configs
            assert one == RunConfig.from_dict(values)
            assert getattr(two, name) == other
            assert one.seed == two.seed or name == "seed"


def test_what_changes_nothing_that_is_learned_is_not_offered():
    values = RunConfig(dataset="mnist", model="gan-2014").to_dict()
    offered = compare_pair.varied(values)
    assert not {"device", "threads", "source", "log_every"} & {*offered}
    assert "width" not in offered  # this model has none
    assert {"lr_d", "loss", "ema_decay", "seed"} <= {*offered}


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("lr_d", 0.002, 0.02),
        ("lr_g", 0.5, 1.0),
        ("lr_d", 1.0, 0.1),
        ("ema_decay", 0.99, 0.0),
        ("ema_decay", 0.0, 0.9999),
        ("reuse_fake", True, False),
        ("loss", "hinge", "least-squares"),
        ("z_dim", 100, 2),
        ("seed", 0, 1),
        ("n_images", 0, 1000),
        ("d_steps", 1, 5),
    ],
)
def test_the_other_value_tells_something(name, value, other):
    values = {**RunConfig(dataset="mnist").to_dict(), name: value}
    assert compare_pair.other(name, values) == other


def test_titles_begin_with_what_differs():
    pair = Pair.of(RunConfig(dataset="mnist").to_dict(), "lr_d", 0.002, 0.02)
    assert pair.titles("The lean one") == [
        "Learning rate of D: 0.002 · The lean one",
        "Learning rate of D: 0.02 · The lean one",
    ]
    pair = Pair.of(RunConfig(dataset="mnist").to_dict(), "loss", "hinge", "non-saturating")
    assert [title.split(" · ")[0] for title in pair.titles("x")] == ["Loss: Hinge", "Loss: Non-saturating"]


def test_a_second_difference_is_told(monkeypatch):
    monkeypatch.setattr(compatibility, "settle", lambda values: (values, ["So the size is 16 now."]))
    pair = Pair.of(RunConfig(dataset="mnist").to_dict(), "model", "lean-dcgan", "gan-2014")
    assert pair.notes == ("So the size is 16 now.",)


def test_values_that_cannot_be_are_refused():
    with pytest.raises(ConfigError, match="d_steps"):
        Pair.of(RunConfig(dataset="mnist", d_steps=1).to_dict(), "d_steps", 1, 99)
