"""The presets as cards: a title, a sentence, how soon there is something to see."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gan import registry
from gan.config import RunConfig
from ui import choices

COLUMNS = 2


def presets() -> list[tuple[str, dict[str, Any]]]:
    """All presets with their names, in the order they want to be shown in."""
    found = [(name, registry.load("presets", name)) for name in registry.names("presets")]
    return sorted(found, key=lambda item: (item[1].get("order", 99), item[0]))


def settings(name: str) -> dict[str, Any]:
    """The settings of a preset here: one that leaves the data open learns the best there is."""
    told = registry.load("presets", name)["config"]
    values = RunConfig.from_dict({"dataset": choices.best_data(), **told}).to_dict()
    return choices.settle(values)[0]


def draw(chosen: str) -> str:
    """The cards; returns the name of the one just picked, or ""."""
    picked = ""
    shown = presets()
    for start in range(0, len(shown), COLUMNS):
        row = shown[start : start + COLUMNS]
        for place, (name, told) in zip(st.columns(COLUMNS, gap="small"), row, strict=False):
            state = "on" if name == chosen else "off"
            with place, st.container(key=f"card-{state}-{name}", gap=None, height="stretch"):
                st.markdown(f"**{told['title']}**")
                st.caption(told["sentence"])
                _first_digits(name)
                if st.button(f"Choose: {told['title']}", key=f"choose-{name}"):
                    picked = name
    return picked


def _first_digits(name: str) -> None:
    """How soon the first digits are there on this machine; nothing while nobody knows."""
    from gan import probe

    if estimate := probe.first_digits(name):
        sure = "" if estimate.how.startswith("measured") else " (estimated)"
        st.caption(f":material/timer: First digits: about {duration(estimate.seconds)} here{sure}")


def duration(seconds: float) -> str:
    """Seconds in words, rounded as much as an estimate deserves."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
