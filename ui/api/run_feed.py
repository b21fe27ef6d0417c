"""The feed of a run for browsers: curves, events and pictures, read again only where a file changed."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cachetools import LRUCache

from gan import config as configs
from gan import registry
from gan.diagnostics import d_scale, health
from gan.hosting import trainers as hosting_trainers
from gan.runs import ControlReader, Run, RunError, Sort, known_data
from gan.runs.log_reader import LogReader
from ui.shared.picture_url import picture_url, real_picture_url

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
        self._diagnosed: tuple[Any, dict[str, Any]] = (None, {})
        self._declared: dict[str, Any] | None = None

    def generation(self) -> int:
        """How often a resume took back a part of the log."""
        self._log.last()
        return self._log.generation

    def series(self, after: int | None = None, known: str = "") -> dict[str, Any]:
        """The answer of `GET …/series`: the log after record `after`, and how the run stands.

        `known` is the value of that name in an earlier answer: control, events, samples and about that are still
        as they were then are sent as null, so that an answer without news is tiny.
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
            "about": self._about(),
        }
        marks = {name: f"{hash(repr(part)) & 0xFFFFFFFF:x}" for name, part in parts.items()}
        for (name, mark), old in zip(marks.items(), known.split("."), strict=False):
            if mark == old:
                parts[name] = None
        urls = {"real": real_picture_url(self.run, events), "picture_url": picture_url(self.run, events)}
        return {**answer, **self._status(), **urls, **self._health(newest), **parts, "known": ".".join(marks.values())}

    def _about(self) -> dict[str, Any]:
        """What the numbers of the log are, by the files of the run's game and loss.

        `statistics`: what each column that an update returned is called, its own name unless the game says; `d`: the
        scale of D's answer; `live`: of the settings that may change, what they are called on a chart, the event that
        records a change, and what they were at first.
        """
        if self._declared is None:
            self._declared = {"statistics": {}, "d": None, "live": {}}
            with contextlib.suppress(RunError):  # the page tells of settings that cannot be read
                config = self.run.config()
                names = registry.card("games", config.game).facts.get("STATISTICS", {})
                knobs = {name: configs.knob_of(name) for name in configs.live()}
                self._declared = {
                    "statistics": names,
                    "d": asdict(d_scale.of_loss(config.loss)),
                    "live": {
                        name: {"label": knob.short or knob.label, "event": knob.live, "first": getattr(config, name)}
                        for name, knob in knobs.items()
                    },
                }
        names = self._declared["statistics"]
        return {**self._declared, "statistics": {name: names.get(name, name) for name in self._log.statistics()}}

    def _status(self) -> dict[str, Any]:
        trainers = hosting_trainers.trainers()
        status = trainers.status(self.run)
        error = ""
        if status in ("failed", "stopped"):
            error = trainers.failure(self.run.id) or self.run.error()
        place = trainers.place(self.run) if status == "queued" else 0
        return {"status": status, "place": place, "error": error}

    def _health(self, newest: int) -> dict[str, Any]:
        """`light`: whether it is working, in words; `classes` and `wanted`: what the coverage bars are called, and
        the shares that they should have."""
        error = self.run.error()
        if self._diagnosed[0] != (newest, self._log.generation, error):
            diagnosis: dict[str, Any] = {"light": None, "classes": [], "wanted": None}
            with contextlib.suppress(RunError):  # the page tells of settings that cannot be read
                log = health.log_of(self.run, self._log)
                light = health.diagnose(log)
                if light is not None:
                    before = self._diagnosed[1].get("light") or {}
                    same = before.get("name") == light.name
                    began = before["step"] if same else health.since(log, light)
                    diagnosis["light"] = {**light.to_dict(), "step": began}
                diagnosis["classes"] = list(log.names)
                diagnosis["wanted"] = self._wanted(log.names)
            self._diagnosed = ((newest, self._log.generation, error), diagnosis)
        return self._diagnosed[1]

    def _wanted(self, names: Sequence[str]) -> dict[str, Any]:
        """The shares that the classes of samples should have, and where those are from, in words."""
        config, known = self.run.config(), known_data.read(self.run.path)
        even = [1 / len(names)] * len(names) if names else []
        if config.conditional:
            return {"shares": even, "words": "each class is asked for equally often"}
        if config.balanced or known is None or known.names != tuple(names) or not known.images:
            return {"shares": even, "words": "if all were drawn equally often"}
        shares = [round(group.count / known.images, 5) for group in known.groups]
        return {"shares": shares, "words": "the shares in the training data"}

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
