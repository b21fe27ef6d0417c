"""Branch from here: a new run that goes on from a step of another one, and what may be different about it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gan.config import RATES, decay_words
from gan.runs import Run, branching
from gan.runs.history import in_force
from gan.runs.log_reader import newest
from ui.shared import commands, compatibility
from ui.shared.access import can_drive
from ui.shared.errors import attempt
from ui.shared.navigation import PAGES
from ui.shared.run_entries import Entry
from ui.shared.text import duration, plain

MORE = 2_000  # steps, unless somebody says
KEEP, FRESH = "as it was", "a fresh one"
WHICH_D = (
    "A fresh D has to learn its trade first. Early in a run that throws G back; late in one, when D sees through every "
    "fake and gives no more hints, it can set a stuck G free."
)


def offer(entry: Entry, step: int) -> None:
    """The popover. Starting leads to the new run on the Train page."""
    run, off = entry.run, not can_drive()
    assert entry.config
    with st.popover("Branch from here", icon=":material/call_split:", disabled=off):
        st.markdown(f"**A new run that goes on from step {step:,}**")
        st.caption(branching.origin_text(run, step) + " This run stays as it is.")
        if why := compatibility.lacking(entry.config):
            st.info(f"Not available because its data are missing. {plain(why)}", icon=":material/info:")
            return
        live = in_force(run, step)
        c = entry.config
        changes = {
            name: picked
            for name, label in (("lr_g", "Learning rate of :orange[**G**]"), ("lr_d", "Learning rate of :blue[**D**]"))
            if (picked := _rate(run, step, name, label, live[name])) != live[name]
        }
        if decay := decay_words(c.decay_steps, c.half_life, c.half_life_steps):
            st.caption(f"As at the start of the run: {decay}, in the branch too.")
        fresh = (
            st.segmented_control(
                "The detective :blue[**D**]", (KEEP, FRESH), default=KEEP, required=True, key=f"branch-d-{run.id}"
            )
            == FRESH
        )
        if fresh:
            st.caption(WHICH_D)
        key = f"branch-more-{run.id}"
        more = st.number_input("Steps to train", 1, 10_000_000, MORE, step=500, key=key)
        st.caption(_takes(run, int(more)))
        if st.button("Start the branch", type="primary", icon=":material/play_arrow:", disabled=off):
            with st.spinner("Making the branch …"):
                budget = {"steps": step + int(more)}
                made = attempt(commands.branch, run, step, budget, changes, fresh)
            if made:
                st.switch_page(PAGES / "train.py", query_params={"run": made.id})


def _rate(run: Run, step: int, name: str, label: str, now: float) -> float:
    options = sorted({*RATES, now})
    picked = st.selectbox(
        label,
        options,
        options.index(now),
        key=f"branch-{name}-{run.id}-{step}",
        format_func=lambda rate: f"{rate:g}" + (" (as it was)" if rate == now else ""),
    )
    return float(picked)


def _takes(run: Run, more: int) -> str:
    """How long that takes, judged by the pace of the run."""
    last: dict[str, Any] = newest(run)
    step, seconds = last.get("step", 0), last.get("seconds", 0)
    if not step or not seconds:
        return "It trains after the run that has the device, if there is one."
    return f"About {duration(more * seconds / step)} at the pace of this run, on the machine it was trained on."
