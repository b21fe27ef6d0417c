"""The form: widgets from the knobs, only what the choices use, nothing that cannot go together."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gan import registry
from gan.config import DECLARING, ConfigError, RunConfig, knob_of, settings
from gan.hosting import jobs
from ui.shared import commands, compatibility

FILES = {
    "datasets/grey.py": '"""Grey: small."""\nSHAPE = (1, 28, 28)\nFILES = ()\nLABELS = True\n',
    "datasets/colour.py": '"""Colour: larger."""\nSHAPE = (3, 32, 32)\nFILES = ()\n',
    "datasets/dots.py": '"""Dots: points."""\nSHAPE = (2, 1, 1)\nPOINTS = True\nFILES = ()\n',
    "datasets/away.py": '"""Away: not here."""\nSHAPE = (1, 28, 28)\nFILES = ("a/b",)\nDOWNLOAD_MB = 7\n',
    "datasets/own_images.py": '"""Own images: yours."""\nFILES = ()\nKNOBS = ("source", "image_size")\nLABELS = None\n',
    "models/any.py": '"""Any: all pictures."""\nMULTIPLE = 4\n'
    'KNOBS = ("z_dim", "width", "batch_norm", "conditional")\n',
    "models/small.py": '"""Small: 16 only."""\nKNOBS = ("z_dim",)\nSIZES = (16,)\n',
    "models/mono.py": '"""Mono: grey."""\nKNOBS = ()\nSIZES = (28,)\nCHANNELS = (1,)\n',
    "models/plane.py": '"""Plane: dots."""\nKNOBS = ("z_dim",)\nPOINTS = True\n',
    "models/torn.py": "def broken(:\n",
    "losses/only.py": '"""Only: one."""\n',
}
UNLABELLED = {"conditional", "balanced"}  # what data without classes do not use
START: dict[str, Any] = {"dataset": "grey", "model": "any", "loss": "only"}


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Data sets, models, losses and presets of our own in place of those of gan/, and no data."""
    for kind in ("games", "penalties", "tricks", "augmentations", "conditionings"):
        shutil.copytree(registry.HOME / kind, tmp_path / kind)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "presets").mkdir()
    monkeypatch.setattr(registry, "HOME", tmp_path)
    monkeypatch.setenv("GAN_DATA", str(tmp_path / "data"))
    return tmp_path


def values(**changes):
    return {**{n: f.default for n, f in settings().items()}, **START, **changes}


def page() -> None:
    import streamlit as st

    from ui.train import form

    if form.DRAFT not in st.session_state:
        form.fill(st.session_state["start"])
    st.session_state["config"] = form.render()


def drawn(**changes) -> AppTest:
    at = AppTest.from_function(page, default_timeout=20)
    at.session_state["start"] = values(**changes)
    at.run()
    assert not at.exception, at.exception
    return at


def labels(at: AppTest) -> set[str]:
    return {w.label.partition(" (0: ")[0] for w in (*at.selectbox, *at.number_input, *at.toggle, *at.text_input)}


def label(name: str) -> str:
    return knob_of(name).label


NOT_HERE = registry.card("games", "adversarial").facts["IDLE"]


def test_every_knob_has_a_widget():
    general = {label(name) for name in values() if name not in ("source", *NOT_HERE)}
    of_what_is_off = {"instance_noise_steps", "r1_every", "r2_every", "gradient_penalty_every", "conditioning"}
    assert general - labels(drawn()) == {label(name) for name in of_what_is_off}
    on = {"instance_noise": 0.1, "r1": 1.0, "r2": 1.0, "gradient_penalty": 1.0, "conditional": True}
    assert general - labels(drawn(**on)) == set()


def test_a_translation_has_what_it_uses_and_no_model(shelf: Path):
    """Pairs, or something to be restored; without both nothing starts, which is said."""
    at = drawn(game="translation", dataset="grey")
    assert {label(name) for name in ("game", "degradation", "l1", "spectral_norm", "width")} <= labels(at)
    assert not {label(name) for name in ("model", "z_dim", "r1", "conditional", "label_smoothing")} & labels(at)
    config = at.session_state["config"]
    assert "has no pairs" in compatibility.lacking(config)
    assert compatibility.lacking(config.replace(degradation="shrink")) == ""
    assert "does not know" in drawn(game="translation", dataset="grey", r1=1.0).error[0].value


