"""What the script over every page may ask for: to go to a page of the app, and to start what a lesson names."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gan import runs
from gan.config import RunConfig
from tests.pages.conftest import FakeTrainers, MakeRun
from ui.shared import access, navigation
from ui.shell import guide

START = {"lesson": "first-digits", "step": 1}


def asking(told: Any, what: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """A session in which the script has asked for something, and the wish was looked at."""

    def script(what: str) -> None:
        import streamlit as st

        from ui.shell import guide
        from ui.train import starting

        if "asked" not in st.session_state:
            st.session_state["asked"] = True
            getattr(guide, what)()
        starting.render()

    monkeypatch.setattr(guide, "_told", lambda name: told)
    at = AppTest.from_function(script, args=(what,), default_timeout=20).run()
    assert not at.exception
    return at


def test_a_driver_starts_what_the_step_names(trainers: FakeTrainers, make_run: MakeRun, monkeypatch) -> None:
    make_run("busy", steps=5)
    trainers.alive["busy"] = "training"
    at = asking(START, "_start", monkeypatch)
    assert runs.find("busy").control().want == "stop"
    assert len(trainers.started) == 1
    assert at.session_state[navigation.GO][0] == "train"
    config = runs.find(trainers.started[0]).config()
    assert (config.model, config.lr_d) == ("lean-resnet", 0.001)


def test_a_watcher_starts_and_stops_nothing(trainers: FakeTrainers, make_run: MakeRun, monkeypatch) -> None:
    make_run("busy", steps=5)
    trainers.alive["busy"] = "training"
    monkeypatch.setenv("FORGER_PIN", "1234")
    asking(START, "_start", monkeypatch)
    assert trainers.started == []
    assert runs.find("busy").control().want == "run"


@pytest.mark.parametrize(
    "told",
    [
        *(None, 1, {}, {"lesson": "nothing", "step": 0}, {"lesson": "tour", "step": -1}),
        *({"lesson": "tour", "step": 99}, {"lesson": "tour", "step": "0"}, {"lesson": "../x", "step": 0}),
        {"lesson": "tour", "step": 1},
    ],
)
def test_what_no_lesson_names_is_not_started(trainers: FakeTrainers, told: Any, monkeypatch) -> None:
    asking(told, "_start", monkeypatch)
    assert trainers.started == []


@pytest.mark.parametrize(
    ("told", "where"),
    [
        ({"page": "explore", "query": {"run": "x"}}, ("explore", {"run": "x"})),
        ({"page": "../app", "query": {}}, None),
        ({"page": "nothing", "query": {}}, None),
        ({"page": "train", "query": {"run": 1}}, None),
        (None, None),
    ],
)
def test_it_goes_to_pages_of_the_app_only(told: Any, where: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    at = asking(told, "_go", monkeypatch)
    assert (at.session_state[navigation.GO] if navigation.GO in at.session_state else None) == where  # noqa: SIM401


def test_the_class_is_asked_by_whoever_has_the_pin_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.shell import asking as class_

    monkeypatch.setenv("FORGER_PIN", "1234")
    for act in (class_._ask, class_._follow, class_._end, lambda: class_._tell(1, 0)):
        with pytest.raises(access.NotAllowed):
            act()


def test_a_run_with_a_setting_changed_is_called_by_it() -> None:
    changes = {"batch_norm": True, "lr_g": 0.05}
    title = guide._title(RunConfig(**changes), "broken-no-batchnorm", changes)
    assert title.startswith("BatchNorm yes, Learning rate of G 0.05: ")
    assert guide._title(RunConfig(), "lean", {}) == ""
