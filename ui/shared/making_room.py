"""Runs that a session stopped to make room for another: said before and after, with a way back, on whatever page."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from gan import runs
from gan.hosting import trainers
from gan.runs import Run, RunError
from ui.shared import commands
from ui.shared.access import can_drive
from ui.shared.errors import attempt
from ui.shared.text import plain

STOPPED = "stopped-to-make-room"


def busy() -> list[Run]:
    """The runs of this process that have the device, or wait for it."""
    there = map(runs.find, trainers.trainers().active())
    return [run for run in there if trainers.status(run) in ("training", "queued") and run.control().want != "stop"]


def warning(others: Iterable[Run], what: str) -> str:
    """What `what`, such as "Starting this", does to the runs that train, as Markdown; "" where there are none."""
    if not (names := _names(others)):
        return ""
    return f"{names} is being trained. {what} saves and stops it; you can resume it later."


def stop(others: Iterable[Run]) -> None:
    """Saves and stops these runs; `note` tells of it from the next time that the page is drawn."""
    if done := [run.id for run in others if attempt(commands.stop, run)]:
        st.session_state[STOPPED] = done


def note() -> None:
    """What was stopped, and buttons that bring it back or close the note; nothing where nothing was."""
    stopped = [run for run in map(_find, st.session_state.get(STOPPED, ())) if run and _is_stopped(run)]
    if not stopped:
        st.session_state.pop(STOPPED, None)
        return
    with st.container(key="made-room", horizontal=True, vertical_alignment="center", gap="small", border=True):
        st.markdown(f":material/save: {_names(stopped)} was saved and stopped to make room.", width="stretch")
        mark, why = ":material/play_arrow:", "It takes its turn after the run that trains now."
        if can_drive():
            st.button("Resume it", key="resume-made-room", icon=mark, help=why, on_click=_resume)
        st.button("Close", key="close-made-room", type="tertiary", on_click=_close)


def _resume() -> None:
    for run in filter(None, map(_find, st.session_state.get(STOPPED, ()))):
        attempt(commands.resume, run)
    _close()


def _close() -> None:
    st.session_state.pop(STOPPED, None)


def _find(run_id: str) -> Run | None:
    try:
        return runs.find(run_id)
    except RunError:
        return None  # deleted meanwhile


def _is_stopped(run: Run) -> bool:
    return trainers.status(run) == "stopped" or run.control().want == "stop"


def _names(others: Iterable[Run]) -> str:
    return " and ".join(f"“{plain(run.control().title or run.id)}”" for run in others)
