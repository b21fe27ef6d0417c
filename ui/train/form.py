"""RunConfig as widgets: what a knob is called, takes and explains comes from its metadata.

A draft is kept beside the widgets, so that a setting which is hidden for a while is not lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from gan import registry, runs
from gan.config import ConfigError, RunConfig, Setting, game_conflict, knob_of, loss_conflict, settings
from ui.shared import compatibility
from ui.shared.text import plain
from ui.train import dataset_download

DRAFT = "draft"
HEADINGS = {  # of what files declare, by their kind
    "models": "Of this model",
    "datasets": "Of this data set",
    "penalties": "Penalties",
    "tricks": "Tricks",
    "augmentations": "Augmentations",
}
SIZES_OF_NETS = ("width", "z_dim")  # beside the layers of a model, where those may be chosen
HIDDEN = ("dataset", "model", "loss", "source")  # drawn by hand, with their cards


def key(name: str) -> str:
    """The widget key of a field."""
    return f"knob-{name}"


def fill(values: Mapping[str, Any]) -> None:
    """Puts these settings into the draft and into the widgets that show them."""
    st.session_state[DRAFT] = dict(values)
    for name, value in values.items():
        st.session_state[key(name)] = value


def change(values: Mapping[str, Any]) -> None:
    """Lays some settings over the draft, as a button beside the form does."""
    fill({**_typed(), **values})


def mirror(name: str, values: Mapping[str, Any]) -> None:
    """A second widget of a field, beside what it decides; both show the same."""
    at = f"mirror-{name}"
    st.session_state[at] = values[name]
    knob(name, values, at=at, changed=lambda: change({name: st.session_state[at]}))


def render() -> RunConfig | None:
    """Draws the draft; returns it as a config, or None, with a sentence for each problem beside it."""
    values = _typed()
    if name := dataset_download.arrived():
        values["dataset"] = name
    values, notes = compatibility.settle(values)
    fill(values)
    data = registry.card("datasets", values["dataset"])
    _choice("dataset", registry.names("datasets"))
    dataset_download.offer(values["dataset"], key("source"))
    if "model" in compatibility.used(values):
        _choice("model", compatibility.models_for(data) or [values["model"]])
    for note in notes:
        st.info(plain(note), icon=":material/info:")
    known = settings(values["model"], values["dataset"])
    shown = [name for name in compatibility.used(values) if name not in HIDDEN]
    if own := [name for name in shown if _kind(known[name]) == "models" and known[name].knob.group == "usual"]:
        own += [name for name in SIZES_OF_NETS if name in shown]
        _in_two(own, values)
        shown = [name for name in shown if name not in own]
    _choice("loss", registry.names("losses"))
    usual = [name for name in shown if known[name].knob.group == "usual"]
    for place, name in zip(st.columns(len(usual)), usual, strict=True):
        with place, st.container(gap="xxsmall"):
            _with_formula(name, values)
    with st.expander("More settings", icon=":material/tune:"):
        rest = [name for name in shown if name not in usual]
        _in_two([name for name in rest if _kind(known[name]) not in HEADINGS], values)
        for kind, heading in HEADINGS.items():
            if declared := [name for name in rest if _kind(known[name]) == kind]:
                st.markdown(f"**{heading}**")
                _in_two(declared, values)
    return _checked(_typed())


def _in_two(names: list[str], values: Mapping[str, Any]) -> None:
    """The settings in two columns."""
    left, right = st.columns(2)
    for k, name in enumerate(names):
        with right if k % 2 else left, st.container(gap="xxsmall"):
            _with_formula(name, values)


def _with_formula(name: str, values: Mapping[str, Any]) -> None:
    """A setting, and under it its formula, or that of the file that it turns on."""
    knob(name, values)
    setting = settings(values["model"], values["dataset"])[name]
    if setting.knob.kind:
        card = registry.card(setting.knob.kind, values[name])
        st.caption(card.summary[:1].upper() + card.summary[1:], help=card.text or None)
        _formula(card.facts.get("FORMULA", ""))
    own = registry.card(*setting.file).facts.get("FORMULA", "") if setting.file and setting.switch else ""
    _formula(setting.knob.formula or own)


def _formula(text: str) -> None:
    """A formula in small, where there is one."""
    if text:
        st.caption(f"${text}$")


def _kind(setting: Setting) -> str:
    return setting.file[0] if setting.file else ""


def _typed() -> dict[str, Any]:
    """The draft with what the widgets say now."""
    draft = st.session_state[DRAFT]
    return {name: st.session_state.get(key(name), value) for name, value in draft.items()}


def _checked(values: dict[str, Any]) -> RunConfig | None:
    st.session_state[DRAFT] = values
    try:
        config = RunConfig.from_dict(values)
        problems = [loss_conflict(config), game_conflict(config)]
    except ConfigError as error:
        config, problems = None, error.problems
    if told := [*filter(None, problems)]:
        st.error("\n\n".join(map(plain, told)), icon=":material/error:")
    return None if told else config


def _choice(name: str, options: list[str]) -> None:
    """A select box of files, with the sentence of the chosen one under it."""
    knob = knob_of(name)
    cards = {option: registry.card(knob.kind, option) for option in options}

    def label(option: str) -> str:
        absent = name == "dataset" and compatibility.missing(option)
        return cards[option].title + ("  (not here yet)" if absent else "")

    with st.container(gap="xxsmall"):
        card = cards[st.selectbox(knob.label, options, format_func=label, key=key(name))]
        st.caption(card.summary[:1].upper() + card.summary[1:], help=card.text or None)
        for who in ("D", "G"):
            if formula := card.facts.get(f"{who}_FORMULA"):
                _formula(rf"\mathcal{{L}}_{who} = {formula}")
    if card.error:
        st.error(plain(card.error), icon=":material/error:")


def knob(
    name: str, values: Mapping[str, Any], at: str = "", label: str = "", changed: Callable[[], None] | None = None
) -> Any:
    """The widget that fits one field, and its value; `at` and `label` are another key and label for it.

    `changed` is called when a person has changed it.
    """
    setting, value = settings(values["model"], values["dataset"])[name], values[name]
    facts = setting.knob
    zero = f" (0: {facts.zero})" if facts.zero and not facts.shown else ""
    about: dict[str, Any] = {"label": label or f"{facts.label}{zero}", "key": at or key(name), "help": _help(setting)}
    about |= {"on_change": changed} if changed else {}
    if name == "start_from":
        return st.selectbox(options=_origins(value), format_func=lambda origin: origin or "nothing", **about)
    if name == "image_size":
        cards = (registry.card("models", values["model"]), registry.card("datasets", values["dataset"]))
        return st.selectbox(options=compatibility.sides(*cards), format_func=_side, **about)
    if facts.kind:
        data = registry.card("datasets", values["dataset"])
        names = compatibility.models_for(data) if name == "model" else facts.options()
        return st.selectbox(options=[*names], format_func=partial(_title, facts.kind), **about)
    if facts.shown:
        rates = sorted({*facts.shown, value, st.session_state.get(about["key"], value)})
        return st.selectbox(options=rates, format_func=lambda rate: f"{rate:g}", **about)
    if isinstance(value, bool):
        return st.toggle(**about)
    if options := facts.options():
        return st.selectbox(options=[*options], format_func=str, **about)
    if isinstance(value, int):
        return st.number_input(min_value=int(facts.low), max_value=int(facts.high), step=1, **about)
    return st.number_input(min_value=facts.low, max_value=facts.high, step=0.001, format="%g", **about)


def _origins(value: str) -> list[str]:
    """The runs whose networks one may start from, after "" for none."""
    there = [run.id for run in [*runs.runs(), *runs.runs(runs.shipped())] if run.weights().exists()]
    return [*dict.fromkeys(["", *there, value])]


def _help(setting: Setting) -> str:
    """What a setting does; of one that a penalty, trick or augmentation declares, also what that is and its source."""
    if setting.file and setting.switch:
        card = registry.card(*setting.file)
        return "\n\n".join(filter(None, [card.summary[:1].upper() + card.summary[1:], setting.knob.help, card.text]))
    return setting.knob.help


def _title(kind: str, option: str) -> str:
    return registry.card(kind, option).title


def _side(side: int) -> str:
    return f"{side} × {side}" if side else "own"
