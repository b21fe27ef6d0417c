"""Whether a run is being trained, asked so seldom that asking never keeps a trainer out."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gan.runs import Run


class Prober:
    """Tells whether a run's lock is held. Looking takes the lock for an instant, so one prober looks once a second."""

    def __init__(self, every: float = 1.0):
        self.every = every
        self._seen: dict[Path, tuple[float, bool]] = {}
        self._guard = threading.Lock()

    def held(self, run: Run) -> bool:
        """True while somebody trains the run, at most `every` seconds old."""
        with self._guard:
            when, held = self._seen.get(run.path, (-1e9, False))
            if time.monotonic() - when > self.every:
                held = run.is_held()
                self._seen[run.path] = (time.monotonic(), held)
        return held

    def forget(self, run: Run) -> None:
        """Look anew at the next call: something has just changed."""
        with self._guard:
            self._seen.pop(run.path, None)
