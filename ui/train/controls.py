"""The control row of one run: what it is doing, and what can be done to it now."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import streamlit as st

from gan import files, registry
from gan.config import RunConfig, networks_card
from gan.hosting import trainers
from gan.hosting import trainers as hosting_trainers
from gan.runs import Control, Run
from ui.shared import access, commands, download, joining, presets
from ui.shared.errors import attempt, show
from ui.shared.fragments import again
from ui.shared.text import plain
from ui.train import live_settings, starting

SHOWN = "shown-run"
AGAIN = "A new run from scratch with these settings, which you can change first."
DRIVING, WATCHING = 1.0, 5.0  # seconds between two looks for what changed elsewhere
SINGLE: dict[Literal["both", "d", "g"], str] = {"both": "Step", "d": "Only D", "g": "Only G"}
SINGLE_HELP = {
    "both": "Exactly one update of D and one of G, then it waits again.",
    "d": "One update of the detective D; G stays as it is.",
    "g": "One update of the forger G; D stays as it is.",
}


def render(run: Run, pinned: bool) -> None:
    """The row; it looks by itself for changes made elsewhere, as often as they matter here.

    Without a link to this run (`pinned`) the page also follows whatever is being trained.
    """
    run.config()  # unreadable settings are told by the page, not by its timer
    status = trainers.status(run)
    st.session_state[SHOWN] = _outline(run, status, pinned)
    if not access.can_drive():
        with st.container():  # one place on the page, as a driver's row: else what follows moves when the role changes
            _watched(run, run.control(), status)
            again(_look, run, pinned, every=WATCHING)  # draws nothing: fifty phones look
        return
    again(_row, run, pinned, every=DRIVING if status in commands.ACTIVE else WATCHING)


def _look(run: Run, pinned: bool) -> str:
    """The status of a run; the whole page is drawn again where that, or what else it depends on, is another."""
    if not run.path.is_dir():
        st.rerun()  # deleted meanwhile: the page says so
    status = trainers.status(run)
    if st.session_state.get(SHOWN) != _outline(run, status, pinned):
        st.rerun()  # the whole page: other buttons, another timer
    return status


def _row(run: Run, pinned: bool) -> None:
    status, control = _look(run, pinned), run.control()
    with st.container(key="controls", horizontal=True, vertical_alignment="center", gap="small"):
        _name(run, control, status)
        if st.button("New run", key="new-run", icon=":material/add:", help="Choose a preset and settings."):
            _go(preset="lean")
        _share(run, status in commands.ACTIVE)
        if status in commands.ACTIVE:
            _active(run, control, status)
        else:
            _download(run)
            _ended(run, status)
    show()


def _watched(run: Run, control: Control, status: str) -> None:
    """The row of a browser that only watches: nothing that it could not press."""
    with st.container(key="controls-watched", horizontal=True, vertical_alignment="center", gap="small"):
        _name(run, control, status)
        _share(run)
        if status == "finished":
            _newer()
    with st.container(key="how-to-drive"):
        st.caption(f":material/visibility: {access.HOW_TO_DRIVE}")
    show()


def _outline(run: Run, status: str, pinned: bool) -> tuple[Any, ...]:
    """What a whole run of the page depends on."""
    control = run.control()
    others = () if pinned else tuple(other.id for other in hosting_trainers.training())
    place = trainers.trainers().place(run)
    return run.id, status, place, control.title, control.want, access.can_drive(), others


def _name(run: Run, control: Control, status: str) -> None:
    """Title, and what is trained; the live view below says how it stands."""
    badge = ""
    if place := trainers.trainers().place(run):
        badge = f":gray-badge[:material/schedule: {place} before it]"
    elif control.want == "stop" and status in commands.ACTIVE:
        badge = ":gray-badge[:material/hourglass_top: saving …]"
    elif status == "finished":
        badge = ":gray-badge[:material/flag: a finished run]"
    with st.container(gap=None):
        st.markdown(f"**{plain(control.title or run.id)}** {badge}")
        st.caption(describe(run) + (_what_starts(run) if status == "finished" else ""))


def _what_starts(run: Run) -> str:
    """What a press on Start trains, which need not be what is on screen; "" without a preset."""
    if (name := next(iter(presets.presets()), None)) is None:
        return ""
    config = RunConfig.from_dict(presets.settings(name))
    lost = "; MNIST is not here: New run can get it" if run.config().dataset == "mnist" != config.dataset else ""
    return f" · Start trains: {starting.default_title(config, name)}{lost}"


def _active(run: Run, control: Control, status: str) -> None:
    """What is pressed most comes last, where Start was: nothing else slides under the pointer."""
    leaving = control.want == "stop"
    _button("Stop", "stop", partial(commands.stop, run), leaving, help="Saves the run; you can resume it later.")
    live_settings.render(run, control, leaving)
    for what, label in SINGLE.items():
        act = partial(commands.step, run, what)
        why = SINGLE_HELP[what] if status == "paused" else "Pause first."
        _button(label, "", act, leaving or status != "paused", help=why)
    if status == "paused":
        _button("Resume", "play_arrow", partial(commands.resume, run), leaving, kind="primary")
    else:
        _button("Pause", "pause", partial(commands.pause, run), leaving or status == "queued", "primary")


def _ended(run: Run, status: str) -> None:
    """Resuming, where there is something to resume from; what is pressed most comes last."""
    if st.button("Duplicate", icon=":material/content_copy:", help=AGAIN):
        _go(like=run.id)
    match status:
        case "stopped":
            _button("Resume", "play_arrow", partial(commands.resume, run), kind="primary")
        case "failed" if "learning rate" in run.error():  # what the trainer advises
            act = partial(commands.resume_gently, run)
            why = "From the last good state, with both learning rates halved."
            _button("Resume with half the learning rates", "play_arrow", act, kind="primary", help=why)
        case "failed" if asked := _asks(run):
            act = partial(commands.resume, run, accept=True)
            why = f"With the {asked} as they are now. The difference is kept as an event of the run."
            _button(f"Resume with changed {asked}", "play_arrow", act, kind="primary", help=why)
        case "failed":
            why = "From the last good state, once the cause is gone."
            act = partial(commands.resume, run)
            _button("Try again", "refresh", act, kind="primary", help=why)
        case "finished":
            if run.states():
                live_settings.longer(run)
            _next()


def _asks(run: Run) -> str:
    """What was changed since, where the run would go on with it if its owner says so: "data" or "settings"."""
    last: dict[str, Any] = next((event for event in reversed(run.events()) if event["event"] == "failed"), {})
    return str(last.get("ask", ""))


def _newer() -> bool:
    """A button from a finished run on screen to one that is being trained, if there is one."""
    if not (busy := hosting_trainers.training()):
        return False
    if st.button("Watch what is being trained", type="primary", icon=":material/play_arrow:"):
        _go(run=busy[0].id)
    return True


def _next() -> None:
    """One press from a finished run on screen to one that is being trained."""
    if _newer():
        return
    for name, preset in list(presets.presets().items())[:1]:
        why, mark = f"{preset.title}. {preset.sentence}", ":material/play_arrow:"
        if st.button("Start training", key="start-training", type="primary", icon=mark, help=why):
            starting.begin_preset(name)


def _go(**link: str) -> None:
    """Shows what a link to this page would show."""
    st.query_params.from_dict(link)
    st.rerun()


def _button(
    label: str,
    icon: str,
    act: Any,
    off: bool = False,
    kind: Literal["primary", "secondary"] = "secondary",
    help: str = "",
) -> None:
    mark = f":material/{icon}:" if icon else None
    st.button(label, key=label, icon=mark, type=kind, disabled=off, help=help or None, on_click=attempt, args=(act,))


def _share(run: Run, with_download: bool = False) -> None:
    """The link to a run; with the way to take it home where the row has no room for a button of its own."""
    with st.popover("Link", icon=":material/link:", key="link"):
        joining.invite(run=run.id)
        if with_download:
            _download(run)
        if st.button("Projector mode", icon=":material/slideshow:", help="Large, steered by keys: ? lists them."):
            _go(show="1", run=run.id)


def _download(run: Run) -> None:
    why = "Take it home: a zip with its own PyTorch script, one page, a figure."
    if not run.weights().is_file():
        return
    if st.button("Download", icon=":material/download:", help=why):
        download.open_(run)
        st.rerun()  # the whole page, which shows the dialog


def describe(run: Run) -> str:
    """Model, data, loss and machine in words."""
    config = run.config()
    model = networks_card(config).title
    data, loss = (
        registry.card(kind, name).title for kind, name in (("datasets", config.dataset), ("losses", config.loss))
    )
    where = config.device.upper() + (_threads(run, config) if config.device == "cpu" else "")
    return f"{model} on {data} · {loss} loss · {where}"


def _threads(run: Run, config: RunConfig) -> str:
    """How many it trains with: always, or by the newest event that tells."""
    counts = [event["threads"] for event in run.events() if files.is_number(event.get("threads"))]
    if not (count := config.threads or (counts[-1] if counts else 0)):
        return ""
    return f", {count} {'thread' if count == 1 else 'threads'}" + ("" if config.threads else " (auto)")
