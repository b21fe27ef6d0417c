"""The form of a branch: the setting that is to be different, which D, and how long. The report and Train share it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from gan.config import RunConfig, decay_words, knob_of
from gan.hosting import trainers
from gan.runs import Run, branching
from gan.runs.history import in_force
from gan.runs.log_reader import newest
from ui.shared import commands, compatibility
from ui.shared.access import can_drive
from ui.shared.errors import attempt
from ui.shared.knob_widget import knob_widget
from ui.shared.settings_text import shown
from ui.shared.text import duration, plain

MORE = 2_000  # steps, unless somebody says
FIRST = "lr_g"  # the setting that is offered first
KEEP, FRESH = "as it was", "a fresh one"
WHICH_D = (
    "A fresh D has to learn its trade first. Early in a run that throws G back; late in one, when D sees through every "
    "fake and gives no more hints, it can set a stuck G free."
)
TWIN_HELP = "A second fork in which nothing is changed. Both take turns, so you see them learn side by side."


def render(run: Run, config: RunConfig, step: int, then: Callable[[list[Run]], None]) -> None:
    """Draws the form for a `step` that is kept. `then` hears the runs whose futures are to be looked at: the unchanged
    one and the branch."""
    off = not can_drive()
    st.caption(branching.origin_text(run, step) + " This run stays as it is.")
    if why := compatibility.lacking(config):
        st.info(f"Not available because its data are missing. {plain(why)}", icon=":material/info:")
        return
    changes = _change(run, config, step)
    if decay := decay_words(config.decay_steps, config.half_life, config.half_life_steps):
        st.caption(f"As at the start of the run: {decay}, in the fork too.")
    label, key = "The detective, D", f"branch-d-{run.id}"
    fresh = st.segmented_control(label, (KEEP, FRESH), default=KEEP, required=True, key=key) == FRESH
    if fresh:
        st.caption(WHICH_D)
    more = int(st.number_input("Steps to train", 1, 10_000_000, MORE, step=500, key=f"branch-more-{run.id}"))
    twin = bool(changes or fresh) and _ends_here(run, step)
    twin = twin and st.toggle("Train the unchanged future as well", True, help=TWIN_HELP)
    st.caption(_takes(run, more * (2 if twin else 1)))
    if others := trainers.training():
        names = " and ".join(f"“{plain(other.control().title or other.id)}”" for other in others)
        st.info(f"{names} is being trained and goes on. The fork starts when the device is free.")
    if st.button("Start the fork", type="primary", icon=":material/play_arrow:", disabled=off):
        with st.spinner("Making the fork …"):
            futures = attempt(_start, run, step, step + more, changes, fresh, twin)
        if futures:
            then(futures)


def _start(run: Run, step: int, total: int, changes: dict[str, Any], fresh: bool, twin: bool) -> list[Run]:
    """The branch after what it is to be compared with."""
    if twin:
        return [*commands.branch_with_twin(run, step, {"steps": total}, changes, fresh)]
    return [run, commands.branch(run, step, {"steps": total}, changes, fresh)]


def _change(run: Run, config: RunConfig, step: int) -> dict[str, Any]:
    """The setting that is to be different and its value; {} while that is as it was."""
    values = {**config.to_dict(), **in_force(run, step)}
    used = set(compatibility.used(values))
    names = [name for name in branching.changeable() if name in used and name not in branching.MACHINE]
    key = f"branch-knob-{run.id}"
    name = st.selectbox("What is different", names, names.index(FIRST), format_func=_label, key=key)
    now = values[name]
    told = {"format_func": lambda value: shown(name, value) + (" (as it was)" if value == now else "")}
    about = told if not isinstance(now, bool) else {}
    picked = knob_widget(name, now, key=f"branch-{name}-{run.id}-{step}", **about)
    return {} if picked == now else {name: picked}


def _label(name: str) -> str:
    return knob_of(name).label


def _ends_here(run: Run, step: int) -> bool:
    """Whether the run has no future beyond a step to look at."""
    return trainers.status(run) not in commands.ACTIVE and newest(run).get("step", 0) <= step


def _takes(run: Run, more: int) -> str:
    """How long that takes, judged by the pace of the run."""
    last: dict[str, Any] = newest(run)
    step, seconds = last.get("step", 0), last.get("seconds", 0)
    if not step or not seconds:
        return "It waits its turn while another run is training."
    return f"About {duration(more * seconds / step)} at the pace of this run, on the machine it was trained on."