def test_what_files_declare_stands_under_the_heading_of_its_kind_with_its_formula():
    at = drawn()
    headings = [told.value for told in at.markdown if told.value.startswith("**")]
    assert headings == ["**Penalties**", "**Tricks**", "**Augmentations**"]
    formulas = {told.value for told in at.caption if told.value.startswith("$")}
    widgets = {widget.label: widget.help for widget in (*at.selectbox, *at.toggle, *at.number_input)}
    for kind, name in [(each, name) for each in DECLARING for name in registry.names(each)]:
        card, setting = registry.card(kind, name), name.replace("-", "_")
        assert f"${card.facts['FORMULA']}$" in formulas, name
        told = widgets[label(setting)]
        assert card.summary[1:] in told, "why"
        assert knob_of(setting).help in told, "what the number is"
        assert re.search(r"arXiv:\d{4}\.\d{5}", told), "the source"
    assert {f"${knob_of(name).formula}$" for name in ("lr_g", "lr_d", "ema_decay")} <= formulas


def test_a_loss_stands_there_with_what_both_make_small(shelf: Path):
    text = '"""Pairs: two."""\nD_FORMULA = r"\\mathbb{E}\\,C(x)"\nG_FORMULA = "-1"\n'
    (shelf / "losses" / "pairs.py").write_text(text)
    captions = {told.value for told in drawn(loss="pairs").caption}
    assert {r"$\mathcal{L}_D = \mathbb{E}\,C(x)$", r"$\mathcal{L}_G = -1$", "Two."} <= captions


def test_what_the_loss_cannot_be_combined_with_is_said_before_start(shelf: Path):
    (shelf / "losses" / "pairs.py").write_text('"""Pairs: two."""\nSYMMETRIC = True\nNEEDS_REAL = True\n')
    assert drawn(loss="pairs").session_state["config"].loss == "pairs"
    at = drawn(loss="pairs", label_smoothing=0.1)
    assert "cannot be used with the loss pairs: a loss of pairs" in at.error[0].value
    assert at.session_state["config"] is None


@pytest.mark.parametrize(
    ("model", "dataset", "hidden"),
    [
        ("any", "grey", {"source"}),
        ("any", "colour", {"source", *UNLABELLED}),
        ("small", "grey", {"width", "image_size", "source", "batch_norm", "conditional"}),
        ("mono", "grey", {"z_dim", "width", "image_size", "source", "batch_norm", "conditional"}),
        ("plane", "dots", {"width", "image_size", "source", "batch_norm", *UNLABELLED}),
        ("any", "own-images", set()),
    ],
)
def test_only_what_the_choices_use(model, dataset, hidden):
    assert set(settings()) - set(compatibility.used(values(model=model, dataset=dataset))) == {
        *hidden,
        *NOT_HERE,  # of other games
        "conditioning",  # of runs with class labels
        "instance_noise_steps",  # of what is off
        "r1_every",
        "r2_every",
        "gradient_penalty_every",
    }


@pytest.mark.parametrize(
    ("dataset", "models"),
    [
        ("grey", ["any", "mono", "plane", "small"]),
        ("colour", ["any", "plane", "small"]),
        ("dots", ["plane"]),
        ("own-images", ["any", "mono", "plane", "small"]),
    ],
)
def test_models_that_cannot_learn_the_data_are_not_offered(dataset, models):
    assert compatibility.models_for(registry.card("datasets", dataset)) == models


def test_a_model_that_does_not_fit_is_replaced_and_told():
    settled, notes = compatibility.settle(values(dataset="dots"))
    assert settled["model"] == "plane"
    assert notes == ["Any makes pictures, and Dots are points. So the model is Plane now."]


@pytest.mark.parametrize(
    ("model", "dataset", "size", "settled"),
    [
        ("any", "grey", 0, 0),
        ("any", "grey", 31, 32),
        ("small", "grey", 0, 16),
        ("mono", "grey", 16, 0),
        ("any", "own-images", 0, 28),
        ("plane", "dots", 28, 0),
    ],
)
def test_the_side_is_one_the_model_can_make(model, dataset, size, settled):
    found, _ = compatibility.settle(values(model=model, dataset=dataset, image_size=size))
    assert found["image_size"] == settled


@pytest.mark.parametrize("dataset", ["grey", "colour", "dots", "own-images"])
@pytest.mark.parametrize("model", ["any", "mono", "plane", "small", "torn"])
def test_settling_ends(model, dataset):
    once, _ = compatibility.settle(values(model=model, dataset=dataset))
    assert compatibility.settle(once) == (once, [])


