"""Mounts the question of a failure: its answers to pick from, and the measured verdict once there is one."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gan.runs import Run
from ui.failures.outcomes import WORKING, answers
from ui.shared.component import component
from ui.shared.presets import Preset

KEY = "prediction"  # of the view, and of what it tells, in the session
PICKED = "picked-outcome"  # in the session: the case that was answered last

_mount = component("prediction", "failures/prediction.js", "failures/prediction.css", isolate=False)


def ask(case: Preset, run: Run | None, picked: Callable[[], None]) -> None:
    """The question, or what came of it where `run` is there. `picked` is called when an answer is chosen.

    Answers stay in the browser in which they were given: each watcher has one.
    """
    if case.scenario is None:
        raise ValueError(f"{case.name} is not broken on purpose")
    data = {
        "case": case.name,
        "answers": [{"name": name, "words": words} for name, words in answers(case.scenario).items()],
        "working": WORKING,
        "run": run.id if run else "",
        "answered": answered(case),
    }
    _mount(key=KEY, data=data, on_picked_change=picked)


def answered(case: Preset) -> bool:
    """Whether this browser has told in this session that it chose an answer."""
    return bool(st.session_state.get(PICKED) == case.name)


def keep() -> None:
    """Remembers the case whose answer the view has just told."""
    told = getattr(st.session_state.get(KEY), "picked", None)
    if isinstance(told, str):
        st.session_state[PICKED] = told


def forget() -> None:
    """The next question has not been answered yet."""
    st.session_state.pop(PICKED, None)
