"""The frame of every page: the machine, who is here, the role, the message of a page that failed."""

from __future__ import annotations

import logging

import streamlit as st

from gan import hardware
from gan.hosting import torch_loader
from ui.shared import access, making_room
from ui.shared.fragments import again
from ui.shared.text import plain
from ui.shell import listening, role

POLL_SECONDS = 1.0  # while PyTorch is loaded
LOOK_SECONDS = 5.0  # between two looks at who watches


def render(heading: str = "") -> None:
    """The thin line beside the navigation; `heading` is the page's title, for a page that shows none of its own."""
    access.meet()
    with st.container(key="frame", horizontal=True, vertical_alignment="center", gap="small"):
        if heading:
            st.html(f'<h1 class="unseen">{heading}</h1>')
        loading = torch_loader.torch_state() == "loading"
        with st.container(key="machine", width="content"):
            counts = LOOK_SECONDS if access.is_open() and access.has_pin() else None
            again(_machine, loading, every=POLL_SECONDS if loading else counts)
        if access.is_open():
            role.render()
        elif warning := listening.warning():
            st.badge("Everybody may drive", icon=":material/warning:", color="orange", help=warning)
    making_room.note()


def _machine(was_loading: bool) -> None:
    """What trains here; while PyTorch is loaded, that."""
    state = torch_loader.torch_state()
    if was_loading and state != "loading":
        st.rerun()
    if state == "loading":
        st.caption(":material/hourglass_top: loading PyTorch …", width="content")
    elif state.startswith("failed"):
        st.caption(":red[:material/error: PyTorch cannot be loaded]", width="content", help=plain(state))
    else:
        cores = hardware.cores()
        with st.container(horizontal=True, width="content", gap="small"):
            if access.is_open() and access.has_pin():
                who = (
                    "Browsers that have a page open, this one among them. Join says how others come, Driving who asks."
                )
                st.caption(role.counts(), width="content", help=who)
            st.caption(f":material/memory: {cores} {'core' if cores == 1 else 'cores'}", width="content")


def failed(error: Exception) -> bool:
    """What a page did not expect: a sentence in the page, the traceback in the server's log."""
    logging.getLogger("forger").error("a page failed", exc_info=error)
    st.error(
        "Something went wrong on this page. Your runs are safe: training goes on without the page. "
        f"Reload to try again; the server's log has the details ({type(error).__name__}).",
        icon=":material/error:",
    )
    return True
