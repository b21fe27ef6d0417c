"""A film of a run to share: a button on a page, and the view that has it made and saves it."""

from __future__ import annotations

import streamlit as st

from gan.runs import Run
from ui.shared.component import component

_mount = component("film", "film/film.js", "film/film.css")


def offer(run: Run, place: str) -> None:
    """A button that opens the view; nothing for a run without pictures. `place` tells it from others on a page."""
    if run.pictures("fixed"):
        with st.popover("Film", icon=":material/movie:"):
            render(run, place)


def render(run: Run, place: str) -> None:
    """The view: one press has the film made; it can be saved as a GIF, and as a video where the browser records one."""
    _mount(key=f"film-{place}-{run.id}", data={"run": run.id})
