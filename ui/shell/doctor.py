"""The doctor in the page: what the browser finds, and for who drives what the server finds of its machine."""

from __future__ import annotations

import os

import streamlit as st

from gan.diagnostics import doctor
from ui.shared import access, html
from ui.shared.component import component

_mount = component("doctor", "doctor/doctor.js")
HELP = "Checks this browser, the way to the server, and the server's machine."


def button() -> None:
    """A small button that opens the dialog, at the end of every page."""
    if st.button("Something not working?", icon=":material/stethoscope:", key="doctor", type="tertiary", help=HELP):
        _show()


@st.dialog("Is everything in order?", width="large")
def _show() -> None:
    _mount(key="doctor-browser", data={})
    if not access.can_drive():
        st.caption("What concerns the server's machine is shown to who drives.")
        return
    public = os.environ.get("FORGER_PUBLIC_URL", "").split()
    with st.spinner("Looking at the server's machine …"):
        found = list(doctor.examine(int(st.get_option("server.port")), public))
    rows = [(check.name, check.state, f"{check.text} {check.advice}".strip()) for check in found]
    st.html(html.table(("The server", "", ""), rows))
    st.caption("The same in a terminal: `python -m gan doctor`")