def test_choosing_data_in_the_form_carries_the_rest_along():
    at = drawn(width=24)
    at.selectbox(key="knob-dataset").set_value("dots").run()
    assert at.selectbox(key="knob-model").value == "plane"
    assert "points" in at.info[0].value
    at.selectbox(key="knob-dataset").set_value("grey").run()
    at.selectbox(key="knob-model").set_value("any").run()
    assert at.session_state["config"].width == 24, "hidden for a while, not lost"


def test_a_rate_that_is_not_in_the_list_is_offered():
    at = drawn(lr_g=0.0007)
    assert at.selectbox(key="knob-lr_g").value == 0.0007
    assert "0.0007" in at.selectbox(key="knob-lr_g").options
    assert "0.0007" not in at.selectbox(key="knob-lr_d").options


def test_problems_are_told_beside_the_form_and_nothing_is_lost():
    at = drawn(batch=77)
    for name in ("d_steps", "g_steps"):
        at.number_input(key=f"knob-{name}").set_value(0)
    at.run()
    assert not at.session_state["config"]
    assert "d_steps, g_steps: at least one" in at.error[0].value
    at.number_input(key="knob-g_steps").set_value(1).run()
    assert not at.error
    config: RunConfig = at.session_state["config"]
    assert (config.batch, config.d_steps, config.g_steps) == (77, 0, 1)


def test_the_bounds_of_a_knob_are_those_of_its_widget():
    at = drawn()
    for name in ("batch", "seed", "beta1", "ema_decay", "n_images"):
        widget, knob = at.number_input(key=f"knob-{name}"), knob_of(name)
        assert (widget.min, widget.max) == (knob.low, knob.high)


def test_missing_data_is_marked_and_one_button_gets_it():
    at = drawn(dataset="away")
    assert "Away  (not here yet)" in at.selectbox(key="knob-dataset").options
    assert at.button(key="get-away").label == "Get Away (7 MB)"


def test_own_images_need_a_place_where_they_are(tmp_path):
    def lacking(source: str) -> str:
        return compatibility.lacking(RunConfig.from_dict(values(dataset="own-images", source=source)))

    assert "Choose a zip" in lacking("")
    assert "nothing at '/no/such/folder'" in lacking("/no/such/folder")
    assert lacking(str(tmp_path)) == ""
    assert "source" not in compatibility.used(values())


def test_a_broken_file_breaks_only_itself():
    at = drawn()
    assert "torn" not in {o.lower() for o in at.selectbox(key="knob-model").options}
    assert at.session_state["config"] == RunConfig(**START)


def test_a_config_is_what_the_form_says():
    assert drawn(seed=5, ema_decay=0.5).session_state["config"] == RunConfig(**START, seed=5, ema_decay=0.5)


def test_a_broken_preset_is_left_out(shelf):
    from ui.shared import presets

    good = {"title": "Good: one", "sentence": "It works.", "budget": {"steps": 5}, "config": START}
    (shelf / "presets/good.json").write_text(json.dumps(good))
    (shelf / "presets/torn.json").write_text("{")
    (shelf / "presets/wrong.json").write_text(json.dumps({**good, "config": {"batch": 0}}))
    assert list(presets.presets()) == ["good"]
    assert presets.presets()["good"].who == "Good"
    with pytest.raises(registry.Unknown):
        presets.settings("no-such")
    with pytest.raises(ConfigError, match="batch"):
        presets.settings("wrong")


def test_a_download_shows_how_far_it_is_then_why_it_failed(monkeypatch):
    job = jobs.Job(done=2, total=7, unit="MB", text="2 of 7 MB")
    monkeypatch.setattr(jobs, "job", {"data:away": job}.get)
    at = drawn(dataset="away")
    assert at.get("progress")[0].proto.text == "2 of 7 MB"
    assert "get-away" not in {b.key for b in at.button}
    job.state, job.error = "failed", "There is no network: try again later."
    at.run()
    assert at.error[0].value == job.error
    assert at.button(key="get-away").label == "Get Away (7 MB)", "another try"


def test_data_somebody_asked_for_is_chosen_once_it_is_here(monkeypatch, shelf):
    asked: list[str] = []
    monkeypatch.setattr(commands, "get_data", asked.append)
    at = drawn(dataset="away")
    at.button(key="get-away").click().run()
    assert asked == ["away"]
    at.selectbox(key="knob-dataset").set_value("grey").run()
    (shelf / "data/a").mkdir(parents=True)
    (shelf / "data/a/b").write_bytes(b"")
    at.run()
    assert at.selectbox(key="knob-dataset").value == "away"
    at.selectbox(key="knob-dataset").set_value("grey").run()
    assert at.selectbox(key="knob-dataset").value == "grey", "only once"
