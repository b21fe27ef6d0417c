"""Fragments: parts of a page that rerun by themselves, on a timer or when used."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st


def again(render: Callable[..., object], *args: object, every: float | None) -> None:
    """Draws a part of the page by `render(*args)`: again every so many seconds, and when something in it is used.

    With None only then. The part has a container that the page itself draws. Without one it would take a place among
    the page's own elements, and Streamlit drops what a run of the page said of a fragment if that runs again before
    the browser was told, as it does on a busy machine: what follows then moves up into its place, the part overwrites
    it, and a component that was overwritten stays hidden until the page runs again.
    """
    with st.container():
        st.fragment(render, run_every=every)(*args)
