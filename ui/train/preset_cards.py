"""The presets as cards: a title, a sentence, how soon there is something to see."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import streamlit as st

from gan import registry
from gan.config import shows_digits
from gan.hosting import first_digits
from ui.shared import presets
from ui.shared.presets import BROKEN, Preset
from ui.shared.text import duration, plain

COLUMNS = 2
FIRST = 8  # cards before the folds
FOLDS = {False: "More presets: losses, penalties, data", True: "One picture from another"}  # by `from_source`


def render(chosen: str, dataset: str) -> str:
    """The cards, in words that fit the data set; returns the name of the one just picked, or ""."""
    known = presets.every()
    shown = [preset for preset in known.values() if preset.scenario is None]
    first = [preset for preset in shown if not preset.from_source][:FIRST]
    picked = _cards(first, chosen, dataset)
    if (on := known.get(chosen)) and on.look_for:
        st.markdown(f"**What to look for.** {presets.look_for(on, dataset)}")
    for from_source, title in FOLDS.items():
        rest = [preset for preset in shown if preset.from_source is from_source and preset not in first]
        if rest:
            with st.expander(f"{title} ({len(rest)})", expanded=chosen in [preset.name for preset in rest]):
                picked = _cards(rest, chosen, dataset) or picked
    if broken := [name for name in registry.names("presets") if name not in known]:
        st.caption(f":red[These presets cannot be read: {plain(', '.join(broken))}.]")
    return picked


def _cards(shown: Sequence[Preset], chosen: str, dataset: str) -> str:
    """Presets as cards; returns the name of the one just picked, or ""."""
    picked = ""
    for start in range(0, len(shown), COLUMNS):
        places = st.columns(COLUMNS, gap="small")
        for place, preset in zip(places, shown[start : start + COLUMNS], strict=False):
            state = "on" if preset.name == chosen else "off"
            with place, st.container(key=f"card-{state}-{preset.name}", gap=None, height="stretch"):
                st.markdown(f"**{preset.title}**")
                st.caption(preset.sentence)
                if shows_digits(dataset):
                    _first_digits(preset.name)
                if st.button(f"Choose: {preset.title}", key=f"choose-{preset.name}"):
                    picked = preset.name
    return picked


def _first_digits(name: str) -> None:
    """How soon the first digits are there on this machine; nothing while nobody knows."""
    estimate = None
    with contextlib.suppress(*BROKEN):  # a preset need not tell what an estimate is made from
        estimate = first_digits.first_digits(name)
    if estimate:
        sure = "" if estimate.how.startswith("measured") else " (estimated)"
        st.caption(f":material/timer: First digits: about {duration(estimate.seconds)} here{sure}")
