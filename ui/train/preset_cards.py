"""The presets as cards: a title, a sentence, how soon there is something to see."""

from __future__ import annotations

import contextlib

import streamlit as st

from gan import registry
from gan.config import shows_digits
from gan.hosting import first_digits
from ui.shared.presets import BROKEN, every, look_for
from ui.shared.text import duration, plain

COLUMNS = 2


def render(chosen: str, dataset: str) -> str:
    """The cards, in words that fit the data set; returns the name of the one just picked, or ""."""
    picked, known = "", every()
    shown = [preset for preset in known.values() if preset.scenario is None]
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
    if (on := known.get(chosen)) and on.look_for:
        st.markdown(f"**What to look for.** {look_for(on, dataset)}")
    if broken := [name for name in registry.names("presets") if name not in known]:
        st.caption(f":red[These presets cannot be read: {plain(', '.join(broken))}.]")
    return picked


def _first_digits(name: str) -> None:
    """How soon the first digits are there on this machine; nothing while nobody knows."""
    estimate = None
    with contextlib.suppress(*BROKEN):  # a preset need not tell what an estimate is made from
        estimate = first_digits.first_digits(name)
    if estimate:
        sure = "" if estimate.how.startswith("measured") else " (estimated)"
        st.caption(f":material/timer: First digits: about {duration(estimate.seconds)} here{sure}")
