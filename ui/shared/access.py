"""Roles: a browser may drive when the app is not open to a network, when the PIN was given in it, or, for a while, when
whoever gave the PIN lends it the wheel. What cannot be undone, and what brings files, only the PIN allows.

The grant belongs to the browser, which proves who it is by a cookie that only this server reads (HttpOnly, so no script
does; never part of a link). It survives a reload and holds in every tab; the id of a session, which stands in addresses
of uploads, is worth nothing. What was granted is kept in this process and ends with it.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import os
import re
import secrets
import threading
import time

import streamlit as st
from cachetools import LRUCache
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gan.hosting.process import singleton
from ui.shared.guessing import Guesses, network_keys
from ui.shared.wheel import Wheel

COOKIE = "forger_browser"  # 256 random bits; `ui.shell.browser_cookie` sets it
COOKIE_VALUE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
PIN_ONLY = "Only whoever gave the PIN may do that, not whoever has the wheel for a while."
HOW_TO_DRIVE = "You are watching: enter the PIN (top right) to take control."
NO_BROWSER = "forger.no-browser"
NO_COOKIE = (
    "This browser sends the server no cookie, so it cannot be known as the one that drives. Open the app in a tab of "
    "its own, with cookies allowed, and enter the PIN there."
)
BLANK_PIN = (
    "FORGER_PIN is set, but blank: with it everybody could drive. Set it to digits or letters, or unset it to let "
    "everybody drive who can reach this address."
)
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via", "Cf-Connecting-Ip")
FORWARDED_BYTES = frozenset(name.lower().encode() for name in FORWARDED)  # as a server names them
MAX_DRIVERS, MAX_SESSIONS = 1_000, 10_000


class NotAllowed(Exception):
    """A watcher asked for a change; the message says how to be allowed."""


class Door:
    """What this process knows of those who came: wrong guesses by network, browsers that drive, sessions by browser."""

    def __init__(self) -> None:
        self.secret = secrets.token_bytes(32)
        self.guesses = Guesses()
        self.wheel = Wheel()
        self._guard = threading.Lock()
        self._drivers: LRUCache[bytes, bytes] = LRUCache(MAX_DRIVERS)  # grants by browser
        self._owners: LRUCache[str, bytes] = LRUCache(MAX_SESSIONS)  # browsers by session id

    def guess(self, pin: str, now: float, keys: tuple[str, ...]) -> bool:
        """Whether `pin` is the right one. Raises NotAllowed while guesses from there are not looked at."""
        with self._guard:
            if (left := self.guesses.wait(keys, now)) > 0:
                raise NotAllowed(f"Too many wrong PINs: try again in {math.ceil(left)} s.")
            right = hmac.compare_digest(digest(pin), digest(_pin()))
            self.guesses.note(keys, now, right)
            return right

    def remember(self, browser: str, drives: bool) -> None:
        """Notes whether the PIN was given in that browser."""
        with self._guard:
            self._drivers.pop(digest(browser), None)
            if browser and drives:
                self._drivers[digest(browser)] = self._grant()

    def steers(self, browser: str, now: float) -> int:
        """The number of that browser where the wheel is lent to it, else 0."""
        with self._guard:
            return self.wheel.holder(digest(browser), now) if browser else 0

    def drives(self, browser: str) -> bool:
        """Whether the PIN was given in that browser."""
        with self._guard:
            held = self._drivers.get(digest(browser), b"")
        return bool(browser) and hmac.compare_digest(held, self._grant())

    def meet(self, session: str, browser: str) -> None:
        """Notes which browser has a session."""
        with self._guard:
            self._owners[session] = digest(browser)

    def may_return(self, session: str, browser: str) -> bool:
        """Whether that browser may go on with a session: one of its own, or one that nobody has."""
        with self._guard:
            owner = self._owners.get(session)
        return owner is None or hmac.compare_digest(owner, digest(browser))

    def _grant(self) -> bytes:
        """What a browser that drives holds; another PIN makes it worthless."""
        return hmac.digest(self.secret, _pin().encode(), "sha256")


def door() -> Door:
    """The process's one door; it outlives a hot reload of this module."""
    return singleton("door", Door)


def is_open() -> bool:
    """Whether the app is open to a network, so that watching and driving differ."""
    return bool(_pin())


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


def may_upload(browser: str) -> bool:
    """Whether the browser of that cookie may send files, which the server keeps in memory."""
    return not is_open() or door().drives(browser)


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
    """Notes that this session is this browser's, so that no other goes on with it."""
    if context := get_script_run_ctx():
        door().meet(context.session_id, _browser())


def new_cookie() -> str:
    """A value for COOKIE that nobody else has."""
    return secrets.token_urlsafe(32)


def pin_problem() -> str:
    """Why the server must not start with its PIN, "" where it may."""
    given = os.environ.get("FORGER_PIN", "")
    return BLANK_PIN if given and not given.strip() else ""


def _address() -> str:
    """Where this session comes from: "" for this machine, without anything that forwards between."""
    forwarded = any(name in st.context.headers for name in FORWARDED)
    return st.context.ip_address or ("forwarded" if forwarded else "")


def _browser() -> str:
    value: object = st.context.cookies.get(COOKIE, "")
    if not isinstance(value, str):
        return str(st.session_state.setdefault(NO_BROWSER, new_cookie()))  # drawn without a browser, as AppTest does
    return value if COOKIE_VALUE.match(value) else ""


def _pin() -> str:
    return os.environ.get("FORGER_PIN", "").strip()


def digest(text: str) -> bytes:
    """What stands for a secret or a cookie where it need not be told."""
    return hashlib.sha256(text.encode()).digest()
