"""A reader of a growing metrics.jsonl: reads only new lines, keeps columns, starts over when a resume cut the log."""

from __future__ import annotations

import contextlib
import math
import os
import threading
from array import array
from bisect import bisect_right
from collections.abc import Mapping
from typing import IO, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from gan import files
from gan.runs.run import Run

KEPT_ROWS, KEPT_NEWEST, KEPT_CHECKS = 16_384, 4_096, 2_048  # in memory; older ones are decimated
SAMPLED_FROM, SAMPLED_BYTES, SAMPLE_BYTES = (
    48 << 20,
    12 << 20,
    1 << 16,
)  # of a log too long to be read whole
COLUMNS = ("seq", "step", "epoch", "images", "seconds", "lr_d", "lr_g", "images_per_second")  # of every record
SCORES = (
    *("samples", "classes", "effective_classes", "confident", "label_accuracy", "fd", "diversity"),
    *("checkerboard", "overfit"),
    *("modes", "modes_sure", "modes_real"),
    *("on_data", "covered"),
    *("pixel_error", "source_error", "moved", "ink", "cycle_error", "strangers", "domain", "domain_real"),
    *("answers_apart", "source_kept"),
    *("said_digit", "said_thickness", "said_slant", "said_place", "said_all", "said_spread"),
)  # of live scores, numbers
LISTS = ("shares", "class_accuracy", "d_hist_real", "d_hist_fake", "d_range")  # of live scores
MAX_COLUMNS = 200
MAX_CHECKS = 300  # live scores in one answer
MAX_ROWS = 1_000  # records in one answer
END_BYTES = 4_096  # bytes of a log in which its last record lies
_DECODER = msgspec.json.Decoder()


