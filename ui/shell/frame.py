"""The frame of every page: the machine, the role and the PIN, the message of a page that failed."""

from __future__ import annotations

import logging

import streamlit as st

from gan import hardware
from gan.hosting import torch_loader
from ui.shared import access, audience, joining, making_room, navigation, own_tab, public_url
from ui.shared.fragments import again
from ui.shared.text import plain
from ui.shell import listening

PIN, TOLD = "pin", "pin-told"
POLL_SECONDS = 1.0  # while PyTorch is loaded
LOOK_SECONDS = 5.0  # between two looks at who watches


def render() -> None:
    """The thin line beside the navigation."""
    access.meet()
    with st.container(key="frame", horizontal=True, vertical_alignment="center", gap="small"):
        loading = torch_loader.torch_state() == "loading"
        with st.container(key="machine", width="content"):
            counts = LOOK_SECONDS if access.is_open() and access.can_drive() else None
            again(_machine, loading, every=POLL_SECONDS if loading else counts)
        if access.is_open():
            _role()
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
            if access.is_open() and access.can_drive():
                here = audience.audience()
                mark = ":orange[:material/group_off:]" if here.alone else ":material/group:"
                who = "Browsers that have a page open, this one among them. Join says how others come."
                st.caption(f"{mark} {here.count()} here", width="content", help=who)
            st.caption(f":material/memory: {cores} {'core' if cores == 1 else 'cores'}", width="content")


def _role() -> None:
    if access.can_drive():
        with st.popover("Driving", icon=":material/sports_esports:", key="role-driving"):
            st.caption("You may start, pause, change and delete. Everybody else watches.")
            st.button("Hand the wheel back", on_click=access.lock)
        _join()
        return
    with st.popover("Watching", icon=":material/visibility:", key="role-watching"):
        st.caption("Everybody may watch and explore. Who has the PIN drives.")
        st.text_input("PIN", type="password", key=PIN, max_chars=64, on_change=_try)
        if message := st.session_state.get(TOLD):
            st.caption(f":red[{plain(message)}]")
        if own_tab.is_needed():
            own_tab.offer("driving")


def _join() -> None:
    """The address for phones, for the one who drives to show; what to try where none came."""
    if public_url.root():
        with st.popover("Join", icon=":material/qr_code_2:", key="role-join"):
            if advice := audience.advice(st.get_option("server.port")):
                first, *rest = map(plain, advice)
                st.warning("\n".join([f"{first} What to try:", *(f"- {line}" for line in rest)]))
            joining.invite()
            name = st.text_input("Name of the class, for the poster", max_chars=80, key="poster-name")
            more = {"class": name.strip()} if name.strip() else {}
            navigation.button("Poster", "train", "poster", ":material/fullscreen:", show="poster", **more)


def _try() -> None:
    """Once for each PIN that is given, not once for each time the page is drawn."""
    pin, st.session_state[PIN] = st.session_state[PIN], ""
    try:
        right = not pin or access.unlock(pin)
        st.session_state[TOLD] = "" if right else "That is not the PIN."
    except access.NotAllowed as error:
        st.session_state[TOLD] = str(error)


def failed(error: Exception) -> bool:
    """What a page did not expect: a sentence in the page, the traceback in the server's log."""
    logging.getLogger("forger").error("a page failed", exc_info=error)
    st.error(
        "Something went wrong on this page. Your runs are safe: training goes on without the page. "
        f"Reload to try again; the server's log has the details ({type(error).__name__}).",
        icon=":material/error:",
    )
    return True
