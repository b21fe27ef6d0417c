"""The role of a browser in the frame: watching, driving, asking for the wheel, lending it; and how others join."""

from __future__ import annotations

import streamlit as st

from ui.shared import access, audience, door, joining, login, navigation, own_tab, public_url
from ui.shared.errors import attempt
from ui.shared.fragments import again
from ui.shared.text import plain
from ui.shell import asking

PIN, TOLD = "pin", "pin-told"
WHO = {  # by whether there is a PIN, and whether there is a list of those who may log in
    (True, False): "Whoever has the PIN drives.",
    (False, True): "Whoever logs in and is on the list drives.",
    (True, True): "Whoever has the PIN, or logs in and is on the list, drives.",
}
LOOK_SECONDS = 3.0  # between two looks at the wheel, of those it concerns


def render() -> None:
    """The popovers of an app that is open to a network."""
    now = _state()
    has_pin, number, asks = now
    if has_pin or number:
        _driving(number)
    else:
        _watching(asks)
    if has_pin:
        _join()
    with st.container(key="role-look"):
        again(_look, now, every=LOOK_SECONDS if number or asks else None)


def counts() -> str:
    """How many are here, and how many of them ask for the wheel, as Markdown for whoever has the PIN."""
    here, asking = audience.audience(), len(access.asking())
    mark = ":orange[:material/group_off:]" if here.alone else ":material/group:"
    return f"{mark} {here.count()} here" + (f" :orange[:material/pan_tool: {asking}]" if asking else "")


def _state() -> tuple[bool, int, int]:
    return access.has_pin(), access.steering(), access.asked_as()


def _look(drawn: tuple[bool, int, int]) -> None:
    """The page is drawn again when the wheel is lent to this browser, or taken back."""
    if _state() != drawn:
        st.rerun()


def _driving(number: int) -> None:
    with st.popover("Driving", icon=":material/sports_esports:", key="role-driving"):
        if number:
            st.caption(f"You are phone {number}, and have the wheel for a while: start, pause, step, change.")
            st.button("Stop driving", on_click=access.leave_wheel)
            return
        st.caption("You may start, pause, change and delete. Everybody else watches.")
        if name := login.user():
            st.caption(f"Logged in as {plain(name)}.")
            if st.button("Log out"):
                st.logout()
        with st.container(key="wheel", gap="small"):
            again(_wheel, every=LOOK_SECONDS)
        asking.render()
        st.button("Stop driving", on_click=access.lock)


def _wheel() -> None:
    """Who has the wheel for a while, and who asks for it."""
    number, left = access.loan()
    if number:
        st.markdown(f"Phone **{number}** drives, for {round(left)} s more.")
        st.button("Take it back", key="take-back", on_click=attempt, args=(access.take_back,))
    for asks in access.asking()[:5]:
        why = "For two minutes. What it does is in the run's events under its number."
        label = f"Lend the wheel to phone {asks}"
        st.button(label, key=f"lend-{asks}", help=why, on_click=attempt, args=(access.lend, asks))
    if not number and not access.asking():
        st.caption("A phone that asks for the wheel is listed here: you can lend it for two minutes.")


def _watching(asks: int) -> None:
    with st.popover("Watching", icon=":material/visibility:", key="role-watching"):
        st.caption(f"Everybody may watch and explore. {WHO[bool(door.given_pin()), bool(door.drivers())]}")
        if door.drivers():
            _log_in()
        if door.given_pin():
            st.text_input("PIN", type="password", key=PIN, max_chars=64, on_change=_try)
        if message := st.session_state.get(TOLD):
            st.caption(f":red[{plain(message)}]")
        if own_tab.is_needed():
            own_tab.offer("driving")
        elif asks:
            st.markdown(f"You are phone **{asks}**. Say so: the wheel can be lent to you.")
            st.button("Ask no longer", on_click=access.leave_wheel)
        else:
            st.button("Ask for the wheel", icon=":material/pan_tool:", on_click=attempt, args=(access.ask_for_wheel,))


def _log_in() -> None:
    if name := login.user():
        st.caption(f"{plain(name)} is not on the list of those who may drive.")
        if st.button("Log out"):
            st.logout()
    elif st.button("Log in", icon=":material/login:"):
        st.login()


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
        st.session_state[TOLD] = "" if right else "Wrong PIN."
    except access.NotAllowed as error:
        st.session_state[TOLD] = str(error)
