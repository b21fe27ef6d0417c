"""What a run tells of its time up to a step: what a branch begins with."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan import files
from gan.config import RunConfig
from gan.runs import Run

LIVE = ("lr_g", "lr_d", "d_steps", "g_steps")  # settings that change while a run trains
Told = list[dict[str, Any]]


def in_force(run: Run, step: int) -> dict[str, Any]:
    """The LIVE settings with which a run went on from `step`. Raises RunError when its config cannot be read."""
    config = run.config()
    found = {name: getattr(config, name) for name in LIVE}
    for event in run.events():
        if event["event"] in ("lr", "ratio") and event.get("step", 0) <= step:
            found |= {name: event[name] for name in LIVE if files.is_number(event.get(name))}
    return found


@dataclass(frozen=True)
class Past:
    """Records, events (but for its making) and evaluations of a run, none of them after `step`."""

    run: Run
    step: int
    preset: str
    records: Told
    events: Told
    scores: Told

    @classmethod
    def of(cls, run: Run, step: int) -> Past:
        """Reads the folder; lines that tell nothing of a step are passed over."""

        def told(name: str) -> Told:
            lines = files.lines(run.path / name)
            return [x for x in lines if files.is_number(x.get("step")) and x["step"] <= step]

        events = [event for event in run.events() if event.get("step", 0) <= step]
        made = next((event for event in events if event["event"] == "created"), {})
        others = [event for event in events if event is not made]
        preset = str(made.get("preset", ""))
        return cls(run, step, preset, told("metrics.jsonl"), others, told("scores.jsonl"))

    def counts(self, config: RunConfig, about: Mapping[str, Any]) -> dict[str, Any]:
        """What a state tells of the log, reckoned from it and from the header `about` of published weights.

        Weights of earlier versions do not tell how often D and G were updated: as often as the ratio says, then.
        """
        live, last = in_force(self.run, self.step), self.records[-1] if self.records else {}
        told = {name: value for name, value in last.items() if files.is_number(value)}
        at, seconds, epoch, images = (
            told.get(name, 0) for name in ("step", "seconds", "epoch", "images")
        )
        d_updates = about.get("d_updates", self.step * live["d_steps"])
        shown = d_updates * config.batch
        elapsed = float(seconds * self.step / at if at else 0.0)
        return {
            "step": self.step,
            "in_force": live,
            "d_updates": d_updates,
            "g_updates": about.get("g_updates", self.step * live["g_steps"]),
            "images": shown,
            "epoch": shown * epoch / images if images else 0.0,
            "seconds": elapsed,
            "seq": told.get("seq", -1) + 1,
            "since": (shown, elapsed),
        }

    def retell(self, made: Run, fixed: bool) -> None:
        """Writes it into the folder of the new run `made`, and the pictures and generators so far.

        The pictures of fixed z only if `fixed`: those of another seed would be of other z. Raises OSError.
        """
        for name, told in (
            ("metrics", self.records),
            ("events", self.events),
            ("scores", self.scores),
        ):
            if told:
                files.append(made.path / f"{name}.jsonl", told)
        kinds = ["samples/random", "samples/nearest", "snapshots"]
        for name in [*kinds, "samples/fixed"] if fixed else kinds:
            for path in (self.run.path / name).glob("[0-9]*"):
                if path.stem.isdecimal() and int(path.stem) <= self.step:
                    _share(path, made.path / name / path.name)
        _share(self.run.path / "samples" / "real.webp", made.path / "samples" / "real.webp")


def _share(path: Path, other: Path) -> None:
    """The same file in another run: one copy on the disk where that can be, since none is ever written into."""
    other.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):  # thinned out just now
        try:
            os.link(path, other)
        except OSError:
            shutil.copyfile(path, other)
