"""What can be done with compared runs: have them scored, and pause, go on with or stop those that train."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from gan.hosting import trainers
from gan.runs import Run, RunError, scores
from gan.runs.scores import Which
from ui.compare import score_table
from ui.compare.score_table import Column
from ui.compare.view import labels, points
from ui.shared import commands, generator_info, score_button
from ui.shared.access import can_drive
from ui.shared.errors import attempt, show
from ui.shared.fragments import again
from ui.shared.run_entries import Entry
from ui.shared.text import plain

POLL_SECONDS = 1.0  # between two looks at what trains
SEEN = "compare-statuses"
WEIGHTS: dict[Which, str] = {"average": "EMA weights", "raw": "Weights as trained"}
BEST = "★ marks the best of these runs."
CHANCE = (
    "These are single runs: another seed changes every number, so a small difference may be chance. Real images do not "
    "score perfectly either; beyond their column more is no longer better."
)


def controls(entries: list[Entry]) -> None:
    """Buttons for all of the runs that are being trained; the page is drawn anew when one begins or ends."""
    st.session_state[SEEN] = _statuses(entries)
    active = any(status in commands.ACTIVE for status in st.session_state[SEEN])
    again(_controls, entries, every=POLL_SECONDS if active else None)
    show()


def _controls(entries: list[Entry]) -> None:
    statuses = _statuses(entries)
    if statuses != st.session_state[SEEN]:
        st.rerun()
    by_run = dict(zip((entry.run for entry in entries), statuses, strict=True))
    going = [run for run, status in by_run.items() if status == "training"]
    resting = [run for run, status in by_run.items() if status == "paused"]
    active = [run for run, status in by_run.items() if status in commands.ACTIVE]
    if not active or not can_drive():
        return
    many = "both" if len(active) == 2 else "all" if len(active) > 2 else ""
    with st.container(horizontal=True, key="compare-controls"):
        if going:
            _press(f"Pause {many}", "pause", commands.pause, going, primary=True)
        if resting:
            _press("Resume", "play_arrow", commands.resume, resting, primary=not going)
        _press(f"Stop {many}", "stop", commands.stop, active)


def table(entries: list[Entry]) -> None:
    """The scores, a column a run, and what lacks them."""
    st.header("Scores", anchor=False)
    names = labels(entries)
    which = _which(entries)
    columns = [Column(names[e.run.id], scores.newest(e.run, weights=which)) for e in entries]
    if any(column.scores for column in columns):
        _table(columns)
    else:
        st.write(
            "None of these runs has been scored yet. Scoring draws thousands of pictures and compares them with real "
            "ones: how close they are, whether every class appears, whether they are copies."
        )
    for entry in entries:
        _offer(entry, names[entry.run.id])


def _table(columns: list[Column]) -> None:
    first, more = score_table.keys(columns)
    st.html(score_table.table(columns, first))
    several = sum(column.scores is not None for column in columns) > 1
    mark = score_table.unfair(columns) or (BEST if several else "")
    notes = [*(f"{ruler}." for ruler in score_table.rulers(columns)), mark, CHANCE]
    st.caption(plain(" ".join(filter(None, notes))))
    with st.expander("All scores, and what could not be measured"):
        st.html(score_table.table(columns, more))
        for text in score_table.reasons(columns):
            st.caption(plain(text))


def _which(entries: list[Entry]) -> Which:
    """EMA weights or those as trained; no choice where only the EMA was scored."""
    if not any(scores.newest(entry.run, weights="raw") for entry in entries):
        return "average"
    picked = st.segmented_control(
        "Which weights",
        [*WEIGHTS],
        default="average",
        format_func=WEIGHTS.__getitem__,
        key="weights",
        required=True,
        bind="query-params",
        label_visibility="collapsed",
    )
    return "raw" if picked == "raw" else "average"


def _offer(entry: Entry, title: str) -> None:
    """A button to score a run, where that tells something new."""
    name = f"**{plain(title)}**"
    if points(entry):
        st.caption(f"{name} makes points of the plane; the scores are made for images.")
        return
    try:
        step = generator_info.about(entry.run).step
    except RunError:
        if entry.status not in commands.ACTIVE:
            st.caption(f"{name} has no generator that could be scored.")
        return
    known = scores.newest(entry.run)
    if known is None:
        score_button.offer(entry.run, name, "has not been scored yet.")
    elif known.step < step:
        text = f"{name} was scored at step {known.step:,}; its latest generator is of step {step:,}."
        score_button.offer(entry.run, name, text, "Score the latest")


def _statuses(entries: list[Entry]) -> list[str]:
    return [trainers.status(entry.run) for entry in entries]


def _press(label: str, icon: str, command: Callable[[Run], Run], targets: list[Run], primary: bool = False) -> None:
    st.button(
        label.strip(),
        icon=f":material/{icon}:",
        type="primary" if primary else "secondary",
        on_click=partial(_all, command, targets),
        key=f"compare-{icon}",
    )


def _all(command: Callable[[Run], Run], targets: list[Run]) -> None:
    for run in targets:
        attempt(command, run)
