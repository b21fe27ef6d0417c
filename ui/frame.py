"""The frame every page shares: the role, the PIN, and what is said when a page fails."""

from __future__ import annotations

import logging

import streamlit as st


def draw() -> None:
    """The thin line beside the navigation."""


def failed(error: Exception) -> bool:
    """What a page did not expect: a sentence in the page, the traceback in the server's log."""
    logging.getLogger("forger").error("a page failed", exc_info=error)
    st.error(
        "Something went wrong on this page. Your runs are safe: training goes on without the page. "
        f"Reload to try again; the server's log has the details ({type(error).__name__}).",
        icon=":material/error:",
    )
    return True
