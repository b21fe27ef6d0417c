"""Branch from here: a new run that goes on from a step of another one, and what may be different about it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gan import branch
from gan.config import RATES
from gan.past import in_force
from gan.runs import Run
from gan.schedule import words
from gan.tail import newest
from ui import choices, commands
from ui.access import can_drive
from ui.links import PAGES
from ui.run_list import Entry
from ui.trouble import attempt
from ui.words import duration

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
        st.caption(branch.words(run, step) + " This run stays as it is.")
        if why := choices.lacking(entry.config):
            st.info(f"Not available because its data are missing. {why}", icon=":material/info:")
            return
        live = in_force(run, step)
        changes = {
            name: picked
            for name, label in (("lr_g", "Learning rate of :orange[**G**]"), ("lr_d", "Learning rate of :blue[**D**]"))
            if (picked := _rate(run, step, name, label, live[name])) != live[name]
        }  # fmt: skip
        if decay := words(entry.config.decay_steps, entry.config.half_life):
            st.caption(f"As at the start of the run: {decay}, in the branch too.")
        fresh = st.segmented_control(
            "The detective :blue[**D**]", (KEEP, FRESH), default=KEEP, required=True, key=f"branch-d-{run.id}"
        ) == FRESH  # fmt: skip
        if fresh:
            st.caption(WHICH_D)
        key = f"branch-more-{run.id}"
        more = st.number_input("Steps to train", 1, 10_000_000, MORE, step=500, key=key)
        st.caption(_takes(run, int(more)))
        if st.button(
            "Start the branch", type="primary", icon=":material/play_arrow:", disabled=off
        ):
            with st.spinner("Making the branch …"):
                budget = {"steps": step + int(more)}
                made = attempt(commands.branch, run, step, budget, changes, fresh)
            if made:
                st.switch_page(PAGES / "train.py", query_params={"run": made.id})


def _rate(run: Run, step: int, name: str, label: str, now: float) -> float:
    options = sorted({*RATES, now})
    picked = st.selectbox(
        label, options, options.index(now), key=f"branch-{name}-{run.id}-{step}",
        format_func=lambda rate: f"{rate:g}" + (" (as it was)" if rate == now else ""),
    )  # fmt: skip
    return float(picked)


def _takes(run: Run, more: int) -> str:
    """How long that takes, judged by the pace of the run."""
    last: dict[str, Any] = newest(run)
    step, seconds = last.get("step", 0), last.get("seconds", 0)
    if not step or not seconds:
        return "It trains after the run that has the device, if there is one."
    return f"About {duration(more * seconds / step)} at the pace of this run, on the machine it was trained on."
