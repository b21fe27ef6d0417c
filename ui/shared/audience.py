"""The audience of this process: how many browsers look at the moment, and whether one from elsewhere ever came.

A number, never a name: a browser is known by a digest of its cookie, for as long as it has a page open. The watch view
holds no connection; its browser counts for a while after each of its questions.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

from cachetools import TTLCache

from gan.hosting.process import singleton

GLANCE_SECONDS = 25.0  # the watch view of a finished run asks every ten
MAX_GLANCES = 2_000  # browsers, in memory
NOBODY = (
    "Nobody has opened the address from another device yet.",
    "Are the phones in the same network as this machine, and not on mobile data?",
    "School and guest networks often keep devices apart (guest isolation): open a hotspot on one phone, put this "
    "machine and the others into it, and start again, since the address will be another.",
    "A firewall here may refuse: let connections to port {port} in (Linux: sudo ufw allow {port}/tcp; macOS: System "
    "Settings, Network, Firewall).",
)  # what is so, then what to try


class Audience:
    """The browsers with a page open, each with the count of its pages. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.elsewhere = False  # whether a browser of another machine ever came
        self.alone = False  # whether that was waited for in vain
        self._guard = threading.Lock()
        self._pages: Counter[bytes] = Counter()
        self._glances: TTLCache[bytes, None] = TTLCache(MAX_GLANCES, GLANCE_SECONDS, clock)

    def came(self, browser: bytes, elsewhere: bool) -> None:
        """A browser opened a page."""
        with self._guard:
            self._pages[browser] += 1
            self.elsewhere |= elsewhere
            self.alone &= not elsewhere

    def glanced(self, browser: bytes, elsewhere: bool) -> None:
        """A browser's watch view asked for something."""
        with self._guard:
            self._glances[browser] = None
            self.elsewhere |= elsewhere
            self.alone &= not elsewhere

    def went(self, browser: bytes) -> None:
        """A browser closed a page."""
        with self._guard:
            self._pages[browser] -= 1
            if self._pages[browser] <= 0:
                del self._pages[browser]

    def count(self) -> int:
        """How many browsers have a page open, this machine's own among them."""
        with self._guard:
            return len(self._pages.keys() | set(self._glances))


def audience() -> Audience:
    """The process's one audience."""
    return singleton("audience", Audience)


def advice(port: int) -> list[str]:
    """What to say where nobody came, and what to try, a sentence each; [] while there is no reason."""
    return [line.format(port=port) for line in NOBODY] if audience().alone else []
