"""What browsers are told about a run: its curves, events and pictures, read again only where a file changed."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any

from gan import diagnosis, hosts
from gan.runs import Desk, Run, RunError, Sort
from gan.tail import Tail

MOST = 64  # runs whose log stays in memory
SETTLE = (
    0.05  # seconds: a folder that changed so recently may change again within one tick of its clock
)
SORTS: tuple[Sort, ...] = ("fixed", "random")


class Reader:
    """One run. Safe to share between threads; asking without news costs a few stats."""

    def __init__(self, run: Run):
        self.run = run
        self._tail = Tail(run)
        self._desk = Desk(run)
        self._steps: dict[Sort, tuple[int, list[int]]] = {}
        self._judged: tuple[Any, dict[str, Any]] = (None, {})

    def generation(self) -> int:
        """How often a resume took back a part of the log."""
        self._tail.last()
        return self._tail.generation

    def series(self, after: int | None = None, known: str = "") -> dict[str, Any]:
        """The answer of `GET …/series`: the log after record `after`, and how the run stands.

        `known` is the value of that name in an earlier answer: control, events and samples that are still as they
        were then are sent as null, so that an answer without news is tiny.
        """
        newest = int(self._tail.last().get("seq", -1))
        told: dict[str, Any]
        if after is not None and newest <= after:
            told = {"generation": self._tail.generation, "seq": newest}
            told |= {"columns": {}, "checks": {}, "events": self._tail.events}
        else:
            told = self._tail.series(after)
        events = told["events"]
        parts = {
            "control": dataclasses.asdict(self._desk.read()),
            "events": events,
            "samples": {sort: self._pictures(sort) for sort in SORTS},
        }
        marks = {name: f"{hash(repr(part)) & 0xFFFFFFFF:x}" for name, part in parts.items()}
        for (name, mark), seen in zip(marks.items(), known.split("."), strict=False):
            if mark == seen:
                parts[name] = None
        standing = {**self._standing(), "real": self._real(events), **self._health(newest)}
        return {**told, **standing, **parts, "known": ".".join(marks.values())}

    def _standing(self) -> dict[str, Any]:
        trainers = hosts.trainers()
        status = trainers.status(self.run)
        error = ""
        if status in ("failed", "stopped"):
            error = trainers.failure(self.run.id) or self.run.error()
        place = trainers.place(self.run) if status == "queued" else 0
        return {"status": status, "place": place, "error": error}

    def _health(self, newest: int) -> dict[str, Any]:
        """`light`: whether it is working, in words; `classes`: what the coverage bars are called."""
        error = self.run.error()
        if self._judged[0] != (newest, self._tail.generation, error):
            told: dict[str, Any] = {"light": None, "classes": []}
            with contextlib.suppress(RunError):  # the page tells of settings that cannot be read
                log = diagnosis.log_of(self.run, self._tail)
                light = diagnosis.diagnose(log)
                if light is not None:
                    before = self._judged[1].get("light") or {}
                    same = before.get("name") == light.name
                    began = before["step"] if same else diagnosis.since(log, light)
                    told["light"] = {**light.to_dict(), "step": began}
                told["classes"] = list(log.names)
            self._judged = ((newest, self._tail.generation, error), told)
        return self._judged[1]

    def _pictures(self, sort: Sort) -> list[int]:
        try:
            stamp = (self.run.path / "samples" / sort).stat().st_mtime_ns
        except OSError:
            return []
        seen, steps = self._steps.get(sort, (-1, []))
        if stamp != seen:
            steps = self.run.pictures(sort)
            if time.time_ns() - stamp > SETTLE * 1e9:
                self._steps[sort] = (stamp, steps)
        return steps

    def _real(self, events: list[dict[str, Any]]) -> str | None:
        there = (self.run.path / "samples" / "real.webp").is_file()
        return f"/api/runs/{self.run.id}/real.webp?c={birth(events)}" if there else None


class Readers:
    """The readers of the runs asked about last. A new run in the place of a deleted one gets its own."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[Path, int], Reader] = OrderedDict()
        self._guard = threading.Lock()

    def of(self, run: Run) -> Reader:
        """Raises OSError when the run has just been deleted."""
        key = (run.path, (run.path / "config.json").stat().st_mtime_ns)
        with self._guard:
            reader = self._kept.pop(key, None) or Reader(run)
            self._kept[key] = reader
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return reader


def birth(events: list[dict[str, Any]]) -> str:
    """A mark of when a run was made; in the address of a picture it keeps a deleted run's pictures apart."""
    return f"{int(events[0].get('time', 0) * 1000):x}" if events else "0"
