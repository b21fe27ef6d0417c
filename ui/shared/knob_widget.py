"""The widget of one setting: a toggle, a list to pick from, or a number of its range."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from gan.config import Knob, knob_of
from ui.shared.settings_text import shown

FEW = 20  # whole numbers that are offered as a list


def knob_widget(name: str, value: Any, **about: Any) -> Any:
    """Draws the widget that fits a setting, `value` in it, and returns what it says; `about` is for Streamlit."""
    knob = knob_of(name)
    about = {"label": knob.label, "help": knob.help, **about}
    if isinstance(value, bool):
        return st.toggle(value=value, **about)
    if options := _options(knob, value):
        about = {"format_func": partial(shown, name), **about}
        if isinstance(value, float):  # a rate: its steps are factors
            return st.select_slider(options=options, value=value, **about)
        return st.selectbox(options=options, index=options.index(value), **about)
    low, high = (int(knob.low), int(knob.high)) if isinstance(value, int) else (knob.low, knob.high)
    return st.number_input(min_value=low, max_value=high, value=value, **about)


def _options(knob: Knob, value: Any) -> list[Any]:
    """The values to pick from; [] where any number of a range may be typed."""
    if knob.shown:
        return sorted({*knob.shown, value})
    if isinstance(value, int) and knob.high - knob.low <= FEW:
        return [*range(int(knob.low), int(knob.high) + 1)]
    return [*knob.options()]
