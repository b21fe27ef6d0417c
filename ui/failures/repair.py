"""What mends a run that was broken on purpose: said once the light has found the fault, with a press that shows it."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from gan.hosting import trainers
from gan.runs import Run, RunError
from ui.shared import commands, making_room, presets
from ui.shared.access import can_drive
from ui.shared.errors import attempt
from ui.shared.fragments import again
from ui.shared.navigation import GO, PAGES, go
from ui.shared.presets import Preset
from ui.shared.run_light import light

LOOK_SECONDS = 2.0  # between two looks at the light of a run that trains
Place = Literal["train", "failures"]


def case_of(run: Run) -> Preset | None:
    """The preset broken on purpose that a run was made from; None for others, and for one with what mends it."""
    case = presets.scenarios().get(presets.name_of(run))
    if case is None or case.scenario is None or run.config().replace(**case.scenario.repair) == run.config():
        return None
    return case


def callout(run: Run, place: Place = "train") -> None:
    """Beside a broken run: nothing that gives it away until the light tells, then the fix. Nothing beside others."""
    case = case_of(run)
    if case is None:
        return
    again(_callout, run, case, place, every=LOOK_SECONDS if trainers.status(run) in commands.ACTIVE else None)


def _callout(run: Run, case: Preset, place: Place) -> None:
    if case.scenario is None:
        return
    if GO in st.session_state:
        st.rerun()  # pressed here: only the page follows
    with st.container(horizontal=True, vertical_alignment="center", key="scenario", border=True):
        if trainers.status(run) in commands.ACTIVE and not _revealed(run):
            _wait(run, case, place)
            return
        st.markdown(f":material/build: **What you see.** {case.look_for}")
        st.markdown(f":material/healing: **The fix.** {case.scenario.change}")
        if can_drive():
            st.button(
                "Run the fixed version side by side",
                key="repair",
                type="primary",
                icon=":material/compare_arrows:",
                help="The same seed and settings but for the fix; this run replays beside it.",
                on_click=_repair,
                args=(run,),
            )


def _wait(run: Run, case: Preset, place: Place) -> None:
    if place == "failures":
        st.markdown(":material/hourglass_top: The fix is shown here once the verdict has found the fault.")
        return
    st.markdown(":material/build: **Broken on purpose.** What will happen? Guess before the verdict tells.")
    link = {"case": case.name, "run": run.id}
    st.page_link(PAGES / "failures.py", label="Predict", icon=":material/psychology:", query_params=link)


def mended(chosen: list[Run]) -> str:
    """What mended a broken run, where it and its fixed version are among these; "" where they are not."""
    configs = [run.config() for run in chosen]
    for run, config in zip(chosen, configs, strict=True):
        case = case_of(run)
        if case and case.scenario and config.replace(**case.scenario.repair) in configs:
            return case.scenario.change
    return ""


def _revealed(run: Run) -> bool:
    """Whether the light has found the fault."""
    try:
        found = light(run)
    except (OSError, RunError):
        return False  # the page says so
    return found is not None and found.level == "bad"


def _repair(run: Run) -> None:
    """Runs the repaired one and opens Compare, where the broken one replays in step with it."""
    if trainers.status(run) in commands.ACTIVE:
        making_room.stop([run])
    if repaired := attempt(commands.repair, run):
        go("compare", runs=f"{repaired.id},{run.id}")
