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
from gan.runs import Run

D_STATS = ("d_loss", "d_real", "d_fake", "grad_norm_d", "d_accuracy")
G_STATS = ("g_loss", "grad_norm_g")
Look = Future[dict[str, Any]]  # what a checkup finds, perhaps later
Means = dict[tuple[str, ...], Tensor]  # names of statistics -> as many means, on the device


class Diverged(Exception):
    """A loss or gradient is no longer a finite number."""

    def __init__(self, step: int, name: str):
        super().__init__(f"{name} was no longer a finite number at step {step}.")
        self.step, self.name = step, name


@dataclass
class Journal:
    """Counts of one run and the statistics not yet written.

    A record sums up one log interval: means over its updates. Records wait on the device as rows until `flush` fetches
    them all at once, and then, in order, for a checkup that is not over.
    """

    run: Run
    step: int = 0
    images: int = 0
    epoch: float = 0.0
    seconds: float = 0.0
    seq: int = 0
    since: tuple[int, float] = (0, 0.0)  # images and seconds at the start of this interval
    d_rows: list[Tensor] = field(default_factory=list)
    g_rows: list[Tensor] = field(default_factory=list)
    waiting: list[tuple[dict[str, Any], Means, Look | None]] = field(default_factory=list)
    held: list[tuple[dict[str, Any], Look | None]] = field(default_factory=list)

    def end_interval(self, lr_d: float, lr_g: float, look: Look | None = None) -> None:
        """Makes a record of the updates since the last one, and of what a checkup finds; a flush writes it."""
        images, seconds = self.images - self.since[0], self.seconds - self.since[1]
        record = {
            "seq": self.seq,
            "step": self.step,
            "epoch": round(self.epoch, 6),
            "images": self.images,
            "seconds": round(self.seconds, 3),
            "lr_d": lr_d,
            "lr_g": lr_g,
            "images_per_second": round(images / seconds, 1) if seconds > 0 else None,
        }
        self.waiting.append((record, self._means(), look))
        self.seq += 1
        self.since = (self.images, self.seconds)
        self.d_rows, self.g_rows = [], []

    def flush(self, whole: bool = True) -> dict[str, Any] | None:
        """Fetches what waits on the device (one sync), appends it to metrics.jsonl, returns the newest record written.

        Waits for checkups if the log is to be `whole`; else a record of one that is not over is held back, and what
        comes after it. Raises Diverged after writing when a statistic is not finite, also one of the interval that is
        not over; OSError when the disk does not take it; and what a checkup raised.
        """
        waiting, self.waiting = [*self.waiting, ({"step": self.step}, self._means(), None)], []
        fetched = [mean for _, means, _ in waiting for mean in means.values()]
        numbers = iter(torch.cat(fetched).tolist() if fetched else ())
        trouble = None
        for told, means, look in waiting:
            stats = {name: next(numbers) for names in means for name in names}
            self.held.append(({**told, **dict.fromkeys((*D_STATS, *G_STATS)), **stats}, look))
            odd = [name for name, value in stats.items() if not math.isfinite(value)]
            trouble = trouble or (odd and Diverged(told["step"], odd[0]))
        self.held.pop()  # the interval that is not over
        records: list[dict[str, Any]] = []
        try:
            for record, look in self._ready(whole or bool(trouble)):
                records.append({**record, **(look.result() if look else {})})
        finally:  # also what came before a checkup that failed
            if records:
                files.append(self.run.path / "metrics.jsonl", records)
        if trouble:
            raise trouble
        return records[-1] if records else None

    def _ready(self, whole: bool) -> list[tuple[dict[str, Any], Look | None]]:
        """The records to be written now, in order; the others stay held."""
        over = [whole or look is None or look.done() for _, look in self.held]
        count = (*over, False).index(False)
        ready, self.held = self.held[:count], self.held[count:]
        return ready

    def _means(self) -> Means:
        """Means over the updates of the interval so far; a player that made none is left out."""
        rows = {D_STATS: self.d_rows, G_STATS: self.g_rows}
        return {names: torch.stack(found).mean(0) for names, found in rows.items() if found}

    def told(self) -> dict[str, Any]:
        """What a state keeps of the log; everything waiting has to be flushed before."""
        path = self.run.path / "metrics.jsonl"
        if path.exists():
            files.sync(path)  # a state must not outlive the records it counts on
        return {
            "step": self.step,
            "images": self.images,
            "epoch": self.epoch,
            "seconds": self.seconds,
            "seq": self.seq,
            "since": self.since,
            "offset": path.stat().st_size if path.exists() else 0,
        }

    def pending(self) -> dict[str, Tensor]:
        """The statistics of the interval that is not over."""
        rows = {"d": self.d_rows, "g": self.g_rows}
        return {name: torch.stack(found) for name, found in rows.items() if found}

    def go_on(self, told: dict[str, Any], pending: dict[str, Tensor], device: torch.device) -> None:
        """Takes up the counts where a state left them."""
        for name in ("step", "images", "epoch", "seconds", "seq"):
            setattr(self, name, told[name])
        self.since = (told["since"][0], told["since"][1])
        self.d_rows = self._taken_up(pending, "d", D_STATS, device)
        self.g_rows = self._taken_up(pending, "g", G_STATS, device)

    @staticmethod
    def _taken_up(
        pending: dict[str, Tensor], who: str, names: tuple[str, ...], device: torch.device
    ) -> list[Tensor]:
        """The rows of a player; none where an older version told other statistics."""
        rows = pending.get(who)
        return [] if rows is None or rows.shape[1] != len(names) else list(rows.to(device))

    def cut(self, offset: int) -> bool:
        """Cuts off what the log tells of steps after a state. True when there was something."""
        path = self.run.path / "metrics.jsonl"
        if not path.exists() or path.stat().st_size <= offset:
            return False
        with path.open("r+b") as file:
            file.truncate(offset)
            os.fsync(file.fileno())
        return True
