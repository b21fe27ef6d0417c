"""Remedies beside a run in trouble: one press runs the same again with one thing different, and shows both."""

from __future__ import annotations

import streamlit as st

from gan.diagnostics import remedies
from gan.diagnostics.few_pictures import Remedy
from gan.hosting import trainers
from gan.runs import Run, RunError
from ui.shared import commands, making_room, presets
from ui.shared.access import can_drive
from ui.shared.errors import attempt
from ui.shared.fragments import again
from ui.shared.navigation import go
from ui.shared.run_light import light as light_of

LOOK = 5.0  # seconds between two looks at the light of a run that trains


def offer(run: Run) -> None:
    """The buttons, as long as the light names a trouble that something helps against. Scenarios have their own; who
    only watches gets none."""
    if presets.name_of(run) in presets.scenarios() or not can_drive():
        return
    again(_row, run, every=LOOK if trainers.status(run) in commands.ACTIVE else None)


def _row(run: Run) -> None:
    try:
        light, config = light_of(run), run.config()
    except (OSError, RunError):
        return  # the page says so
    trouble = light is not None and light.level in ("warn", "bad")
    if light is None or not trouble or not (offered := remedies.remedies(light.name, config)):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="light-remedies"):
        st.caption(f":material/healing: **{light.title}.** The same run with")
        for remedy in offered:
            st.button(
                remedy.label,
                key=f"light-remedy-{remedy.label}",
                help=remedy.text,
                on_click=_begin,
                args=(run, remedy),
            )


def _begin(run: Run, remedy: Remedy) -> None:
    """Runs it and opens Compare, where the one in trouble replays in step with it."""
    if trainers.status(run) in commands.ACTIVE:
        making_room.stop([run])
    if made := attempt(commands.treat, run, remedy):
        go("compare", runs=f"{made.id},{run.id}")
