"""What starts a run: preset cards, the knobs beside them, how long to train, and Start."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Literal

import streamlit as st

from gan import config as configs
from gan import hosts, runs
from gan.config import RunConfig
from gan.runs import Run
from ui import choices, commands, form, preset_cards, scenarios, starting
from ui.access import HOW_TO_DRIVE, can_drive
from ui.trouble import attempt, show
from ui.words import plain

UNITS = {"epochs": "Epochs", "steps": "Steps", "minutes": "Minutes"}
PRESET, UNIT, AMOUNT, TITLE = "new-preset", "new-unit", "new-amount", "new-title"


def draw(preset: str, like: str, changes: Mapping[str, str]) -> None:
    """The whole form, filled from `preset` or from the run `like`, with the settings in `changes` laid over it."""
    _fill_once(preset, like, changes)
    left, right = st.columns([7, 6], gap="large")
    with left:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader("What shall it learn?", anchor=False)
            if runs.runs() and st.button("Back", type="tertiary", icon=":material/arrow_back:"):
                st.query_params.clear()
                st.rerun()
        if picked := preset_cards.draw(st.session_state[PRESET]):
            st.query_params.from_dict({"preset": picked})
            st.rerun()
        scenarios.cards()
    with right:
        st.subheader("Settings", anchor=False)
        config = form.draw()
        budget = _budget()
        st.text_input(
            "Title",
            key=TITLE,
            max_chars=120,
            placeholder="made from the settings",
            persist_state="session",
        )
        _start(config, budget)
        show()


def _readable(changes: Mapping[str, str]) -> dict[str, Any]:
    """The settings that a link names, as values; what is no setting or out of range is left out."""
    values = {}
    for name in changes.keys() & configs.fields().keys():
        with contextlib.suppress(ValueError):
            value = configs.parser_of(name)(changes[name])
            if not configs.check(name, value):
                values[name] = value
    return values


def training() -> list[Run]:
    """The runs that have a device here or wait for one; a paused one lets others go first."""
    found = [runs.find(run_id) for run_id in hosts.trainers().active()]
    return [run for run in found if hosts.trainers().status(run) in ("training", "queued")]


def _fill_once(preset: str, like: str, changes: Mapping[str, str]) -> None:
    """Fills the form when the link has changed; what was typed since is kept otherwise."""
    source = f"{like or preset}?{dict(changes)}"
    if st.session_state.get("new-source") == source and form.DRAFT in st.session_state:
        return
    if like:
        run = runs.find(like)
        values, budget = run.config().to_dict(), dict(run.control().budget)
        preset = next((str(e.get("preset", "")) for e in run.events()), "")
        values = choices.settle(values)[0]
    else:
        values = preset_cards.settings(preset)
        budget = dict(preset_cards.every()[preset].budget)
    form.fill(choices.settle({**values, **_readable(changes)})[0] if changes else values)
    unit, amount = next(iter(budget.items()), ("epochs", 5))
    st.session_state.update(
        {
            "new-source": source,
            PRESET: preset,
            TITLE: "",
            UNIT: "minutes" if unit == "seconds" else unit,
            AMOUNT: max(1, round(amount / 60 if unit == "seconds" else amount)),
        }
    )


def _budget() -> dict[str, float]:
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        unit = st.segmented_control(
            "Train for", UNITS, format_func=UNITS.__getitem__, key=UNIT, required=True,
            persist_state="session",
            help="An epoch is one pass over the data; a step is one round of updates of D and G.",
        )  # fmt: skip
    with right:
        amount = st.number_input(
            "How many", 1, 10_000_000, step=1, key=AMOUNT, label_visibility="hidden",
            persist_state="session",
        )  # fmt: skip
    return {"seconds": 60.0 * amount} if unit == "minutes" else {str(unit): amount}


def _start(config: RunConfig | None, budget: dict[str, float]) -> None:
    """Start; while another run has the device, its owner decides which one goes first."""
    if config is None:
        _press("Start", "play_arrow", off=True, primary=True)
        return
    title, preset = st.session_state[TITLE], st.session_state[PRESET]
    if (told := preset_cards.every().get(preset)) and told.model != config.model:
        preset = ""  # too far from it to carry its name
    absent = choices.lacking(config) if can_drive() else f":material/visibility: {HOW_TO_DRIVE}"
    if absent:
        st.caption(absent)
    off = bool(absent)
    busy = training()
    if busy:
        name = plain(busy[0].control().title or busy[0].id)
        st.caption(f"“{name}” is being trained. Stopping it loses nothing: it can go on later.")
    label = "Stop it and start this one" if busy else "Start"
    if _press(label, "play_arrow", off, primary=True):
        for other in busy:
            attempt(commands.stop, other)
        starting.begin(config, budget, title, preset)
    if busy and _press("Start after it", "schedule", off):
        starting.begin(config, budget, title, preset)


def _press(label: str, icon: str, off: bool, primary: bool = False) -> bool:
    kind: Literal["primary", "secondary"] = "primary" if primary else "secondary"
    mark = f":material/{icon}:"
    return st.button(label, key=label, type=kind, width="stretch", disabled=off, icon=mark)
