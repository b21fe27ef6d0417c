"""The run that is followed where no link names one: the one place that decides which."""

from __future__ import annotations

import threading
import time

from gan import runs
from gan.hosting import trainers
from gan.hosting.process import singleton
from gan.runs import Run

LOOK_SECONDS = 1.0  # between two looks at all runs, however many ask
HELD = ("training", "paused", "queued")  # what keeps those who follow a run with it


class Followed:
    """The choice, looked up at most once in a while. Safe to share between threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._at = -LOOK_SECONDS
        self._candidates: list[tuple[str, str]] = []  # id and status, newest run first

    def id(self, held: str = "") -> str:
        """The id of a run that trains, else is paused or waits, else `held`, else the newest one's; "" without runs.

        `held` is the run that was followed so far: what ends stays on screen until another begins.
        """
        candidates = self._looked()
        for wanted in HELD:
            active = [name for name, status in candidates if status == wanted]
            if active:
                return held if held in active else active[0]
        names = [name for name, _ in candidates]
        return held if held in names else next(iter(names), "")

    def _looked(self) -> list[tuple[str, str]]:
        with self._guard:
            if time.monotonic() - self._at >= LOOK_SECONDS:
                here = trainers.trainers().active()
                self._candidates = [(run.id, _status(run, here)) for run in runs.runs()]
                self._at = time.monotonic()
            return self._candidates


def followed() -> Followed:
    """The process's one choice."""
    return singleton("followed", Followed)


def _status(run: Run, here: list[str]) -> str:
    """As a page has it, of runs that a trainer holds; "" of all others, which costs nothing."""
    return trainers.status(run) if run.id in here or runs.LOCKS.held(run.path) else ""
