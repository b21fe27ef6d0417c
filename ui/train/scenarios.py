"""Scenarios: presets broken on purpose. One press runs one; the next runs its repair beside it.

A scenario is a preset file with `scenario`: `light` (the name of the light that tells what is wrong), `change` (a
sentence: what mends it) and `repair` (the settings that do).
"""

from __future__ import annotations

import streamlit as st

from gan import runs
from gan.hosting import trainers
from gan.runs import Run
from ui.shared import commands, making_room, presets
from ui.shared.access import HOW_TO_DRIVE, can_drive
from ui.shared.errors import attempt
from ui.shared.navigation import go
from ui.shared.presets import Preset
from ui.train import starting


def cards() -> None:
    """Every scenario with what goes wrong, and a button that runs it."""
    scenarios = presets.scenarios()
    if not scenarios:
        return
    st.header("Broken on purpose", anchor=False)
    st.caption(
        "A class cannot wait for a lucky failure. Each of these fails within a minute; the status line says how, "
        "and one more press runs the fixed version side by side."
    )
    if busy := _busy():
        st.caption(making_room.warning(busy, "Running one of these"))
    places = [place for _ in range(0, len(scenarios), 2) for place in st.columns(2, gap="small")]
    for place, preset in zip(places, scenarios.values(), strict=False):
        with place, st.container(key=f"scenario-{preset.name}", gap="small", height="stretch", border=True):
            st.markdown(f"**{preset.title}**")
            st.caption(preset.sentence)
            if st.button(
                "Stop it and run this" if busy else "Run it",
                key=f"run-{preset.name}",
                icon=":material/play_arrow:",
                disabled=not can_drive(),
                help=None if can_drive() else HOW_TO_DRIVE,
            ):
                _begin(preset)


def callout(run: Run) -> None:
    """Beside a broken run: what to look for, what mends it, and the button that shows it. Nothing beside others."""
    preset = presets.scenarios().get(presets.name_of(run))
    if preset is None or preset.scenario is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="scenario", border=True):
        st.markdown(
            f":material/build: **Broken on purpose.** {preset.look_for}  \n**The fix.** {preset.scenario.change}"
        )
        if can_drive():
            st.button(
                "Run the fixed version side by side",
                key="repair",
                type="primary",
                icon=":material/healing:",
                on_click=_repair,
                args=(run,),
            )


def _begin(preset: Preset) -> None:
    """Saves and stops what is being trained, and runs the scenario."""
    making_room.stop(_busy())
    starting.begin_preset(preset.name)


def _busy() -> list[Run]:
    """The runs of this process that have the device, or wait for it."""
    there = map(runs.find, trainers.trainers().active())
    return [run for run in there if trainers.status(run) in ("training", "queued") and run.control().want != "stop"]


def _repair(run: Run) -> None:
    """Runs the repaired one and opens Compare, where the broken one replays in step with it."""
    if trainers.status(run) in commands.ACTIVE:
        making_room.stop([run])
    if repaired := attempt(commands.repair, run):
        go("compare", runs=f"{repaired.id},{run.id}")
