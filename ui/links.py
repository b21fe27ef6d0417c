"""From one page to another, with what the other one is to show. Stays in the session, so a driver goes on driving."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

PAGES = Path(__file__).parent.parent / "pages"


def button(label: str, page: str, key: str, icon: str = ":material/arrow_forward:", **query: str) -> None:  # fmt: skip
    """A button that opens the page of that file name, with `query` in its address."""
    if st.button(label, key=key, icon=icon):
        st.switch_page(PAGES / f"{page}.py", query_params=query)
