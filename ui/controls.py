"""The control row of one run: what it is doing, and what can be done to it now."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import streamlit as st

from gan import hosts, registry
from gan.config import RunConfig
from gan.runs import Control, Run
from ui import access, commands, dials, new_run, preset_cards
from ui.trouble import attempt, show

LOOK = {
    "training": (":primary-badge[:material/play_arrow: training]", 1.0),
    "paused": (":gray-badge[:material/pause: paused]", 1.0),
    "queued": (":gray-badge[:material/schedule: waiting]", 1.0),
    "stopped": (":gray-badge[:material/stop: stopped]", 0.0),
    "finished": (":gray-badge[:material/flag: finished]", 0.0),
    "failed": (":red-badge[:material/error: failed]", 0.0),
}
AGAIN = "A new run from scratch with these settings, which you can change first."
WATCHING = 4.0  # seconds between two looks of a page that cannot drive, or where nothing runs
SINGLE: dict[Literal["both", "d", "g"], str] = {"both": "Step", "d": "Only D", "g": "Only G"}
SINGLE_HELP = {
    "both": "Exactly one update of D and one of G, then it waits again.",
    "d": "One update of the detective D; G stays as it is.",
    "g": "One update of the forger G; D stays as it is.",
}


def draw(run: Run) -> None:
    """The row; it looks by itself for changes made elsewhere, as often as they matter here."""
    status = hosts.trainers().status(run)
    every = LOOK[status][1]
    if access.is_open() and not access.can_drive():
        every = WATCHING
    st.session_state["shown"] = _outline(run, status)
    st.fragment(_row, run_every=every or None)(run)


def _row(run: Run) -> None:
    status = hosts.trainers().status(run)
    if st.session_state.get("shown") != _outline(run, status):
        st.rerun()  # the whole page: other buttons, another timer
    control = run.control()
    with st.container(key="controls", horizontal=True, vertical_alignment="center", gap="small"):
        _name(run, control, status)
        off = not access.can_drive()
        if status in commands.ACTIVE:
            _active(run, control, status, off)
        else:
            _ended(run, status, off)
        _share(run)
        if st.button(
            "New run", key="new", icon=":material/add:", help="Choose a preset and settings."
        ):
            st.query_params.from_dict({"preset": "lean"})
            st.rerun()
    if off:
        st.caption(":material/visibility: You are watching: give the PIN (top right) to drive.")
    show()


def _outline(run: Run, status: str) -> tuple[Any, ...]:
    """What a whole page run depends on."""
    control = run.control()
    return run.id, status, control.title, control.want, access.can_drive()


def _name(run: Run, control: Control, status: str) -> None:
    """Title, status and what is trained, in one line."""
    words = LOOK[status][0]
    if place := hosts.trainers().place(run):
        words = f":gray-badge[:material/schedule: waiting, {place} before it]"
    elif control.want == "stop" and status in commands.ACTIVE:
        words = ":gray-badge[:material/stop: saving …]"
    with st.container(key="title", gap=None):
        st.markdown(f"**{_text(control.title or run.id)}** {words}")
        st.caption(describe(run.config()))


def _active(run: Run, control: Control, status: str, off: bool) -> None:
    leaving = off or control.want == "stop"
    if status == "paused":
        _button("Resume", "play_arrow", partial(commands.resume, run), leaving, kind="primary")
    else:
        _button(
            "Pause", "pause", partial(commands.pause, run), leaving or status == "queued", "primary"
        )
    for what, label in SINGLE.items():
        act = partial(commands.step, run, what)
        why = SINGLE_HELP[what] if status == "paused" else "Pause first."
        _button(label, "", act, leaving or status != "paused", help=why)
    _button("Stop", "stop", partial(commands.stop, run), leaving, help="Saves; it can go on later.")
    dials.draw(run, control, leaving)


def _ended(run: Run, status: str, off: bool) -> None:
    """Going on, where there is something to go on from."""
    match status:
        case "stopped":
            _button("Go on", "play_arrow", partial(commands.resume, run), off, kind="primary")
        case "failed":
            act = partial(commands.resume_gently, run)
            why = "From the last good state, with both learning rates halved."
            _button("Go on with half the learning rates", "play_arrow", act, off, "primary", why)
        case "finished":
            _start_now(off)
            if run.states():
                dials.longer(run, off)
    if st.button("Same settings", key="like", icon=":material/content_copy:", help=AGAIN):
        st.query_params.from_dict({"like": run.id})
        st.rerun()


def _start_now(off: bool) -> None:
    """One press from a finished run on screen to one that is being trained."""
    _, told = next(iter(preset_cards.presets()))
    why = f"{told['title']}. {told['sentence']}"
    if st.button("Start training", type="primary", icon=":material/play_arrow:", disabled=off, help=why):  # fmt: skip
        if run := new_run.start_now(preset_cards.presets()[0][0]):
            st.query_params.from_dict({"run": run.id})
        st.rerun()


def _button(
    label: str, icon: str, act: Any, off: bool, kind: Literal["primary", "secondary"] = "secondary",
    help: str = "",
) -> None:  # fmt: skip
    mark = f":material/{icon}:" if icon else None
    st.button(
        label, key=label, icon=mark, type=kind, disabled=off, help=help or None,
        on_click=attempt, args=(act,),
    )  # fmt: skip


def _share(run: Run) -> None:
    with st.popover("Link", icon=":material/link:"):
        st.caption("This run, for another tab, another browser or a phone:")
        st.code(
            f"{(st.context.url or '').split('?')[0]}?run={run.id}", language=None, wrap_lines=True
        )


def describe(config: RunConfig) -> str:
    """Model, data, loss and machine in words."""
    kinds = {"models": config.model, "datasets": config.dataset, "losses": config.loss}
    model, data, loss = (registry.card(kind, name).title for kind, name in kinds.items())
    threads = f", {config.threads} {'thread' if config.threads == 1 else 'threads'}"
    where = config.device.upper() + (threads if config.device == "cpu" else "")
    return f"{model} on {data} · {loss} loss · {where}"


def _text(title: str) -> str:
    """A title as plain words: nothing in it is markup."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()#+-.!:$~<>|" else c for c in title)
