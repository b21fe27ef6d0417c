"""What can be changed while a run trains: every setting whose Knob is live, and the budget."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from gan.config import live
from gan.runs import Control, Run
from ui.shared import commands
from ui.shared.errors import attempt
from ui.shared.knob_widget import knob_widget


def render(run: Run, control: Control, off: bool) -> None:
    """The popover: a choice is applied with the next step, and shown as applied."""
    with st.popover("Change while it runs", icon=":material/tune:", disabled=off, key="change"):
        for name, value in control.in_force(run.config()).items():
            _dial(run, name, value)
        st.caption(_applied(run))
        if before := _before(run):
            about: dict[str, Any] = {"key": "live-undo", "icon": ":material/undo:"}
            st.button("Undo the last change", on_click=attempt, args=(commands.adjust, run), kwargs=before, **about)
        st.caption("Other settings need a new run.")


def longer(run: Run) -> None:
    """A larger total for a run that has used up its budget."""
    with st.popover("Train longer", icon=":material/more_time:"):
        unit, total = next(iter(run.control().budget.items()), ("epochs", 1.0))
        words = {"seconds": "minutes"}.get(unit, unit)
        scale = 60.0 if unit == "seconds" else 1.0
        amount = st.number_input(
            f"{words.capitalize()} in all", 1, 10_000_000, max(1, round(2 * total / scale)), step=1
        )
        st.button(
            "Resume",
            key="longer",
            type="primary",
            icon=":material/play_arrow:",
            on_click=attempt,
            args=(commands.raise_budget, run, {unit: amount * scale}),
        )


def _dial(run: Run, name: str, value: Any) -> None:
    """The widget of one live setting; another value in force gives it another key, so that it shows that one."""
    key = f"live-{name}-{run.id}-{value}"
    knob_widget(name, value, key=key, on_change=partial(_adjust, run, name, key))


def _adjust(run: Run, name: str, key: str) -> None:
    attempt(commands.adjust, run, **{name: st.session_state[key]})


def _before(run: Run) -> dict[str, Any]:
    """The settings that the newest change gave other values, as they were before it; {} where nothing was changed."""
    values = {name: getattr(run.config(), name) for name in live()}
    before: dict[str, Any] = {}
    for event in run.events():
        new = {n: event[n] for n, kind in live().items() if event.get("event") == kind and n in event}
        if changed := {n: values[n] for n, value in new.items() if value != values[n]}:
            before = changed
        values |= new
    return before


def _applied(run: Run) -> str:
    """Since when the newest change is in force, as the trainer tells it."""
    changes = [e for e in run.events() if e.get("event") in live().values()]
    if not changes:
        return "A change takes effect with the next step and is marked on the chart."
    return f":material/check: Last change in force since step {changes[-1].get('step', 0):,}."
