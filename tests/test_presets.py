"""Every preset in the folder: valid, told in words, fit for its data, faithful where it says so."""

from __future__ import annotations

import pytest

from gan import registry
from gan.config import preset
from gan.models import build

PRESETS = registry.names("presets")

# What the five published introductions say, number for number.
COMMON = {"loss": "non-saturating", "beta2": 0.999, "d_steps": 1, "g_steps": 1, "ema_decay": 0.0}
FAITHFUL = {
    "gan-2014": {
        "model": "gan-2014",
        "batch": 64,
        "lr_g": 2e-4,
        "lr_d": 2e-4,
        "beta1": 0.5,
        "z_dim": 100,
        "samples": 64,
        "reuse_fake": True,
        "image_size": 0,
    },
    "dcgan-16": {
        "model": "dcgan-16",
        "batch": 64,
        "lr_g": 2e-4,
        "lr_d": 2e-4,
        "beta1": 0.5,
        "z_dim": 100,
        "reuse_fake": True,
        "image_size": 16,
    },
    "first-steps": {"model": "first-steps", "dataset": "ring", "z_dim": 2, "reuse_fake": False},
    "dcgan-tutorial": {
        "model": "dcgan-tutorial",
        "batch": 256,
        "lr_g": 1e-4,
        "lr_d": 1e-4,
        "beta1": 0.9,
        "z_dim": 100,
        "samples": 16,
        "reuse_fake": True,
        "image_size": 0,
    },
    "gan-dropout": {"model": "gan-dropout", "batch": 128, "lr_g": 2e-4, "lr_d": 2e-4, "beta1": 0.5, "z_dim": 128},
}
EPOCHS = {"gan-2014": 200, "dcgan-16": 200, "gan-dropout": 100}


@pytest.mark.parametrize("name", PRESETS)
def test_it_is_valid_and_told_in_words(name):
    config, told = preset(name)
    assert set(told) - {"scenario"} == {
        "title",
        "sentence",
        "look_for",
        "first_digits_images",
        "images_per_second",
        "budget",
        "order",
        "config",
    }
    assert 0 < len(told["title"]) <= 60
    assert told["sentence"].endswith(".")
    assert told["look_for"].endswith((".", "?"))
    ((unit, amount),) = told["budget"].items()
    assert unit == "steps"
    assert amount > 0
    assert told["first_digits_images"] is None or told["first_digits_images"] > 0
    assert told["images_per_second"] > 0  # on one core, beside the other presets
    assert config.threads == 0  # belongs to a machine, not to a preset
    assert config.device == "auto"


@pytest.mark.parametrize("name", PRESETS)
def test_it_tells_only_what_differs_from_the_defaults(name):
    told = registry.load("presets", name)["config"]
    config = preset(name)[0]
    usual = type(config)(model=config.model, dataset=config.dataset).to_dict() | {"dataset": type(config)().dataset}
    assert [key for key, value in told.items() if key != "model" and value == usual[key]] == []


@pytest.mark.parametrize("name", PRESETS)
def test_its_networks_fit_its_data(name):
    config, _ = preset(name)
    facts = registry.card("datasets", config.dataset).facts
    shape, n_classes = facts["SHAPE"], 10 if facts.get("LABELS") else 0
    if config.image_size:
        shape = (shape[0], config.image_size, config.image_size)
    G, D = build(config, shape, n_classes, 0, "meta")
    assert G.training
    assert D.training


@pytest.mark.parametrize("name", FAITHFUL)
def test_faithful_presets_keep_the_published_numbers(name):
    config = preset(name)[0].to_dict()
    expected = COMMON | FAITHFUL[name]
    assert {key: config[key] for key in expected} == expected


@pytest.mark.parametrize("name", EPOCHS)
def test_faithful_presets_keep_the_published_epochs_of_60000_images(name):
    config, told = preset(name)
    assert told["budget"]["steps"] * config.batch == EPOCHS[name] * 60_000


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_as_long_with_few_pictures_as_with_many(name):
    config, told = preset(name)
    assert told["budget"]["steps"] >= 1_000
    assert config.half_life == 0, "half_life_steps does not depend on how many pictures there are"


def test_their_order_is_unique_and_lean_comes_first():
    order = {name: registry.load("presets", name)["order"] for name in PRESETS}
    assert len(set(order.values())) == len(order)
    assert min(order, key=lambda name: order[name]) == "lean"


SCENARIOS = [name for name in PRESETS if "scenario" in registry.load("presets", name)]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_broken_one_says_what_mends_it(name):
    config, told = preset(name)
    scenario = told["scenario"]
    assert set(scenario) == {"setup", "answers", "light", "change", "repair"}
    assert scenario["setup"].endswith(".")
    assert scenario["change"].endswith(".")
    assert config.replace(**scenario["repair"]) != config
    assert all(getattr(config, key) != value for key, value in scenario["repair"].items())
    assert name.startswith("broken-")


def test_healthy_and_broken_ones_are_told_apart():
    assert len(SCENARIOS) >= 7
    assert "lean" not in SCENARIOS
    orders = [registry.load("presets", name)["order"] for name in PRESETS]
    assert len(set(orders)) == len(orders), "each has its own place"
