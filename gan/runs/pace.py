"""The pace of training on this machine, and a length in words: steps, passes over the data, time."""

from __future__ import annotations

import contextlib
import math
import os
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gan import config as configs
from gan import files, registry
from gan.config import ConfigError, RunConfig
from gan.runs.errors import RunError
from gan.runs.run import Run, runs

TAIL_BYTES = 100_000  # read from the end of a log: some two hundred records
MIN_RECORDS = 5  # from which a median is told
SAME = ("model", "batch", "width", "z_dim", "image_size")  # settings on which the pace depends most


@dataclass(frozen=True)
class Length:
    """How long a training is: steps, passes over the data and seconds; None for what is not known."""

    steps: float | None
    passes: float | None
    seconds: float | None


def measured(config: RunConfig) -> float | None:
    """Median images a second of this machine's newest run with the same networks and batch; None without one."""
    for run in runs():
        if not run.states():
            continue  # shipped: trained elsewhere
        try:
            other = run.config()
        except RunError:
            continue
        if any(getattr(other, name) != getattr(config, name) for name in SAME):
            continue
        speeds = [r["images_per_second"] for r in _newest(run) if files.is_number(r.get("images_per_second"))]
        if len(speeds) >= MIN_RECORDS:
            return statistics.median(speeds)
    return None


def _newest(run: Run) -> list[dict[str, Any]]:
    """The newest records of a run's log, from its last bytes."""
    try:
        with files.opened(run.path / "metrics.jsonl") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - TAIL_BYTES))
            lines = [*files.whole_lines(file)]
    except OSError:
        return []
    records = []
    for line in lines:
        with contextlib.suppress(ValueError):  # the first one may be torn
            if isinstance(record := files.load(line), dict):
                records.append(record)
    return records


def declared(config: RunConfig) -> float | None:
    """Images a second of a preset with the same networks, as its file tells them for one core; None without one.

    Of several such presets that counts which has the most settings of `config`.
    """
    wanted = vars(config).items()
    paces: list[tuple[int, float]] = []
    for name in registry.names("presets"):
        try:
            settings, facts = configs.preset(name)
        except ConfigError:
            continue
        if (settings.model, settings.width) == (config.model, config.width) and "images_per_second" in facts:
            alike = sum(getattr(settings, key, None) == value for key, value in wanted)
            paces.append((alike, float(facts["images_per_second"])))
    return max(paces, key=lambda pace: pace[0])[1] if paces else None


def count(config: RunConfig) -> int:
    """Examples that a run with these settings learns from; 0 where only reading them tells."""
    there = int(registry.card("datasets", config.dataset).facts.get("COUNT", 0))
    return min(there, config.n_images or there)


def length(config: RunConfig, budget: Mapping[str, float], count: int, speed: float | None) -> Length:
    """How long a budget is on `count` examples (0: not known) at `speed` images a second (None: not known)."""
    unit, amount = next(iter(budget.items()))
    shown = config.batch * max(1, config.d_steps)  # images a step
    match unit:
        case "steps":
            steps: float | None = amount
        case "epochs":
            steps = math.ceil(amount * count / shown) if count else None
        case _:
            steps = amount * speed / shown if speed else None
    passes = amount if unit == "epochs" else steps * shown / count if steps and count else None
    seconds = amount if unit == "seconds" else steps * shown / speed if steps and speed else None
    return Length(steps, passes, seconds)


def length_text(config: RunConfig, budget: Mapping[str, float], count: int, speed: float | None) -> str:
    """The length in a line: "9,375 steps: about 5 passes over 60,000 pictures, about 4 min here"."""
    known, unit = length(config, budget, count, speed), next(iter(budget))
    things = "points" if registry.card("datasets", config.dataset).facts.get("POINTS") else "pictures"
    steps = f"{_about(known.steps)} steps" if known.steps else ""
    over = f" over {count:,} {things}" if count else ""
    passes = f"{_about(known.passes)} {'pass' if known.passes == 1 else 'passes'}{over}" if known.passes else ""
    time = f"{duration(known.seconds)}" if known.seconds else ""
    parts = {"steps": steps, "epochs": passes, "seconds": time}
    first = parts.pop(unit)
    rest = [f"about {text}" + (" here" if name == "seconds" else "") for name, text in parts.items() if text]
    return f"{first}: {', '.join(rest)}" if rest else first


def duration(seconds: float) -> str:
    """Seconds in words, rounded as much as an estimate deserves."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def _about(number: float) -> str:
    """A number with three digits where it is long, and with the fractions that matter where it is short."""
    if number >= 10_000 and number % 1:
        return f"{round(number, -len(str(int(number))) + 3):,.0f}"
    return f"{number:,.0f}" if number >= 10 or number % 1 == 0 else f"{number:.2g}"