class LogReader:
    """An incremental reader of one run's records, as columns.

    At most about KEPT_ROWS are in memory: older ones are decimated by minimum and maximum. Of a log that is longer than
    SAMPLED_FROM when it is first met, pieces evenly along it and its end are read.

    Safe to share between threads; an unchanged file costs one stat.
    """

    def __init__(self, run: Run):
        self.run = run
        self.generation = 0
        self.events: list[dict[str, Any]] = []
        self._columns: dict[str, array[float]] = {}
        self._checks: list[dict[str, Any]] = []
        self._offset = 0
        self._events_version: tuple[int, int] = (0, 0)
        self._guard = threading.Lock()

    def series(self, after: int | None = None) -> dict[str, Any]:
        """The log's part of the answer of `GET …/series`: generation, seq, columns of equal length (None: not finite).

        Records with seq > `after`; all of them without it. More than 1,000 are decimated by minimum and maximum.
        """
        with self._guard:
            self._read()
            seqs = self._columns.get("seq", array("d"))
            first = 0 if after is None else bisect_right(seqs, after)
            columns = {name: np.array(values[first:]) for name, values in self._columns.items()}
            checks = [check for check in self._checks if after is None or check["seq"] > after]
            events, generation = self.events, self.generation
            seq = int(seqs[-1]) if seqs else -1
        newest_first = checks[::-1][:: -(-len(checks) // MAX_CHECKS) or 1]
        checks = newest_first[::-1]
        return {
            "generation": generation,
            "seq": seq,
            "columns": {name: _json(values) for name, values in decimate(columns, MAX_ROWS).items()},
            "checks": {name: [check.get(name) for check in checks] for name in ("seq", "step", "samples", *LISTS)},
            "events": events,
        }

    def columns(self) -> dict[str, np.ndarray]:
        """All records as float64 columns of equal length, NaN where nothing was measured; {} before there is one."""
        with self._guard:
            self._read()
            return {name: np.array(values) for name, values in self._columns.items()}

    def statistics(self) -> list[str]:
        """The columns that neither every record nor live scores have: what the game's updates returned."""
        with self._guard:
            self._read()
            return [name for name in self._columns if name not in {*COLUMNS, *SCORES}]

    def checks(self) -> list[dict[str, Any]]:
        """The lists (LISTS) of live scores, oldest first, each with its seq and step."""
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
        with contextlib.suppress(files.Unreadable), files.opened(path, self.run.path) as file:
            if size - self._offset > SAMPLED_FROM:
                self._sample(file, size)
            self._stream(file)

    def _stream(self, file: IO[bytes]) -> None:
        """Takes all whole lines from the offset on; the rest is still being written."""
        file.seek(self._offset)
        rest = b""
        while chunk := file.read(files.CHUNK_BYTES):
            text = rest + chunk
            whole = text.rfind(b"\n") + 1
            self._take(text[:whole])
            rest = text[whole:]
            self._offset += whole
            if len(rest) > files.MAX_LINE_BYTES:  # no line of ours
                self._offset += len(rest)
                rest = b""

    def _sample(self, file: IO[bytes], size: int) -> None:
        """Takes pieces of a very long log, evenly along it, up to its last few megabytes."""
        end = size - SAMPLED_BYTES // 4
        for place in np.linspace(self._offset, end, SAMPLED_BYTES // SAMPLE_BYTES).astype(int).tolist():
            file.seek(place)
            text = file.read(min(SAMPLE_BYTES, end - place))
            first = 0 if place == self._offset else text.find(b"\n") + 1
            self._take(text[first : text.rfind(b"\n") + 1])
        self._offset = end
        file.seek(end)
        self._offset += len(file.readline(files.MAX_LINE_BYTES))

    def _take(self, text: bytes) -> None:
        records = [record for line in text.splitlines() if (record := _parsed(line))]
        # no line torn by a crash
        self._add([record for record in records if 0 <= _number(record.get("seq")) < math.inf])

    def _read_events(self) -> None:
        try:
            stat = (self.run.path / "events.jsonl").stat()
        except OSError:
            return
        if (stat.st_size, stat.st_mtime_ns) == self._events_version:
            return
        self._events_version = (stat.st_size, stat.st_mtime_ns)
        self.events = self.run.events()
        generation = max((int(e.get("generation", 0)) for e in self.events), default=0)
        if generation != self.generation:
            self.generation = generation
            self._start_over()

    def _start_over(self) -> None:
        self._columns, self._checks, self._offset = {}, [], 0

    def _add(self, records: list[dict[str, Any]]) -> None:
        if not records:
            return
        rows = len(self._columns["seq"]) if self._columns else 0
        names = dict.fromkeys((*COLUMNS, *SCORES))
        for record in records:
            names.update(record)
        for name in names:
            if name not in self._columns and name not in LISTS and len(self._columns) < MAX_COLUMNS:
                self._columns[name] = array("d", [math.nan]) * rows
        for name, column in self._columns.items():
            column.extend([_number(record.get(name)) for record in records])
        for record in records:
            if lists := {name: numbers for name in LISTS if (numbers := _numbers(record.get(name)))}:
                head = {name: _number(record.get(name)) for name in ("seq", "step", "samples")}
                head = {name: value if math.isfinite(value) else 0 for name, value in head.items()}
                self._checks.append({**head, **lists})
        self._thin()

    def _thin(self) -> None:
        """Decimates what is older than the newest rows, so that a log without end takes bounded memory."""
        if len(self._columns["seq"]) > KEPT_ROWS:
            old = {name: np.array(values[:-KEPT_NEWEST]) for name, values in self._columns.items()}
            for name, values in decimate(old, (KEPT_ROWS - KEPT_NEWEST) // 2).items():
                self._columns[name] = array("d", values.tobytes()) + self._columns[name][-KEPT_NEWEST:]
        if len(self._checks) > KEPT_CHECKS:
            self._checks = [*self._checks[: -KEPT_CHECKS // 2 : 2], *self._checks[-KEPT_CHECKS // 2 :]]


def newest(run: Run) -> dict[str, Any]:
    """The numbers of a run's last record or event, whichever is of a later step; {} before there is one.

    Reads only the end of the log: cheap enough for a list of many runs.
    """
    try:
        with files.opened(run.path / "metrics.jsonl", run.path) as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - END_BYTES))
            lines = log.read().split(b"\n")[:-1]
    except OSError:
        lines = []
    records = run.events() + [record for line in reversed(lines) if (record := _parsed(line))][:1]
    numbers = [{k: v for k, v in record.items() if k == "event" or files.is_number(v)} for record in records]
    return max(numbers, key=lambda record: record.get("step", 0), default={})


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        record = _DECODER.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        try:
            record = files.load(line)  # NaN, which earlier versions wrote
        except ValueError:
            return {}
    return record if isinstance(record, dict) else {}


def _number(value: Any) -> float:
    try:
        return float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return math.nan


def _numbers(value: Any) -> list[float]:
    """A list of numbers; [] for any other value."""
    right = isinstance(value, list) and len(value) <= 1000 and all(map(files.is_number, value))
    return value if right else []


def _json(values: np.ndarray) -> list[float | int | None]:
    return [None if not np.isfinite(v) else int(v) if v.is_integer() else float(f"{v:.6g}") for v in values.tolist()]


def decimate(columns: Mapping[str, NDArray[np.float64]], most: int) -> dict[str, NDArray[np.float64]]:
    """Thins columns of equal length to at most `most` rows, keeping every peak and valley of every column.

    Rows are put in `most // 2` buckets; of each bucket a column keeps its minimum and maximum, in the direction in
    which the bucket runs, so rising columns such as the step stay rising. The last row is kept as it is.
    """
    length = len(next(iter(columns.values()), ()))
    if length <= most:
        return dict(columns)
    edges = np.linspace(0, length - 1, most // 2).astype(int)  # the last row apart
    out = {}
    for name, values in columns.items():
        low = np.fmin.reduceat(values[:-1], edges[:-1])
        high = np.fmax.reduceat(values[:-1], edges[:-1])
        first, last = values[edges[:-1]], values[edges[1:] - 1]
        falling = last < first
        pairs = np.where(falling, [high, low], [low, high])
        out[name] = np.append(pairs.T.ravel(), values[-1])
    return out
