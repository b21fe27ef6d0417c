"""What can be changed while a run trains: learning rates, the D:G ratio, the budget."""

from __future__ import annotations

from functools import partial

import streamlit as st

from gan.config import RATES
from gan.runs import Control, Run
from ui import commands
from ui.trouble import attempt

RATIOS = ((1, 1), (2, 1), (3, 1), (5, 1), (1, 2), (1, 3))


def draw(run: Run, control: Control, off: bool) -> None:
    """The popover: a choice is applied with the next step, and shown as applied."""
    config = run.config()
    lr_g, lr_d = control.lr_g or config.lr_g, control.lr_d or config.lr_d
    d_steps = config.d_steps if control.d_steps is None else control.d_steps
    g_steps = config.g_steps if control.g_steps is None else control.g_steps
    with st.popover("Change while it runs", icon=":material/tune:", disabled=off):
        for name, label, rate in (
            ("g", "Learning rate of :orange[**G**]", lr_g),
            ("d", "Learning rate of :blue[**D**]", lr_d),
        ):
            options = sorted({*RATES, rate})
            key = f"live-{name}-{run.id}-{rate:g}"
            st.selectbox(label, options, options.index(rate), format_func="{:g}".format, key=key,
                         on_change=partial(_rates, run, name, key, lr_g, lr_d))  # fmt: skip
        now = (d_steps, g_steps)
        ratios = [*RATIOS, *({now} - set(RATIOS))]
        key = f"live-ratio-{run.id}-{d_steps}-{g_steps}"
        st.selectbox("Updates of :blue[**D**] : :orange[**G**] in a step", ratios, ratios.index(now),
                     format_func=lambda pair: f"{pair[0]} : {pair[1]}", key=key,
                     on_change=partial(_ratio, run, key))  # fmt: skip
        st.caption(_applied(run))
        st.caption("Everything else belongs to the maths of the run: it needs a new run.")


def longer(run: Run, off: bool) -> None:
    """A larger total for a run that has used up its budget."""
    with st.popover("Train longer", icon=":material/more_time:", disabled=off):
        unit, total = next(iter(run.control().budget.items()), ("epochs", 1.0))
        words = {"seconds": "minutes"}.get(unit, unit)
        scale = 60.0 if unit == "seconds" else 1.0
        amount = st.number_input(
            f"{words.capitalize()} in all", 1, 10_000_000, max(1, round(2 * total / scale)), step=1
        )
        st.button("Go on", key="longer", type="primary", icon=":material/play_arrow:",
                  on_click=attempt, args=(commands.raise_budget, run, {unit: amount * scale}))  # fmt: skip


def _rates(run: Run, name: str, key: str, lr_g: float, lr_d: float) -> None:
    picked = st.session_state[key]
    attempt(commands.rates, run, picked if name == "g" else lr_g, picked if name == "d" else lr_d)


def _ratio(run: Run, key: str) -> None:
    d_steps, g_steps = st.session_state[key]
    attempt(commands.ratio, run, d_steps, g_steps)


def _applied(run: Run) -> str:
    """Since when the newest change is in force, as the trainer tells it."""
    changes = [e for e in run.events() if e.get("event") in ("lr", "ratio")]
    if not changes:
        return "A change takes effect with the next step and is marked on the chart."
    return f":material/check: Last change in force since step {changes[-1].get('step', 0):,}."
