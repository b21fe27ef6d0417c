"""Navigation between pages within a session, so that a driver stays one."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

GO = "go-to-page"  # in the session
PAGES = Path(__file__).parents[2] / "pages"


def button(label: str, page: str, key: str, icon: str = ":material/arrow_forward:", **query: str) -> None:
    """A button that opens the page of that file name, with `query` in its address."""
    if st.button(label, key=key, icon=icon):
        st.switch_page(PAGES / f"{page}.py", query_params=query)


def go(page: str, **query: str) -> None:
    """Lets the next run of the script begin on another page. For callbacks, which cannot switch themselves.

    A switch in the middle of a run may meet a fragment's timer, and the browser is left with an empty page.
    """
    st.session_state[GO] = (page, query)


def follow(here: str) -> None:
    """Switches to where `go` wanted to; for the entry script, before anything is drawn. `here` is the page's file name.

    Another address on the same page is no switch: the page is drawn with it at once.
    """
    if wanted := st.session_state.pop(GO, None):
        page, query = wanted
        if page == here:
            st.query_params.from_dict(query)
            return
        st.switch_page(PAGES / f"{page}.py", query_params=query)
