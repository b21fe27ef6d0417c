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

GRANT = "forger.grant"
HOW_TO_DRIVE = "You are watching: give the PIN (top right) to drive."
FREE, LONGEST, FORGET = 5, 60.0, 600.0  # wrong guesses without a wait; seconds; seconds


class NotAllowed(Exception):
    """Somebody who only watches asked for a change; the message says how to be allowed."""


class Door:
    """Counts wrong guesses of the whole process: after FREE of them each costs twice the wait.

    One count for everybody, because a new session costs a guesser nothing. The wait ends at LONGEST
    seconds, so that nobody can lock the teacher out for good; FORGET quiet seconds clear the count.
    """

    def __init__(self) -> None:
        self.secret = secrets.token_bytes(32)
        self._guard = threading.Lock()
        self._wrong, self._last = 0, -math.inf

    def wait(self, now: float) -> float:
        """Seconds until the next guess is looked at."""
        if self._wrong < FREE:
            return 0.0
        return max(0.0, self._last + min(LONGEST, 2.0 ** (self._wrong - FREE + 1)) - now)

    def guess(self, pin: str, now: float) -> bool:
        """Whether `pin` is the right one. Raises NotAllowed while guesses are not looked at."""
        with self._guard:
            if (left := self.wait(now)) > 0:
                raise NotAllowed(f"Too many wrong PINs: try again in {math.ceil(left)} s.")
            if hmac.compare_digest(_digest(pin), _digest(_pin())):
                self._wrong = 0
                return True
            if now - self._last > FORGET:
                self._wrong = 0
            self._wrong, self._last = self._wrong + 1, now
            return False

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
    if is_open() and not door().guess(pin.strip(), time.monotonic()):
        return False
    st.session_state[GRANT] = door().grant()
    return True


def lock() -> None:
    """Makes this session a watcher again."""
    st.session_state.pop(GRANT, None)


def require_driver() -> None:
    """Raises NotAllowed for a session that may only watch. Every command begins with this."""
    if not can_drive():
        raise NotAllowed(HOW_TO_DRIVE)


def _pin() -> str:
    return os.environ.get("FORGER_PIN", "").strip()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


_MAKING = threading.Lock()
