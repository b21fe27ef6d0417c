"""Trackers: observers of a run folder that tell other programs what a run logs, such as TensorBoard or a spreadsheet.

A tracker reads what the trainer wrote, so it can begin at any time and knows no network. It writes below the run's
folder, anew at each start: a resume may have taken records back.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec

from gan import files
from gan.runs.run import Run
from gan.runs.trackers.csv_table import CsvTable
from gan.runs.trackers.tensorboard import TensorBoard, check


class Tracker(Protocol):
    """Something that takes records, events and grids of one run."""

    def take(self, records: Sequence[dict[str, Any]], events: Sequence[dict[str, Any]]) -> None:
        """Takes what is new since the last call. Raises OSError when it cannot be written."""

    def close(self) -> None:
        """Brings everything to the disk."""


TRACKERS: dict[str, Callable[[Run], Tracker]] = {"csv": CsvTable, "tensorboard": TensorBoard}


def refusal(names: Sequence[str]) -> str:
    """Why one of these trackers cannot work here, in a sentence; "" where all can."""
    return check() if "tensorboard" in names else ""


@contextmanager
def tracking(run: Run, names: Sequence[str]) -> Iterator[Callable[[], None]]:
    """A function that hands the trackers of these names what the run has logged since its last call.

    To be called once training has begun, then now and then. A tracker that cannot write is left out from then on, and
    standard error says so: training is worth more.
    """
    log, events = _NewLines(run.path / "metrics.jsonl"), _NewLines(run.path / "events.jsonl")
    trackers: dict[str, Tracker] = {}
    begun = False

    def look() -> None:
        nonlocal begun
        if not begun:
            begun = True
            for name in dict.fromkeys(names):
                with _alone(name, trackers):
                    trackers[name] = TRACKERS[name](run)
        if trackers:
            news = [*log.read()], [*events.read()]
            for name, tracker in [*trackers.items()]:
                with _alone(name, trackers):
                    tracker.take(*news)

    try:
        yield look
    finally:
        if begun:
            look()
        for name, tracker in [*trackers.items()]:
            with _alone(name, trackers):
                tracker.close()


@contextmanager
def _alone(name: str, trackers: dict[str, Tracker]) -> Iterator[None]:
    """Leaves out a tracker that fails inside."""
    try:
        yield
    except OSError as error:
        trackers.pop(name, None)
        print(f"The log for {name} ends here: {files.why(error)}. Training goes on.", file=sys.stderr)


class _NewLines:
    """A reader of the lines that were appended to a file since it read last."""

    def __init__(self, path: Path):
        self.path, self.offset = path, 0

    def read(self) -> Iterator[dict[str, Any]]:
        """The new lines that are JSON objects."""
        try:
            file = files.opened(self.path)
        except OSError:  # nothing was logged yet
            return
        with file:
            file.seek(self.offset)
            for line in files.whole_lines(file):
                self.offset += len(line) + 1
                try:
                    value = msgspec.json.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    continue
                if isinstance(value, dict):
                    yield value
