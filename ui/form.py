"""RunConfig as widgets: what a knob is called, takes and explains comes from its metadata.

A draft is kept beside the widgets, so that a setting which is hidden for a while is not lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from gan import registry
from gan.config import ConfigError, RunConfig, knob_of
from ui import choices, data_here

DRAFT = "draft"
HIDDEN = ("dataset", "model", "loss", "source")  # drawn by hand, with their cards


def key(name: str) -> str:
    """The widget key of a field."""
    return f"knob-{name}"


def fill(values: Mapping[str, Any]) -> None:
    """Puts these settings into the draft and into the widgets that show them."""
    st.session_state[DRAFT] = dict(values)
    for name, value in values.items():
        st.session_state[key(name)] = value


def draw() -> RunConfig | None:
    """Draws the draft; returns it as a config, or None, with a sentence for each problem beside it."""
    values = _typed()
    if name := data_here.arrived():
        values["dataset"] = name
    values, notes = choices.settle(values)
    fill(values)
    data = registry.card("datasets", values["dataset"])
    _choice("dataset", registry.names("datasets"))
    data_here.offer(values["dataset"], key("source"))
    _choice("model", choices.models_for(data) or [values["model"]])
    for note in notes:
        st.info(note, icon=":material/info:")
    _choice("loss", registry.names("losses"))
    shown = [name for name in choices.used(values) if name not in HIDDEN]
    usual = [name for name in shown if knob_of(name).group == "usual"]
    for place, name in zip(st.columns(len(usual)), usual, strict=True):
        with place:
            knob(name, values)
    with st.expander("More settings", icon=":material/tune:"):
        left, right = st.columns(2)
        for k, name in enumerate(name for name in shown if name not in usual):
            with right if k % 2 else left:
                knob(name, values)
    return _checked(_typed())


def _typed() -> dict[str, Any]:
    """The draft with what the widgets say now."""
    draft = st.session_state[DRAFT]
    return {name: st.session_state.get(key(name), value) for name, value in draft.items()}


def _checked(values: dict[str, Any]) -> RunConfig | None:
    st.session_state[DRAFT] = values
    try:
        return RunConfig.from_dict(values)
    except ConfigError as error:
        st.error("\n\n".join(error.problems), icon=":material/error:")
        return None


def _choice(name: str, options: list[str]) -> None:
    """A select box of files, with the sentence of the chosen one under it."""
    knob = knob_of(name)
    cards = {option: registry.card(knob.kind, option) for option in options}

    def label(option: str) -> str:
        absent = name == "dataset" and choices.missing(option)
        return cards[option].title + ("  (not here yet)" if absent else "")

    with st.container(gap="xxsmall"):
        card = cards[st.selectbox(knob.label, options, format_func=label, key=key(name))]
        st.caption(card.summary[:1].upper() + card.summary[1:], help=card.text or None)
    if card.error:
        st.error(card.error, icon=":material/error:")


def knob(name: str, values: Mapping[str, Any], at: str = "", label: str = "") -> Any:
    """The widget that fits one field, and its value; `at` and `label` are another key and label for it."""
    told, value = knob_of(name), values[name]
    about: dict[str, Any] = {
        "label": label or told.label, "key": at or key(name), "help": told.help,
    }  # fmt: skip
    if name == "image_size":
        cards = (
            registry.card("models", values["model"]),
            registry.card("datasets", values["dataset"]),
        )
        return st.selectbox(options=choices.sides(*cards), format_func=_side, **about)
    if told.kind:
        data = registry.card("datasets", values["dataset"])
        names = choices.models_for(data) if name == "model" else told.options()
        return st.selectbox(options=[*names], format_func=partial(_title, told.kind), **about)
    if told.shown:
        rates = sorted({*told.shown, value, st.session_state.get(about["key"], value)})
        return st.selectbox(options=rates, format_func=lambda rate: f"{rate:g}", **about)
    if isinstance(value, bool):
        return st.toggle(**about)
    if options := told.options():
        return st.selectbox(options=[*options], format_func=str, **about)
    if isinstance(value, int):
        return st.number_input(min_value=int(told.low), max_value=int(told.high), step=1, **about)
    return st.number_input(
        min_value=told.low, max_value=told.high, step=0.001, format="%g", **about
    )


def _title(kind: str, option: str) -> str:
    return registry.card(kind, option).title


def _side(side: int) -> str:
    return f"{side} × {side}" if side else "own"
