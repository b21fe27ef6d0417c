"""The run that a page opens with when its link names none; the pages of a session agree on it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gan import runs
from gan.runs import Run
from ui import new_run

SHIPPED = ("dcgan-deep-mnist", "lean-mnist", "lean-strokes", "gan-2014-mnist")
LAST = "last-run"  # in the session: what was shown last
CHOSEN = "chosen-run"  # what was shown last because somebody wanted it


def remember(run: Run, chosen: bool) -> None:
    """This one was looked at, `chosen` by hand or by a link or not: a page without a link shows it, too."""
    st.session_state[LAST] = run.id
    if chosen:
        st.session_state[CHOSEN] = run.id


def chosen() -> str:
    """The id of the run that was chosen last, "" when none was."""
    return str(st.session_state.get(CHOSEN, ""))


def current(able: Callable[[Run], bool] = lambda run: True) -> Run | None:
    """Of the runs that are `able`: one that trains, else what was shown last, one that came along, the newest."""
    found = {run.id: run for run in runs.runs() if able(run)}
    busy = [run for run in new_run.training() if run.id in found]
    held = [run for run in found.values() if runs.status(run) in ("training", "paused")]
    kept = [found[name] for name in (st.session_state.get(LAST), *SHIPPED) if name in found]
    return next(iter([*busy, *held, *kept, *found.values()]), None)
