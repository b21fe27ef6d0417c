"""The wheel: who asks to drive for a while, and the one browser to which whoever has the PIN has lent it.

A browser is known by a digest of its cookie, and to people by a number that it shows itself.
"""

from __future__ import annotations

import threading

MAX_ASKING = 60  # browsers whose number is kept; the oldest is forgotten first
LENT_SECONDS = 120.0


class Wheel:
    """Numbers of those who asked, in their order, and the loan. `now` is monotonic seconds. Safe to share."""

    def __init__(self) -> None:
        self._guard = threading.RLock()
        self._numbers: dict[bytes, int] = {}  # of every browser that ever asked
        self._asking: dict[bytes, None] = {}
        self._given = 0
        self._loan: tuple[bytes, float] | None = None  # who has it, until when

    def ask(self, browser: bytes) -> int:
        """Notes that a browser asks; returns its number, which it keeps."""
        with self._guard:
            if browser not in self._numbers:
                self._given += 1
                self._numbers[browser] = self._given
                while len(self._numbers) > MAX_ASKING:
                    gone = next(one for one in self._numbers if self._loan is None or one != self._loan[0])
                    del self._numbers[gone]
                    self._asking.pop(gone, None)
            self._asking[browser] = None
            return self._numbers[browser]

    def leave(self, browser: bytes) -> None:
        """The browser no longer asks, and hands back what it has."""
        with self._guard:
            self._asking.pop(browser, None)
            if self._loan and self._loan[0] == browser:
                self._loan = None

    def asking(self) -> list[int]:
        """The numbers of those who ask, first come first."""
        with self._guard:
            return [self._numbers[browser] for browser in self._asking]

    def number(self, browser: bytes) -> int:
        """The number under which a browser asks, 0 where it does not."""
        with self._guard:
            return self._numbers[browser] if browser in self._asking else 0

    def lend(self, number: int, now: float, seconds: float = LENT_SECONDS) -> bool:
        """Gives it to the browser of that number for so long, and takes it from another; False where none asks so."""
        with self._guard:
            for browser in self._asking:
                if self._numbers[browser] == number:
                    self._loan = (browser, now + seconds)
                    del self._asking[browser]
                    return True
            return False

    def take_back(self) -> None:
        """Ends the loan."""
        with self._guard:
            self._loan = None

    def loan(self, now: float) -> tuple[int, float]:
        """The number of the browser that has it, and the seconds that are left; (0, 0.0) where nobody has."""
        with self._guard:
            if self._loan is None or self._loan[1] <= now:
                return 0, 0.0
            return self._numbers[self._loan[0]], self._loan[1] - now

    def holder(self, browser: bytes, now: float) -> int:
        """The number of that browser where it has the wheel now, else 0."""
        with self._guard:
            return self.loan(now)[0] if self._loan and self._loan[0] == browser else 0
