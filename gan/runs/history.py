"""A run's history up to a step, as copied into a branch."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan import files
from gan.config import RunConfig, live
from gan.runs import known_data
from gan.runs.run import MAX_BYTES, Run

Lines = list[dict[str, Any]]


def in_force(run: Run, step: int) -> dict[str, Any]:
    """The live settings with which a run went on from `step`. Raises RunError when its config cannot be read."""
    config, events = run.config(), live()
    values = {name: getattr(config, name) for name in events}
    for event in run.events():
        if event["event"] in events.values() and event.get("step", 0) <= step:
            values |= {name: event[name] for name in events if files.is_number(event.get(name))}
    return values


@dataclass(frozen=True)
class RunHistory:
    """Records, events (without "created") and evaluations of a run, up to and with `step`."""

    run: Run
    step: int
    preset: str
    records: Lines
    events: Lines
    scores: Lines

    @classmethod
    def of(cls, run: Run, step: int) -> RunHistory:
        """Reads the folder; lines without a step are skipped."""

        def until_step(name: str) -> Lines:
            lines = files.lines(run.path / name, MAX_BYTES[name], run.path)
            return [x for x in lines if files.is_number(x.get("step")) and x["step"] <= step]

        events = [event for event in run.events() if event.get("step", 0) <= step]
        made = next((event for event in events if event["event"] == "created"), {})
        others = [event for event in events if event is not made]
        preset = str(made.get("preset", ""))
        return cls(run, step, preset, until_step("metrics.jsonl"), others, until_step("scores.jsonl"))

    def counts(self, config: RunConfig, about: Mapping[str, Any]) -> dict[str, Any]:
        """The counters of a state, computed from the log and from the header `about` of published weights.

        Weights of earlier versions lack the numbers of updates: these then follow from the ratio.
        """
        settings, last = in_force(self.run, self.step), self.records[-1] if self.records else {}
        numbers = {name: value for name, value in last.items() if files.is_number(value)}
        at, seconds, epoch, images = (numbers.get(name, 0) for name in ("step", "seconds", "epoch", "images"))
        updates = {name: count for name, count in about.items() if name.endswith("_updates")} or {
            "d_updates": self.step * settings["d_steps"],
            "g_updates": self.step * settings["g_steps"],
        }
        first = next(iter(updates.values()))  # each of which took a batch of real images
        shown = first * config.batch
        elapsed = float(seconds * self.step / at if at else 0.0)
        return {
            "step": self.step,
            "in_force": settings,
            **updates,
            "images": shown,
            "epoch": shown * epoch / images if images else 0.0,
            "seconds": elapsed,
            "seq": numbers.get("seq", -1) + 1,
            "since": (shown, elapsed),
        }

    def copy_to(self, made: Run, fixed: bool) -> None:
        """Writes the history into the folder of the new run `made`, with the pictures and generators so far.

        The pictures of fixed z only if `fixed`: those of another seed would be of other z. Raises OSError.
        """
        for name, lines in (("metrics", self.records), ("events", self.events), ("scores", self.scores)):
            if lines:
                files.append(made.path / f"{name}.jsonl", lines)
        kinds = ["samples/random", "samples/nearest", "snapshots"]
        for name in [*kinds, "samples/fixed"] if fixed else kinds:
            for name_on_disk in files.names(self.run.path / name, self.run.path):
                path = self.run.path / name / name_on_disk
                if path.stem.isdecimal() and int(path.stem) <= self.step:
                    _link_or_copy(path, made.path / name / path.name)
        _link_or_copy(self.run.real_picture(), made.real_picture())
        _link_or_copy(self.run.path / known_data.NAME, made.path / known_data.NAME)


def _link_or_copy(path: Path, other: Path) -> None:
    """Puts the same file into another run, as a hard link where the disk has them: such files are never changed."""
    other.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.is_symlink():
        return
    with contextlib.suppress(FileNotFoundError):  # pruned just now
        try:
            os.link(path, other)
        except OSError:
            shutil.copyfile(path, other)
