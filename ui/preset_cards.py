"""The presets as cards: a title, a sentence, how soon there is something to see."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from gan import probe, registry
from gan.config import ConfigError, RunConfig, preset
from ui import choices
from ui.words import duration

COLUMNS = 2
BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, ConfigError)


@dataclass(frozen=True)
class Preset:
    """A preset that can be used; its text is what the file tells."""

    name: str
    title: str
    sentence: str
    look_for: str
    budget: Mapping[str, float]
    config: Mapping[str, Any]
    model: str
    order: int

    @property
    def who(self) -> str:
        """The title up to its colon: who learns."""
        return self.title.partition(":")[0]


def presets() -> dict[str, Preset]:
    """The presets by name, in the order they want to be shown in; a broken file is left out."""
    found = []
    for name in registry.names("presets"):
        with contextlib.suppress(*BROKEN):
            found.append(_read(name))
    return {p.name: p for p in sorted(found, key=lambda p: (p.order, p.name))}


def settings(name: str) -> dict[str, Any]:
    """The settings of a preset here: one that leaves the data open learns the best there is.

    Raises registry.Unknown for a name that is no preset.
    """
    registry.card("presets", name)
    values = dict(_read(name).config)
    values.setdefault("dataset", choices.best_data())
    return choices.settle(RunConfig.from_dict(values).to_dict())[0]


def draw(chosen: str) -> str:
    """The cards; returns the name of the one just picked, or ""."""
    picked = ""
    shown = list(presets().values())
    for start in range(0, len(shown), COLUMNS):
        places = st.columns(COLUMNS, gap="small")
        for place, told in zip(places, shown[start : start + COLUMNS], strict=False):
            state = "on" if told.name == chosen else "off"
            with place, st.container(key=f"card-{state}-{told.name}", gap=None, height="stretch"):
                st.markdown(f"**{told.title}**")
                st.caption(told.sentence)
                _first_digits(told.name)
                if st.button(f"Choose: {told.title}", key=f"choose-{told.name}"):
                    picked = told.name
    if (on := presets().get(chosen)) and on.look_for:
        st.markdown(f"**What to look for.** {on.look_for}")
    if broken := [name for name in registry.names("presets") if name not in presets()]:
        st.caption(f":red[These presets cannot be read: {', '.join(broken)}.]")
    return picked


def _read(name: str) -> Preset:
    config, told = preset(name)
    return Preset(
        name=name,
        title=told["title"],
        sentence=told["sentence"],
        look_for=told.get("look_for", ""),
        budget=dict(told["budget"]),
        config=told["config"],
        model=config.model,
        order=int(told.get("order", 99)),
    )


def _first_digits(name: str) -> None:
    """How soon the first digits are there on this machine; nothing while nobody knows."""
    estimate = None
    with contextlib.suppress(*BROKEN):  # a preset need not tell what an estimate is made from
        estimate = probe.first_digits(name)
    if estimate:
        sure = "" if estimate.how.startswith("measured") else " (estimated)"
        st.caption(f":material/timer: First digits: about {duration(estimate.seconds)} here{sure}")
