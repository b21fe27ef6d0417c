"""The projector mode of Train (`?show=1`): a run for the back row, steered by keys; and the poster of the address.

`?show=poster&class=7b` opens with the poster. Keys that change the run come back as `ask` and go through the commands.
"""

from __future__ import annotations

import os
from typing import Any, Literal

import streamlit as st

from gan import registry
from gan.hosting import trainers
from gan.runs import Run
from ui.shared import access, commands, public_url, qr_code
from ui.shared.component import component
from ui.shared.errors import KEY as ERROR
from ui.shared.errors import attempt
from ui.shared.fragments import again

VIEW, SHOWN = "show", "shown-projected"  # in the session
LOOK_SECONDS = 1.0  # between two looks for what changed elsewhere
STEPS: dict[str, Literal["both", "d", "g"]] = {"both": "both", "d": "d", "g": "g"}  # by what the view asks for
_mount = component("show", "show/show.js", "live/live.css", "show/show.css", isolate=False)


def render(run: Run | None, wanted: str, title: str) -> None:
    """Covers the page. `run` is None where there is none; `wanted` "poster" begins with that, `title` is its head."""
    st.session_state[SHOWN] = _outline(run)
    again(_look, run, every=LOOK_SECONDS)
    data: dict[str, Any] = {"poster": _poster(title), "first": wanted, "driving": access.can_drive()}
    if run:
        config, control = run.config(), run.control()
        data |= {"run": run.id, "title": control.title or run.id, "now": trainers.status(run), "count": config.samples}
        data["points"] = bool(registry.card("datasets", config.dataset).facts.get("POINTS"))
    _mount(key=VIEW, data=data | {"error": st.session_state.get(ERROR, "")}, on_ask_change=lambda: _do(run))


def _poster(title: str) -> dict[str, str] | None:
    """What the poster shows; None where no other device could open the address."""
    if not (address := public_url.root()):
        return None
    short = os.environ.get("FORGER_SHORT_URL", "")
    return {"image": qr_code.picture(address), "address": address, "short": short, "title": title[:80]}


def _look(run: Run | None) -> None:
    if st.session_state.get(SHOWN) != _outline(run):
        st.rerun()  # another run, or what a key would do now


def _outline(run: Run | None) -> tuple[Any, ...]:
    there = run is not None and run.path.is_dir()
    return there and trainers.status(run) if run else "", access.can_drive(), [r.id for r in trainers.training()]


def _do(run: Run | None) -> None:
    """What a key asks for: play or pause, or one update. A step of a run that trains pauses it first."""
    what = getattr(st.session_state.get(VIEW), "ask", None)
    if not run or not isinstance(what, str):
        return
    status = trainers.status(run)
    if what == "play":
        attempt(commands.pause if status == "training" else commands.resume, run)
    elif what in STEPS:
        attempt(commands.pause, run) if status == "training" else attempt(commands.step, run, STEPS[what])
