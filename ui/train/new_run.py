"""What starts a run: preset cards, the knobs beside them, how long to train, and Start."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gan import config as configs
from gan import registry, runs
from gan.config import RunConfig
from gan.hosting import first_digits
from gan.hosting.data_preview import Preview
from gan.hosting.trainers import training
from gan.runs import pace
from ui.shared import code_view, compatibility, making_room, presets
from ui.shared.access import HOW_TO_DRIVE, can_drive
from ui.shared.errors import show
from ui.shared.navigation import PAGES
from ui.shared.text import plain
from ui.train import data_sheet, form, networks, preset_cards, starting

UNITS = {"epochs": "Epochs", "steps": "Steps", "minutes": "Minutes"}
PRESET, UNIT, AMOUNT, TITLE = "new-preset", "new-unit", "new-amount", "new-title"
LINK, BASE = "new-source", "new-base"  # what the form was filled from, and the settings of its preset or run alone


def render(preset: str, like: str, changes: Mapping[str, str]) -> None:
    """The whole form, filled from `preset` or from the run `like`, with the settings in `changes` laid over it."""
    _fill_once(preset, like, changes)
    left, right = st.columns([7, 6], gap="large")
    with left:
        with st.container(key="form-head-left", horizontal=True, vertical_alignment="center"):
            st.header("What should it learn?", anchor=False)
            if runs.runs() and st.button("Back", type="tertiary", icon=":material/arrow_back:"):
                st.query_params.clear()
                st.rerun()
        if picked := preset_cards.render(st.session_state[PRESET], st.session_state[form.DRAFT]["dataset"]):
            st.query_params.from_dict({"preset": picked, **_own_data(st.session_state[form.DRAFT])})
            st.session_state.pop(LINK, None)  # filled anew, also where it is the one that was chosen before
            st.rerun()
        broken = "Broken on purpose: predict, watch, fix"
        st.page_link(PAGES / "failures.py", label=broken, icon=":material/build:")
    with right:
        with st.container(key="form-head-right", horizontal=True, vertical_alignment="center"):
            st.header("Settings", anchor=False)
            buttons = st.container(horizontal=True, horizontal_alignment="right", width="content", key="form-start")
        said = st.container(gap="xsmall")
        config = form.render()
        _keep_in_link(preset, like)
        preview = data_sheet.render(config) if config else None
        misfit = _networks(config, preview) if config else ""
        budget = _budget()
        if config:
            st.caption(f":material/timer: {_length(config, budget, preview)}.")
        st.text_input("Title", key=TITLE, max_chars=120, placeholder="named automatically", persist_state="session")
        with said:
            _start(buttons, None if misfit else config, budget, preview)
            show()
        if config and not misfit:
            _code(config, budget, preview)


def _networks(config: RunConfig, preview: Preview | None) -> str:
    """The layers of both networks; returns why they cannot be trained, "" when they can."""
    if preview and not preview.refused:
        return networks.render(config, preview.shape, len(preview.names))
    return networks.render(config, None, None)


def _code(config: RunConfig, budget: Mapping[str, float], preview: Preview | None) -> None:
    """The code of these settings, marked where it is not that of the preset or of the run that the form began with."""
    base = None
    with contextlib.suppress(configs.ConfigError):
        base = RunConfig.from_dict(st.session_state[BASE])
    read = (preview.shape, len(preview.names)) if preview and not preview.refused else None
    preset = st.session_state[PRESET]
    code_view.render(config, starting.default_title(config, preset), preset or "gan", base, budget, data=read)


def _own_data(draft: Mapping[str, Any]) -> dict[str, str]:
    """The settings of one's own pictures, which another preset leaves alone, as a link has them; {} for other data."""
    facts = registry.card("datasets", draft["dataset"]).facts
    if not draft.get("source") or "source" not in facts.get("KNOBS", ()):
        return {}
    return {name: str(draft[name]) for name in ("dataset", *facts["KNOBS"], *facts.get("EXTRA", {})) if name in draft}


def _readable(changes: Mapping[str, str]) -> dict[str, Any]:
    """The settings that a link names, as values; what is no setting or out of range is left out."""
    values = {}
    for name in changes.keys() & configs.settings().keys():
        with contextlib.suppress(ValueError):
            value = configs.parser_of(name)(changes[name])
            if not configs.check(name, value):
                values[name] = value
    return values


