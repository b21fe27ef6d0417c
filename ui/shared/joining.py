"""How others join: the address of the app or of one run as a QR code, and what is needed where there is none."""

from __future__ import annotations

import os
from urllib.parse import urlencode

import streamlit as st

from ui.shared import public_url, qr_code
from ui.shared.text import plain

THIS_MACHINE = (
    "Only this computer can open the link. To let a class in, stop the server in its terminal (Ctrl-C: what trains is "
    "saved, and **Resume** takes it up again), then start it with"
)


def invite(**query: str) -> None:
    """The QR code and the link to what `query` names, or what to do where nobody else could open it.

    A run is shared as its watch view, which a phone has at once; a class joins the app, where it may ask for the wheel.
    """
    if not public_url.root():
        st.caption(THIS_MACHINE)
        st.code("make class", language=None)
        if query:
            st.caption("For another tab on this machine:")
            st.code(public_url.link(**query), language=None, wrap_lines=True)
        return
    address = public_url.link("watch", **query) if query else public_url.root()
    st.html(qr_code.html(address))
    st.code(address, language=None, wrap_lines=True)
    if short := os.environ.get("FORGER_SHORT_URL", ""):
        st.caption(f"In many networks also {plain(short)}{plain(f'/watch?{urlencode(query)}') if query else ''}")
    if query:
        st.caption("A page for phones: to watch, to explore, the quiz. The same run in the app, for all else:")
        st.code(public_url.link(**query), language=None, wrap_lines=True)
