"""What can be changed while a run trains follows from the Knobs: a new live one is edited in gan/config.py alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from gan import config, runs
from tests.pages.conftest import FakeTrainers, MakeRun, Open
from ui.api.run_feed import RunFeed
from ui.report import details


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, make_run: MakeRun) -> Iterator[runs.Run]:
    """A run, in a house where Adam's beta 1 and BatchNorm may change while one trains."""
    fields = dict(config._fields())
    for name, event in (("beta1", "momentum"), ("batch_norm", "layers")):
        knob = dataclasses.replace(fields[name].knob, live=event, short="")
        fields[name] = dataclasses.replace(fields[name], knob=knob)
    monkeypatch.setattr(config, "_fields", lambda: fields)
    config._settings.cache_clear()
    yield make_run("one")
    config._settings.cache_clear()


def test_every_live_setting_has_a_dial_and_reaches_the_trainer(
    run: runs.Run, trainers: FakeTrainers, open_page: Open
) -> None:
    trainers.alive["one"] = "training"
    at = open_page("train", run="one")
    dials = {dial.label: dial for dial in (*at.select_slider, *at.selectbox, *at.number_input, *at.toggle)}
    rate, share = "Learning rate of G", "D updates per step"
    assert {rate, share, "Adam beta 1", "BatchNorm"} <= dials.keys()
    dials["Adam beta 1"].set_value(0.25).run()
    assert runs.find("one").control().beta1 == 0.25
    at = open_page("train", run="one")
    next(dial for dial in at.selectbox if dial.label == share).set_value(3).run()
    control = runs.find("one").control()
    assert (control.d_steps, control.beta1, control.lr_g) == (3, 0.25, None)


def test_the_last_change_is_undone(run: runs.Run, trainers: FakeTrainers, open_page: Open) -> None:
    trainers.alive["one"] = "training"
    assert "live-undo" not in [button.key for button in open_page("train", run="one").button]
    run.write_control(lr_g=0.01, beta1=0.25)
    run.record("momentum", step=10, beta1=0.25)
    run.record("lr", step=20, lr_g=0.01, lr_d=2e-3)
    open_page("train", run="one").button(key="live-undo").click().run()
    control = runs.find("one").control()
    assert (control.lr_g, control.beta1) == (2e-3, 0.25)


def test_an_event_of_a_live_setting_is_told_by_its_label(run: runs.Run) -> None:
    assert details.sentence({"event": "momentum", "beta1": 0.25}) == "Adam beta 1: 0.25"
    assert details.sentence({"event": "layers", "batch_norm": False}) == "BatchNorm: no"
    assert (
        details.sentence({"event": "ratio", "d_steps": 2, "g_steps": 1})
        == "D updates per step: 2, G updates per step: 1"
    )


def test_a_chart_is_told_what_to_call_it_and_what_it_was(run: runs.Run) -> None:
    live = RunFeed(run).series()["about"]["live"]
    assert live["beta1"] == {"label": "Adam beta 1", "event": "momentum", "first": 0.5}
    assert live["lr_g"] == {"label": "lr G", "event": "lr", "first": 2e-3}