def _fill_once(preset: str, like: str, changes: Mapping[str, str]) -> None:
    """Fills the form when the link has changed; what was typed since is kept otherwise, and by a link without any."""
    source = f"{like or preset}?{dict(changes)}"
    before = st.session_state.get(LINK, "")
    back = before.startswith(f"{like or preset}?") and not changes.keys() & configs.settings().keys()
    if (before == source or back) and form.DRAFT in st.session_state:
        return
    if like:
        run = runs.find(like)
        values, budget = run.config().to_dict(), dict(run.control().budget)
        preset = next((str(e.get("preset", "")) for e in run.events()), "")
        values = compatibility.settle(values)[0]
    else:
        values = presets.settings(preset)
        budget = dict(presets.every()[preset].budget)
    form.fill(compatibility.settle({**values, **_readable(changes)})[0] if changes else values)
    unit, amount = next(iter(budget.items()), ("steps", 10_000))
    st.session_state.update(
        {
            LINK: source,
            BASE: compatibility.settle(values)[0],
            PRESET: preset,
            TITLE: "",
            UNIT: "minutes" if unit == "seconds" else unit,
            AMOUNT: max(1, round(amount / 60 if unit == "seconds" else amount)),
        }
    )


def _keep_in_link(preset: str, like: str) -> None:
    """Puts what differs from the preset, or from the run, into the link, so that a reload brings it back."""
    draft, base, link = st.session_state[form.DRAFT], st.session_state[BASE], st.query_params.to_dict()
    usual = {name: setting.default for name, setting in configs.settings().items()} | base
    wanted = {name: str(value) for name, value in draft.items() if value != usual[name]}
    if wanted != {name: link[name] for name in link if name in draft}:
        rest = {name: value for name, value in link.items() if name not in draft}
        now = {**({"like": like} if like else {"preset": preset}), **rest, **wanted}
        st.query_params.from_dict(now)
        st.session_state[LINK] = f"{like or preset}?{now}"


def _budget() -> dict[str, float]:
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        unit = st.segmented_control(
            "Train for",
            UNITS,
            format_func=UNITS.__getitem__,
            key=UNIT,
            required=True,
            persist_state="session",
            help="An epoch is one pass over the data; a step is one round of updates of D and G.",
        )
    with right:
        amount = st.number_input(
            "How many", 1, 10_000_000, step=1, key=AMOUNT, label_visibility="hidden", persist_state="session"
        )
    return {"seconds": 60.0 * amount} if unit == "minutes" else {str(unit): amount}


def _length(config: RunConfig, budget: Mapping[str, float], preview: Preview | None) -> str:
    """How long the run will be: in steps, passes over the data, and time on this machine."""
    count = preview.images if preview else pace.count(config)
    return pace.length_text(config, budget, count, first_digits.speed_here(config))


def _start(
    buttons: DeltaGenerator, config: RunConfig | None, budget: dict[str, float], preview: Preview | None
) -> None:
    """Start, unless what was read cannot be learned; while another run has the device, its owner decides.

    It stands in `buttons`, beside the heading, where a page has its main button; what is to be said stands here. A
    watcher is told how to drive, and has nothing to press.
    """
    if not can_drive():
        st.caption(f":material/visibility: {HOW_TO_DRIVE}")
        return
    if config is None or (preview and preview.refused):
        _press(buttons, "Start", "play_arrow", off=True, primary=True)
        return
    title, preset = st.session_state[TITLE], st.session_state[PRESET]
    if (origin := presets.every().get(preset)) and origin.model != config.model:
        preset = ""  # too far from it to carry its name
    if absent := plain(compatibility.lacking(config)):
        st.caption(absent)
    off = bool(absent)
    busy = training()
    if busy:
        st.caption(making_room.warning(busy[:1], "Starting this one at once"))
    label = "Stop it and start this one" if busy else "Start"
    if _press(buttons, label, "play_arrow", off, primary=True):
        making_room.stop(busy)
        starting.begin(config, budget, title, preset)
    if busy and _press(buttons, "Start after it", "schedule", off):
        starting.begin(config, budget, title, preset)


def _press(buttons: DeltaGenerator, label: str, icon: str, off: bool, primary: bool = False) -> bool:
    kind: Literal["primary", "secondary"] = "primary" if primary else "secondary"
    mark = f":material/{icon}:"
    return buttons.button(label, key=label, type=kind, disabled=off, icon=mark)
