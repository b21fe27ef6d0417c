"""Follows a growing metrics.jsonl: reads only what is new, keeps columns, starts over when a resume cut the log."""

from __future__ import annotations

import math
import os
import threading
from array import array
from bisect import bisect_right
from typing import Any

import numpy as np

from gan import files
from gan.images import decimate
from gan.runs import Run

COLUMNS = (
    "seq",
    "step",
    "epoch",
    "images",
    "seconds",
    "d_loss",
    "g_loss",
    "d_real",
    "d_fake",
    "grad_norm_d",
    "grad_norm_g",
    "lr_d",
    "lr_g",
    "images_per_second",
    "d_accuracy",
)
SCORES = (
    *("classes", "effective_classes", "confident", "fd", "diversity", "checkerboard", "overfit"),
)  # of a checkup, numbers
LISTS = ("shares", "d_hist_real", "d_hist_fake", "d_range")  # of a checkup
MOST_CHECKS = 300
MOST = 1_000
END = 4_096  # bytes of a log in which its last record lies


class Tail:
    """The records of one run as columns. Safe to share between threads; an unchanged file costs one stat."""

    def __init__(self, run: Run):
        self.run = run
        self.generation = 0
        self.events: list[dict[str, Any]] = []
        self._columns: dict[str, array[float]] = {}
        self._checks: list[dict[str, Any]] = []
        self._offset = 0
        self._events_seen: tuple[int, int] = (0, 0)
        self._guard = threading.Lock()

    def series(self, after: int | None = None) -> dict[str, Any]:
        """What `GET …/series` answers of the log: generation, seq, columns of equal length (None where not finite).

        Records with seq > `after`; all of them without it. More than 1,000 are decimated by minimum and maximum.
        """
        with self._guard:
            self._read()
            told = self._columns.get("seq", array("d"))
            first = 0 if after is None else bisect_right(told, after)
            columns = {name: np.array(values[first:]) for name, values in self._columns.items()}
            checks = [check for check in self._checks if after is None or check["seq"] > after]
            events, generation = self.events, self.generation
            seq = int(told[-1]) if told else -1
        newest_first = checks[::-1][:: -(-len(checks) // MOST_CHECKS) or 1]
        checks = newest_first[::-1]
        return {
            "generation": generation,
            "seq": seq,
            "columns": {name: _json(values) for name, values in decimate(columns, MOST).items()},
            "checks": {
                name: [check.get(name) for check in checks]
                for name in ("seq", "step", "samples", *LISTS)
            },
            "events": events,
        }

    def columns(self) -> dict[str, np.ndarray]:
        """All records as float64 columns of equal length, NaN where nothing was measured; {} before there is one."""
        with self._guard:
            self._read()
            return {name: np.array(values) for name, values in self._columns.items()}

    def checks(self) -> list[dict[str, Any]]:
        """What checkups found in lists (LISTS), oldest first, each with its seq and step."""
        with self._guard:
            self._read()
            return list(self._checks)

    def last(self) -> dict[str, float]:
        """The newest record; {} before there is one."""
        with self._guard:
            self._read()
            return {name: values[-1] for name, values in self._columns.items()}

    def _read(self) -> None:
        self._read_events()
        path = self.run.path / "metrics.jsonl"
        try:
            size = path.stat().st_size
        except OSError:
            size = 0
        if size < self._offset:
            self._start_over()
        if size == self._offset:
            return
        with path.open("rb") as file:
            file.seek(self._offset)
            text = file.read(size - self._offset)
        whole = text.rfind(b"\n") + 1  # the rest is still being written
        self._offset += whole
        for line in text[:whole].splitlines():
            record = _parsed(line)
            if 0 <= _number(record.get("seq")) < math.inf:  # no line torn by a crash
                self._add(record)

    def _read_events(self) -> None:
        try:
            found = (self.run.path / "events.jsonl").stat()
        except OSError:
            return
        if (found.st_size, found.st_mtime_ns) == self._events_seen:
            return
        self._events_seen = (found.st_size, found.st_mtime_ns)
        self.events = self.run.events()
        generation = max((int(e.get("generation", 0)) for e in self.events), default=0)
        if generation != self.generation:
            self.generation = generation
            self._start_over()

    def _start_over(self) -> None:
        self._columns, self._checks, self._offset = {}, [], 0

    def _add(self, record: dict[str, Any]) -> None:
        rows = len(self._columns["seq"]) if self._columns else 0
        for name in (*COLUMNS, *SCORES, *record):
            if name not in self._columns and name not in LISTS:
                self._columns[name] = array("d", [math.nan]) * rows
        for name, column in self._columns.items():
            column.append(_number(record.get(name)))
        if lists := {name: found for name in LISTS if (found := _numbers(record.get(name)))}:
            told = {name: _number(record.get(name)) for name in ("seq", "step", "samples")}
            told = {name: value if math.isfinite(value) else 0 for name, value in told.items()}
            self._checks.append({**told, **lists})


def newest(run: Run) -> dict[str, Any]:
    """How far a run is: the numbers of its last record or event, whichever is of a later step; {} before there is one.

    Reads only the end of the log, so it does for a list of many runs.
    """
    try:
        with (run.path / "metrics.jsonl").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - END))
            lines = log.read().split(b"\n")[:-1]
    except OSError:
        lines = []
    told = run.events() + [record for line in reversed(lines) if (record := _parsed(line))][:1]
    numbers = [
        {k: v for k, v in record.items() if k == "event" or files.is_number(v)} for record in told
    ]
    return max(numbers, key=lambda record: record.get("step", 0), default={})


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        record = files.load(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _number(value: Any) -> float:
    try:
        return float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return math.nan


def _numbers(value: Any) -> list[float]:
    """A list of a checkup; [] for what is none."""
    right = isinstance(value, list) and len(value) <= 1000 and all(map(files.is_number, value))
    return value if right else []


def _json(values: np.ndarray) -> list[float | int | None]:
    return [
        None if not np.isfinite(v) else int(v) if v.is_integer() else float(f"{v:.6g}")
        for v in values.tolist()
    ]
