"""Roles: a browser may drive when the app is not open to a network, when the PIN was given in it, or, for a while, when
whoever gave the PIN lends it the wheel. What cannot be undone, and what brings files, only the PIN allows.

The grant belongs to the browser, which proves who it is by a cookie that only this server reads (HttpOnly, so no script
does; never part of a link). It survives a reload and holds in every tab; the id of a session, which stands in addresses
of uploads, is worth nothing. What was granted ends with this process; where that is killed, the next one takes it up
(`ui.shell.class_file`).
"""

from __future__ import annotations

import os
import secrets
import time

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.shared import login
from ui.shared.door import COOKIE as COOKIE
from ui.shared.door import COOKIE_VALUE as COOKIE_VALUE
from ui.shared.door import HOW_TO_DRIVE as HOW_TO_DRIVE
from ui.shared.door import NotAllowed as NotAllowed
from ui.shared.door import digest as digest
from ui.shared.door import door as door
from ui.shared.door import drivers, given_pin
from ui.shared.door import is_open as is_open
from ui.shared.door import may_upload as may_upload
from ui.shared.guessing import network_keys

PIN_ONLY = "Only whoever gave the PIN may do that, not whoever has the wheel for a while."
NO_BROWSER = "forger.no-browser"
NO_COOKIE = (
    "This browser sends the server no cookie, so it cannot be known as the one that drives. Open the app in a tab of "
    "its own, with cookies allowed, and enter the PIN there."
)
BLANK_PIN = (
    "FORGER_PIN is set, but blank: with it everybody could drive. Set it to digits or letters, or unset it to let "
    "everybody drive who can reach this address."
)
FORWARDED = (
    "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via", "Cf-Connecting-Ip",
)  # fmt: skip
FORWARDED_BYTES = frozenset(name.lower().encode() for name in FORWARDED)  # as a server names them


def can_drive() -> bool:
    """Whether this browser may change something: its owner gave the PIN, or has the wheel for a while."""
    return has_pin() or bool(steering())


def has_pin() -> bool:
    """Whether this browser may change everything: the PIN was given in it, or the app is not open to a network."""
    return not is_open() or door().drives(_browser())


def steering() -> int:
    """The number of this browser where the wheel is lent to it, else 0."""
    return door().steers(_browser(), time.monotonic())


def driver() -> str:
    """Who drives in this browser, for the events of a run: "phone 7", or "" for whoever has the PIN."""
    return "" if has_pin() else f"phone {steering()}"


def unlock(pin: str) -> bool:
    """Lets this browser drive when `pin` is right. Raises NotAllowed after too many wrong ones, or without cookie."""
    browser = _browser()
    if is_open():
        if not browser:
            raise NotAllowed(NO_COOKIE)
        if not given_pin():
            return False
        if not door().guess(pin.strip(), time.monotonic(), network_keys(_address())):
            return False
    door().remember(browser, drives=True)
    return True


def lock() -> None:
    """Makes this browser a watcher again."""
    door().remember(_browser(), drives=False)


def ask_for_wheel() -> None:
    """Notes that this browser would like to drive. Raises NotAllowed without cookie."""
    if not (browser := _browser()):
        raise NotAllowed(NO_COOKIE)
    door().wheel.ask(digest(browser))


def leave_wheel() -> None:
    """This browser no longer asks for the wheel, and hands it back if it has it."""
    door().wheel.leave(digest(_browser()))


def asked_as() -> int:
    """The number under which this browser asks for the wheel, 0 where it does not."""
    return door().wheel.number(digest(_browser()))


def asking() -> list[int]:
    """The numbers of the browsers that ask for the wheel, first come first."""
    return door().wheel.asking()


def loan() -> tuple[int, float]:
    """The number of the browser that has the wheel, and the seconds that are left; (0, 0.0) where nobody has."""
    return door().wheel.loan(time.monotonic())


def lend(number: int) -> None:
    """Lends the wheel to the browser that asks under that number. Raises NotAllowed without the PIN."""
    require_pin()
    door().wheel.lend(number, time.monotonic())


def take_back() -> None:
    """Ends the loan. Raises NotAllowed without the PIN."""
    require_pin()
    door().wheel.take_back()


def require_driver() -> None:
    """Raises NotAllowed for a browser that may only watch. Every command begins with this."""
    if not can_drive():
        raise NotAllowed(HOW_TO_DRIVE)


def require_pin() -> None:
    """Raises NotAllowed for a browser that may only watch, or has the wheel for a while."""
    require_driver()
    if not has_pin():
        raise NotAllowed(PIN_ONLY)


def meet() -> None:
    """Notes that this session is this browser's, so that no other goes on with it, and who is logged in there."""
    if drivers():
        door().log_in(_browser(), login.may_drive())
    if context := get_script_run_ctx():
        door().meet(context.session_id, _browser())


def new_cookie() -> str:
    """A value for COOKIE that nobody else has."""
    return secrets.token_urlsafe(32)


def pin_problem() -> str:
    """Why the server must not start with its PIN, "" where it may."""
    given = os.environ.get("FORGER_PIN", "")
    return BLANK_PIN if given and not given.strip() else login.problem()


def _address() -> str:
    """Where this session comes from: "" for this machine, without anything that forwards between."""
    forwarded = any(name in st.context.headers for name in FORWARDED)
    return st.context.ip_address or ("forwarded" if forwarded else "")


def _browser() -> str:
    value: object = st.context.cookies.get(COOKIE, "")
    if not isinstance(value, str):
        return str(st.session_state.setdefault(NO_BROWSER, new_cookie()))  # drawn without a browser, as AppTest does
    return value if COOKIE_VALUE.match(value) else ""
