"""The feed of a run for browsers: curves, events and pictures, read again only where a file changed."""

from __future__ import annotations

import functools
import threading
import time
from pathlib import Path
from typing import Any

from cachetools import LRUCache

from gan.diagnostics.run_words import RunWords
from gan.hosting import trainers as hosting_trainers
from gan.runs import ControlReader, Run, Sort
from gan.runs.log_reader import LogReader
from ui.shared.picture_url import picture_url, real_picture_url
from ui.shared.stage import stage

MAX_FEEDS = 64  # runs whose log stays in memory
SETTLE_SECONDS = 0.05  # a folder that changed so recently may change again within one tick of its clock
SORTS: tuple[Sort, ...] = ("fixed", "random")


class RunFeed:
    """The feed of one run. Safe to share between threads; an answer without news costs a few stats."""

    def __init__(self, run: Run):
        self.run = run
        self._log = LogReader(run)
        self._control = ControlReader(run.path)
        self._steps: dict[Sort, tuple[int, list[int]]] = {}
        self._words = RunWords(run, self._log)

    def generation(self) -> int:
        """How often a resume took back a part of the log."""
        self._log.last()
        return self._log.generation

    @functools.cached_property
    def from_source(self) -> bool:
        """Whether the run makes its pictures from others. Raises RunError when its settings cannot be read."""
        return self.run.config().from_source

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was done to the run, as of the last answer."""
        return self._log.events

    @property
    def seconds(self) -> float:
        """How long it has trained."""
        return float(self._log.last().get("seconds", 0.0))

    def series(self, after: int | None = None, known: str = "") -> dict[str, Any]:
        """The answer of `GET …/series`: the log after record `after`, and how the run stands.

        `known` is the value of that name in an earlier answer: control, events, samples, about and stage that are
        still as they were then are sent as null, so that an answer without news is tiny.
        """
        newest = int(self._log.last().get("seq", -1))
        answer: dict[str, Any]
        if after is not None and newest <= after:
            answer = {"generation": self._log.generation, "seq": newest}
            answer |= {"columns": {}, "checks": {}, "events": self._log.events}
        else:
            answer = self._log.series(after)
        events = answer["events"]
        parts = {
            "control": self._control.read().to_dict(),
            "events": events,
            "samples": {sort: self._pictures(sort) for sort in SORTS},
            "about": self._words.about(),
            "stage": stage().told(),
        }
        marks = {name: f"{hash(repr(part)) & 0xFFFFFFFF:x}" for name, part in parts.items()}
        for (name, mark), old in zip(marks.items(), known.split("."), strict=False):
            if mark == old:
                parts[name] = None
        urls = {"real": real_picture_url(self.run, events), "picture_url": picture_url(self.run, events)}
        return {
            **answer,
            **self._status(),
            **urls,
            **self._words.health(newest),
            **parts,
            "known": ".".join(marks.values()),
        }

    def _status(self) -> dict[str, Any]:
        trainers = hosting_trainers.trainers()
        status = trainers.status(self.run)
        error = ""
        if status in ("failed", "stopped"):
            error = trainers.failure(self.run.id) or self.run.error()
        place = trainers.place(self.run) if status == "queued" else 0
        return {"status": status, "place": place, "error": error}

    def _pictures(self, sort: Sort) -> list[int]:
        try:
            stamp = (self.run.path / "samples" / sort).stat().st_mtime_ns
        except OSError:
            return []
        known, steps = self._steps.get(sort, (-1, []))
        if stamp != known:
            steps = self.run.pictures(sort)
            if time.time_ns() - stamp > SETTLE_SECONDS * 1e9:
                self._steps[sort] = (stamp, steps)
        return steps


class RunFeeds:
    """The feeds of the runs asked about last. A new run in the place of a deleted one gets its own."""

    def __init__(self, most: int = MAX_FEEDS) -> None:
        self._feeds: LRUCache[tuple[Path, int], RunFeed] = LRUCache(most)
        self._lock = threading.Lock()

    def of(self, run: Run) -> RunFeed:
        """Raises OSError when the run has just been deleted."""
        key = (run.path, (run.path / "config.json").stat().st_mtime_ns)
        with self._lock:
            if (feed := self._feeds.get(key)) is None:
                feed = self._feeds[key] = RunFeed(run)
        return feed
