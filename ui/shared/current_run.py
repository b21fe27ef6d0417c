"""The run that a page opens with when its link names none; the pages of a session agree on it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gan import runs
from gan.hosting import trainers
from gan.runs import Run

SHIPPED = ("dcgan-deep-mnist", "mini-stylegan-mnist", "lean-mnist", "lean-strokes", "gan-2014-mnist")
LAST = "last-run"  # in the session: what was shown last
CHOSEN = "chosen-run"  # the run that was last chosen by hand or by a link


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
    candidates = {run.id: run for run in runs.runs() if able(run)}
    busy = [run for run in trainers.training() if run.id in candidates]
    held = [run for run in candidates.values() if trainers.status(run) in ("training", "paused")]
    preferred = [candidates[name] for name in (st.session_state.get(LAST), *SHIPPED) if name in candidates]
    return next(iter([*busy, *held, *preferred, *candidates.values()]), None)
