"""The error of the last command of a session: one sentence, shown until the next command."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import streamlit as st

from gan.config import ConfigError
from gan.runs import RunError
from ui.shared.access import NotAllowed
from ui.shared.text import plain

P = ParamSpec("P")
T = TypeVar("T")
KEY = "trouble"


def attempt(command: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Runs a command; its refusal becomes the sentence that `show` draws, and the answer None."""
    st.session_state.pop(KEY, None)
    try:
        return command(*args, **kwargs)
    except (NotAllowed, RunError, ConfigError) as error:
        st.session_state[KEY] = str(error)
        return None


def say(text: str) -> None:
    """Keeps a sentence for `show`."""
    st.session_state[KEY] = text


def show() -> None:
    """Draws the sentence, if there is one."""
    if text := st.session_state.get(KEY):
        st.error(plain(text), icon=":material/error:")
