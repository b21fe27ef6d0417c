"""The run's log: statistics gathered on the device, one sync to the host for many steps, one JSON line an interval."""

from __future__ import annotations

import math
import os
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from gan import files
from gan.games import Stats
from gan.runs import Run

PendingScores = Future[dict[str, Any]]  # live scores that may still be computing
COUNTS = ("step", "images", "epoch", "seconds", "seq")


class Diverged(Exception):
    """A statistic is no longer a finite number."""

    def __init__(self, step: int, name: str):
        super().__init__(f"{name} was no longer a finite number at step {step}.")
        self.step, self.name = step, name


@dataclass
class MetricsLog:
    """The log of one run: its counts, and the statistics not yet written.

    A record sums up one log interval: means over its updates, None for one of `names` that no update gave. Records wait
    on the device as rows until `flush` fetches them all at once, and then, in order, for live scores that are not
    there yet.
    """

    run: Run
    names: tuple[str, ...] = ()  # of the statistics of the game
    step: int = 0
    images: int = 0
    epoch: float = 0.0
    seconds: float = 0.0
    seq: int = 0
    since: tuple[int, float] = (0, 0.0)  # images and seconds at the start of this interval
    rows: dict[str, list[Tensor]] = field(default_factory=dict)  # of this interval, by statistic
    waiting: list[tuple[dict[str, Any], Stats, PendingScores | None]] = field(default_factory=list)
    held: list[tuple[dict[str, Any], PendingScores | None]] = field(default_factory=list)
    newest: dict[str, Any] | None = None  # the record written last, until a caller takes it

    def add(self, stats: Stats) -> None:
        """Takes the statistics of one update."""
        for name, value in stats.items():
            self.rows.setdefault(name, []).append(value)

    def end_interval(self, rates: dict[str, float], scores: PendingScores | None = None) -> None:
        """Makes a record of the updates since the last one, and of live scores; a flush writes it."""
        images, seconds = self.images - self.since[0], self.seconds - self.since[1]
        record = {
            "seq": self.seq,
            "step": self.step,
            "epoch": round(self.epoch, 6),
            "images": self.images,
            "seconds": round(self.seconds, 3),
            **rates,
            "images_per_second": round(images / seconds, 1) if seconds > 0 else None,
        }
        self.waiting.append((record, self._means(), scores))
        self.seq += 1
        self.since = (self.images, self.seconds)
        self.rows = {}

    def flush(self, whole: bool = True) -> dict[str, Any] | None:
        """Fetches what waits on the device (one sync), appends it to metrics.jsonl, returns the newest record written.

        Waits for live scores if the log is to be `whole`; else a record of some that are not there is held back, and
        what comes after it. Raises Diverged after writing when a statistic is not finite, also one of the interval
        that is not over; OSError when the disk does not take it; and what computing the scores raised.
        """
        waiting, self.waiting = [*self.waiting, ({"step": self.step}, self._means(), None)], []
        fetched = [mean for _, means, _ in waiting for mean in means.values()]
        numbers = iter(torch.stack(fetched).tolist() if fetched else ())
        trouble = None
        for record, means, scores in waiting:
            stats = {name: next(numbers) for name in means}
            self.held.append(({**record, **dict.fromkeys(self.names), **stats}, scores))
            odd = [name for name, value in stats.items() if not math.isfinite(value)]
            trouble = trouble or (odd and Diverged(record["step"], odd[0]))
        self.held.pop()  # the interval that is not over
        records: list[dict[str, Any]] = []
        try:
            for record, scores in self._ready(whole or bool(trouble)):
                records.append({**record, **(scores.result() if scores else {})})
        finally:  # also what came before scores that failed
            if records:
                files.append(self.run.path / "metrics.jsonl", records)
        if trouble:
            raise trouble
        if not records:
            return None
        self.newest = records[-1]
        return self.newest

    def pop_newest(self) -> dict[str, Any] | None:
        """The record written last since the last call; None when none was."""
        record, self.newest = self.newest, None
        return record

    def _ready(self, whole: bool) -> list[tuple[dict[str, Any], PendingScores | None]]:
        """The records to be written now, in order; the others stay held."""
        over = [whole or scores is None or scores.done() for _, scores in self.held]
        count = (*over, False).index(False)
        ready, self.held = self.held[:count], self.held[count:]
        return ready

    def _means(self) -> Stats:
        """Means over the updates of the interval so far."""
        return {name: torch.stack(values).mean() for name, values in self.rows.items()}

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps of the log; everything waiting has to be flushed before."""
        path = self.run.path / "metrics.jsonl"
        if path.exists():
            files.sync(path)  # a state must not outlive the records it counts on
        counts = {name: getattr(self, name) for name in COUNTS}
        return {**counts, "since": self.since, "offset": path.stat().st_size if path.exists() else 0}

    def pending_rows(self) -> Stats:
        """The statistics of the interval that is not over, a row an update."""
        return {name: torch.stack(values) for name, values in self.rows.items()}

    def load_state_dict(self, state: dict[str, Any], pending: Stats, device: torch.device) -> None:
        """Takes up the counts and the open interval where a checkpoint left them."""
        for name in COUNTS:
            setattr(self, name, state[name])
        self.since = (state["since"][0], state["since"][1])
        self.rows = {name: list(rows.to(device)) for name, rows in pending.items() if name in self.names}

    def cut(self, offset: int) -> bool:
        """Cuts off the records of steps after a checkpoint. True when there were some."""
        path = self.run.path / "metrics.jsonl"
        if not path.exists() or path.stat().st_size <= offset:
            return False
        with files.appended(path) as file:
            file.truncate(offset)
            os.fsync(file.fileno())
        return True
