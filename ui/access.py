"""Who may drive: whoever opens the app when it is alone, who gave the PIN when it is open.

The grant is a value that only this process knows, kept in the server's session: no cookie, no URL,
nothing a browser could send. A new session (a reload, another tab) starts as a watcher again.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import os
import secrets
import sys
import threading
import time
import types

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

GRANT = "forger.grant"
HOW_TO_DRIVE = "You are watching: give the PIN (top right) to drive."
FREE, LONGEST, FORGET = 5, 60.0, 600.0  # wrong guesses without a wait; seconds; seconds


class NotAllowed(Exception):
    """Somebody who only watches asked for a change; the message says how to be allowed."""


class Door:
    """Counts wrong guesses of the whole process: after FREE of them each costs twice the wait.

    One count for the whole network, because a new session costs a guesser nothing, and one for browsers on
    this machine: who guesses without end keeps the network out, never the teacher who sits at it.
    The wait ends at LONGEST seconds; FORGET quiet seconds clear the count.
    """

    def __init__(self) -> None:
        self.secret = secrets.token_bytes(32)
        self._guard = threading.Lock()
        self._wrong: dict[bool, int] = {True: 0, False: 0}  # by whether it is this machine
        self._last = {True: -math.inf, False: -math.inf}
        self._drivers: dict[str, bytes] = {}  # what sessions hold, by their ids

    def wait(self, now: float, near: bool) -> float:
        """Seconds until the next guess is looked at; `near` tells whether it comes from this machine."""
        if self._wrong[near] < FREE:
            return 0.0
        pause = min(LONGEST, 2.0 ** (self._wrong[near] - FREE + 1))
        return max(0.0, self._last[near] + pause - now)

    def guess(self, pin: str, now: float, near: bool) -> bool:
        """Whether `pin` is the right one. Raises NotAllowed while guesses are not looked at."""
        with self._guard:
            if (left := self.wait(now, near)) > 0:
                raise NotAllowed(f"Too many wrong PINs: try again in {math.ceil(left)} s.")
            if hmac.compare_digest(_digest(pin), _digest(_pin())):
                self._wrong[near] = 0
                return True
            if now - self._last[near] > FORGET:
                self._wrong[near] = 0
            self._wrong[near], self._last[near] = self._wrong[near] + 1, now
            return False

    def remember(self, session: str, grant: bytes) -> None:
        """Notes what a session holds, for those who know only its id; b"" for nothing."""
        with self._guard:
            self._drivers.pop(session, None)
            if grant:
                self._drivers[session] = grant

    def drives(self, session: str) -> bool:
        """Whether the session of that id may drive."""
        return hmac.compare_digest(self._drivers.get(session, b""), self.grant())

    def grant(self) -> bytes:
        """What the session of a driver holds; another PIN makes it worthless."""
        return hmac.digest(self.secret, _pin().encode(), "sha256")


def door() -> Door:
    """The process's one door; it outlives a hot reload of this module."""
    kept = sys.modules.setdefault("forger_access", types.ModuleType("forger_access"))
    with _MAKING:
        if not hasattr(kept, "door"):
            kept.door = Door()  # type: ignore[attr-defined]
    found: Door = kept.door
    return found


def is_open() -> bool:
    """Whether the app is open to a network, so that watching and driving differ."""
    return bool(_pin())


def can_drive() -> bool:
    """Whether this session may change anything."""
    if not is_open():
        return True
    held = st.session_state.get(GRANT, b"")
    return isinstance(held, bytes) and hmac.compare_digest(held, door().grant())


def unlock(pin: str) -> bool:
    """Lets this session drive when `pin` is right. Raises NotAllowed after too many wrong ones."""
    near = st.context.ip_address is None
    if is_open() and not door().guess(pin.strip(), time.monotonic(), near):
        return False
    st.session_state[GRANT] = door().grant()
    door().remember(_session(), door().grant())
    return True


def lock() -> None:
    """Makes this session a watcher again."""
    st.session_state.pop(GRANT, None)
    door().remember(_session(), b"")


def may_upload(session: str) -> bool:
    """Whether the session of that id may send files, which the server keeps in memory."""
    return not is_open() or door().drives(session)


def require_driver() -> None:
    """Raises NotAllowed for a session that may only watch. Every command begins with this."""
    if not can_drive():
        raise NotAllowed(HOW_TO_DRIVE)


def _pin() -> str:
    return os.environ.get("FORGER_PIN", "").strip()


def _session() -> str:
    context = get_script_run_ctx()
    return context.session_id if context else ""


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


_MAKING = threading.Lock()
