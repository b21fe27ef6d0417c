"""The door of the process: the PIN, the browsers in which it was given, the sessions by browser, the wheel.

A browser is known by the value of a cookie, of which only a digest is kept. Knows no Streamlit, so that routes and
middleware ask it, too; `ui.shared.access` asks it for the session that a page is drawn for.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import os
import re
import secrets
import threading
from collections.abc import Mapping
from typing import Any

from cachetools import LRUCache

from gan.hosting.process import singleton
from ui.shared.guessing import Guesses
from ui.shared.wheel import Wheel

COOKIE = "forger_browser"  # 256 random bits; `ui.shell.browser_cookie` sets it
COOKIE_VALUE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
HOW_TO_DRIVE = "You are watching: enter the PIN, or log in, under Watching (top right) to take control."
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
            right = hmac.compare_digest(digest(pin), digest(given_pin()))
            self.guesses.note(keys, now, right)
            return right

    def remember(self, browser: str, drives: bool) -> None:
        """Notes whether the PIN was given in that browser."""
        with self._guard:
            self._drivers.pop(digest(browser), None)
            if browser and drives:
                self._drivers[digest(browser)] = self._grant("pin")

    def log_in(self, browser: str, allowed: bool) -> None:
        """Notes whether somebody who may drive is logged in in that browser; a PIN given in it stays given."""
        with self._guard:
            held = self._drivers.get(digest(browser))
            if browser and allowed and not self._holds(held):
                self._drivers[digest(browser)] = self._grant("login")
            elif not allowed and held == self._grant("login"):
                del self._drivers[digest(browser)]

    def steers(self, browser: str, now: float) -> int:
        """The number of that browser where the wheel is lent to it, else 0."""
        with self._guard:
            return self.wheel.holder(digest(browser), now) if browser else 0

    def drives(self, browser: str) -> bool:
        """Whether the PIN was given in that browser, or somebody who may drive is logged in there."""
        with self._guard:
            return bool(browser) and self._holds(self._drivers.get(digest(browser)))

    def meet(self, session: str, browser: str) -> None:
        """Notes which browser has a session."""
        with self._guard:
            self._owners[session] = digest(browser)

    def may_return(self, session: str, browser: str) -> bool:
        """Whether that browser may go on with a session: one of its own, or one that nobody has."""
        with self._guard:
            owner = self._owners.get(session)
        return owner is None or hmac.compare_digest(owner, digest(browser))

    def kept(self) -> dict[str, Any]:
        """Who drives, as JSON that `restore` takes in a later process; worth as much as a PIN."""
        with self._guard:
            drivers = {browser.hex(): held.hex() for browser, held in self._drivers.items()}
            return {"secret": self.secret.hex(), "drivers": drivers}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Lets those drive who did in an earlier process; under another PIN, or another list, their grants are void."""
        drivers = {bytes.fromhex(browser): bytes.fromhex(held) for browser, held in kept["drivers"].items()}
        with self._guard:
            self.secret = bytes.fromhex(kept["secret"])
            self._drivers.update(drivers)

    def _holds(self, held: bytes | None) -> bool:
        ways = [*(["pin"] if given_pin() else []), *(["login"] if drivers() else [])]
        return held is not None and any(hmac.compare_digest(held, self._grant(way)) for way in ways)

    def _grant(self, way: str) -> bytes:
        """What a browser that drives holds; another PIN, or another list, makes it worthless."""
        secret = given_pin() if way == "pin" else " ".join(sorted(drivers()))
        return hmac.digest(self.secret, f"{way}:{secret}".encode(), "sha256")


def door() -> Door:
    """The process's one door; it outlives a hot reload of this module."""
    return singleton("door", Door)


def is_open() -> bool:
    """Whether the app is open to a network, so that watching and driving differ."""
    return bool(given_pin() or drivers())


def may_upload(browser: str) -> bool:
    """Whether the browser of that cookie may send files, which the server keeps in memory."""
    return not is_open() or door().drives(browser)


def browser_of(scope: Mapping[str, Any]) -> str:
    """The value of the cookie that came with a request, "" without one that may be ours."""
    for name, value in scope["headers"]:
        if name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, _, content = part.strip().partition("=")
                if key == COOKIE and COOKIE_VALUE.match(content):
                    return content
    return ""


def digest(text: str) -> bytes:
    """What stands for a secret or a cookie where it need not be told."""
    return hashlib.sha256(text.encode()).digest()


def given_pin() -> str:
    """The PIN that lets people drive, "" where everybody may."""
    return os.environ.get("FORGER_PIN", "").strip()


def drivers() -> frozenset[str]:
    """The e-mail addresses, in lower case, of those who may drive once they have logged in."""
    return frozenset(os.environ.get("FORGER_DRIVERS", "").lower().split())
