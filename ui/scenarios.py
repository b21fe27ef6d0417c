"""Scenarios: presets broken on purpose. One press runs one; the next runs its repair beside it.

A scenario is a preset file with `scenario`: `light` (the name of the light that tells what is wrong), `change` (a
sentence: what mends it) and `repair` (the settings that do).
"""

from __future__ import annotations

import streamlit as st

from gan import hosts, runs
from gan.runs import Run
from ui import commands, preset_cards, starting
from ui.access import HOW_TO_DRIVE, can_drive
from ui.links import go
from ui.preset_cards import Preset
from ui.trouble import attempt


def cards() -> None:
    """Every scenario with what goes wrong, and a button that runs it."""
    found = preset_cards.scenarios()
    if not found:
        return
    st.subheader("Broken on purpose", anchor=False)
    st.caption(
        "A class cannot wait for a lucky failure. Each of these fails within a minute; the light says how, "
        "and one more press runs the repaired one beside it."
    )
    places = [place for _ in range(0, len(found), 2) for place in st.columns(2, gap="small")]
    for place, told in zip(places, found.values(), strict=False):
        with (
            place,
            st.container(key=f"scenario-{told.name}", gap="small", height="stretch", border=True),
        ):
            st.markdown(f"**{told.title}**")
            st.caption(told.sentence)
            if st.button(
                "Run it", key=f"run-{told.name}", icon=":material/play_arrow:",
                disabled=not can_drive(), help=None if can_drive() else HOW_TO_DRIVE,
            ):  # fmt: skip
                _begin(told)


def callout(run: Run) -> None:
    """Beside a broken run: what to look for, what mends it, and the button that shows it. Nothing beside others."""
    told = preset_cards.scenarios().get(preset_cards.name_of(run))
    if told is None or told.scenario is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="scenario", border=True):
        st.markdown(
            f":material/build: **Broken on purpose.** {told.look_for}  \n**What mends it.** {told.scenario.change}"
        )
        st.button(
            "Run the repaired one beside it", key="repair", type="primary",
            icon=":material/healing:", disabled=not can_drive(), on_click=_repair, args=(run,),
        )  # fmt: skip


def _begin(told: Preset) -> None:
    """Stops what is being trained, which loses nothing, and runs the scenario."""
    for run_id in hosts.trainers().active():
        if hosts.trainers().status(run := runs.find(run_id)) in ("training", "queued"):
            attempt(commands.stop, run)
    starting.begin_preset(told.name)


def _repair(run: Run) -> None:
    """Runs the repaired one and opens Compare, where the broken one replays in step with it."""
    if hosts.trainers().status(run) in commands.ACTIVE:
        attempt(commands.stop, run)
    if repaired := attempt(commands.repair, run):
        go("compare", runs=f"{repaired.id},{run.id}")
