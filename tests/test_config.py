"""RunConfig: what it takes, what it says of what it does not take, and that it survives JSON."""

from __future__ import annotations

import dataclasses
import json
import math

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan import config as configs
from gan import registry
from gan.config import ConfigError, RunConfig

FIELDS = list(RunConfig().to_dict())  # without those that other models and data sets declare
NUMBERS = [name for name in FIELDS if type(configs.settings()[name].default) in (int, float)]


def values_of(name: str) -> st.SearchStrategy:
    """Every value that a field takes."""
    knob, default = configs.knob_of(name), configs.settings()[name].default
    if options := knob.options():
        return st.sampled_from(options)
    if isinstance(default, bool):
        return st.booleans()
    if isinstance(default, int):
        return st.integers(int(knob.low), int(knob.high))
    if isinstance(default, float):
        return st.floats(knob.low, knob.high)
    return st.text()


CONFIGS = st.fixed_dictionaries({}, optional={name: values_of(name) for name in FIELDS}).filter(
    lambda values: values.get("d_steps", 1) or values.get("g_steps", 1)
)


@given(CONFIGS)
def test_settings_survive_json(values):
    config = RunConfig.from_dict(values)
    again = RunConfig.from_dict(json.loads(json.dumps(config.to_dict())))
    assert again == config
    assert list(config.to_dict()) == list(configs.settings(config.model, config.dataset))
    assert config.replace() == config


@hypothesis.settings(max_examples=25)
@given(CONFIGS)
def test_typed_text_means_the_same_as_the_value(values):
    for name, value in values.items():
        assert configs.parser_of(name)(str(value)) == value
        assert configs.check(name, value) == ""


@pytest.mark.parametrize("name", FIELDS)
def test_a_value_of_another_type_is_named_with_what_is_allowed(name):
    knob, default = configs.knob_of(name), configs.settings()[name].default
    wrong = {str: 3, int: "3", float: "0.1", bool: 1}[type(default)]
    for value in (wrong, None, [default], {"a": 1}, *([] if isinstance(default, bool) else [True])):
        with pytest.raises(ConfigError) as caught:
            RunConfig.from_dict({name: value})
        (problem,) = caught.value.problems
        assert problem.startswith(f"{name}: {value!r} is not ")
        for option in knob.options():
            assert str(option) in problem
        if name in NUMBERS and not knob.options():
            assert configs.plain(knob.low) in problem
            assert configs.plain(knob.high) in problem


@pytest.mark.parametrize("name", NUMBERS)
def test_a_value_out_of_range_is_named_with_the_range(name):
    knob = configs.knob_of(name)
    for value in (-1, 10**9, 10**400, -(10**400), *([math.inf, math.nan] if "lr" in name else [])):
        if name == "seed" and value == 10**9:
            continue
        with pytest.raises(ConfigError) as caught:
            RunConfig.from_dict({name: value})
        (problem,) = caught.value.problems
        assert problem.startswith(f"{name}: ")
        if not knob.options():
            assert configs.plain(knob.low) in problem
            assert configs.plain(knob.high) in problem


@pytest.mark.parametrize("name", NUMBERS)
def test_both_ends_of_a_range_are_allowed_and_no_more(name):
    knob, default = configs.knob_of(name), configs.settings()[name].default
    if knob.options():
        return
    for end, beyond in ((knob.low, -1), (knob.high, 1)):
        value = int(end) if isinstance(default, int) else end
        assert configs.check(name, value) == ""
        assert configs.check(name, value + beyond) != ""


def test_every_wrong_field_is_told_at_once():
    with pytest.raises(ConfigError) as caught:
        RunConfig.from_dict({"colour": 1, "batch": 0, "loss": "wgan", "Batch": 2})
    told = caught.value.problems
    assert [text.split(":")[0] for text in told] == ["colour", "Batch", "loss", "batch"]
    assert "there are dataset, model, game, loss" in told[0]
    assert str(caught.value) == "\n".join(told)


def test_some_updates_there_must_be():
    with pytest.raises(ConfigError, match=r"^d_steps, g_steps: at least one of the two must be 1"):
        RunConfig(d_steps=0, g_steps=0)
    assert RunConfig(d_steps=0).g_steps == 1


@pytest.mark.parametrize("text", ["maybe", "", "2"])
def test_a_switch_takes_true_or_false(text):
    with pytest.raises(ValueError, match=r"is not true or false"):
        configs.parser_of("reuse_fake")(text)
    assert [configs.parser_of("reuse_fake")(word) for word in ("True", "no", "1")] == [1, 0, 1]


def test_a_word_may_stand_for_zero():
    for name, word in (("threads", "auto"), ("n_images", "all")):
        assert [configs.parser_of(name)(text) for text in (word, "0", "3")] == [0, 0, 3]
    with pytest.raises(ValueError, match="all"):
        configs.parser_of("threads")("all")


def test_a_config_is_frozen_and_every_field_explains_itself():
    with pytest.raises(dataclasses.FrozenInstanceError):
        RunConfig().batch = 3  # type: ignore[misc]
    for name in FIELDS:
        knob = configs.knob_of(name)
        assert knob.help.endswith(".")
        assert knob.label
        assert knob.group in ("usual", "more")
        assert all(configs.check(name, value) == "" for value in knob.shown)


@pytest.mark.parametrize("name", registry.names("presets"))
def test_a_preset_is_settings_and_words(name):
    config, told = configs.preset(name)
    assert config.to_dict().items() >= told["config"].items()
    assert told["title"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ("{}", "cannot be read: 'config'"),
        ('{"config": []}', "cannot be read"),
        ('{"config": {"batch": -1}}', "batch: -1 is not between 1 and 4096"),
    ],
)
def test_a_broken_preset_breaks_only_itself(tmp_path, monkeypatch, text, said):
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "odd.json").write_text(text)
    monkeypatch.setattr(registry, "HOME", tmp_path)
    with pytest.raises(ConfigError) as caught:
        configs.preset("odd")
    assert said in str(caught.value)


def test_an_unknown_preset_is_told_with_those_there_are():
    with pytest.raises(registry.Unknown, match=r"'odd' is not one of the presets: .*dcgan-16"):
        configs.preset("odd")
