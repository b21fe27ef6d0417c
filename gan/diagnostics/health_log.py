"""The log of a run as the health rules read it, and the status that they give."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gan import registry
from gan.runs import Run
from gan.runs.log_reader import LogReader

EVALUATORS = Path(__file__).parent.parent / "evaluation" / "weights"
MEDIAN_STEPS = 100  # of a running median
READABLE_SHARE = 0.4  # share of confident readings (p > 0.9) from which samples count as readable by the rules
ARMED_CLASSES = 7.0  # effective classes from which the class rules are armed
FOG_FACTOR = 4.0  # times the images that the first digits should take: then fog is too long

Level = Literal["wait", "good", "warn", "bad"]


@dataclass(frozen=True)
class HealthStatus:
    """A finding about a run: a short `title`, a sentence of `evidence`, one of `advice` ("": nothing to do), and the
    step where it began."""

    name: str
    level: Level
    title: str
    evidence: str
    advice: str
    step: int

    def to_dict(self) -> dict[str, Any]:
        """JSON values, as in `light` of `GET …/series`, which calls the evidence "seen"."""
        return {"seen" if name == "evidence" else name: value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Log:
    """A run's log as the rules read it.

    columns: float64 of equal length by name, NaN where nothing was measured. checks: lists of the live scores, oldest
    first. names: classes, () without an EvalNet. first_digits: training images after which the preset shows its first
    digits, None where that was not measured. error: why the run failed, or "". probability and threshold: PROBABILITY
    and THRESHOLD of the loss. from_source: whether G makes a picture from another one; between_domains: without pairs.
    """

    columns: Mapping[str, NDArray[np.float64]]
    checks: Sequence[Mapping[str, Any]] = ()
    names: Sequence[str] = ()
    first_digits: float | None = None
    error: str = ""
    probability: bool = True
    threshold: float | None = 0.0
    from_source: bool = False
    between_domains: bool = False

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        return self.columns.get(name, np.full(len(self), np.nan))

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @property
    def step(self) -> int:
        return int(self["step"][-1]) if len(self) else 0

    @property
    def images(self) -> float:
        return float(self["images"][-1]) if len(self) else 0.0

    @property
    def pace(self) -> float:
        """Steps from one record to the next."""
        steps = self["step"]
        return max(1.0, float(np.median(np.diff(steps[-50:])))) if len(steps) > 1 else 1.0

    def last(self, name: str, steps: float) -> NDArray[np.float64]:
        """The values of the last `steps` steps; NaN are left out."""
        values = self[name][-max(1, round(steps / self.pace)) :]
        return values[np.isfinite(values)]

    def median(self, name: str, steps: float = MEDIAN_STEPS) -> float:
        """The median of the last `steps` steps; NaN when there are none."""
        values = self.last(name, steps)
        return float(np.median(values)) if len(values) else np.nan

    def scores(self, name: str) -> NDArray[np.float64]:
        """The values of a live score, oldest first; NaN are left out."""
        values = self[name]
        return values[np.isfinite(values)]

    def shares(self) -> NDArray[np.float64]:
        """The shares of the classes, float64 (live scores, classes)."""
        rows = [c["shares"] for c in self.checks if len(c.get("shares", ())) == len(self.names) > 0]
        return np.array(rows).reshape(len(rows), len(self.names))

    def began(self, signs: int, every: float | None = None) -> int:
        """The step of the live scores `signs` from the end, or the step `every` steps ago."""
        if every is not None:
            return max(0, self.step - round(every))
        steps = [int(c.get("step", 0)) for c in self.checks]
        return steps[-signs] if len(steps) >= signs else self.step

    def until(self, records: int) -> Log:
        """The log as it was after `records` records."""
        columns = {name: values[:records] for name, values in self.columns.items()}
        last = columns["step"][-1] if records and "step" in columns else -1
        checks = [check for check in self.checks if check.get("step", 0) <= last]
        return replace(self, columns=columns, checks=checks, error="")

    @property
    def armed(self) -> bool:
        """Whether the samples once showed the classes, so that missing ones mean something."""
        return bool((self.scores("effective_classes") > ARMED_CLASSES).any())

    @property
    def unreadable(self) -> bool:
        """Whether the last live scores say that no digits can be read; False without an EvalNet."""
        confident, effective = self.scores("confident")[-1:], self.scores("effective_classes")[-1:]
        if not len(confident) or not self.names:
            return False
        return bool(confident[0] < READABLE_SHARE or effective[0] < ARMED_CLASSES)

    @property
    def late(self) -> bool:
        """Whether the first digits are long overdue."""
        return self.first_digits is not None and self.images > FOG_FACTOR * self.first_digits


def log_of(run: Run, reader: LogReader) -> Log:
    """The log of a run folder. Raises RunError when its settings cannot be read."""
    config, columns = run.config(), reader.columns()
    has_evalnet = (EVALUATORS / f"{config.dataset}.json").is_file()
    facts = registry.card("datasets", config.dataset).facts
    preset = next((str(event.get("preset", "")) for event in reader.events), "")
    first_digits = None
    with contextlib.suppress(ValueError, LookupError, AttributeError):
        first_digits = registry.load("presets", preset).get("first_digits_images")
    names = tuple(facts.get("NAMES", ())) if has_evalnet else ()
    with_step = np.isfinite(columns["step"]) if columns else np.array([])
    rows = {name: values[with_step] for name, values in columns.items()}
    loss = registry.card("losses", config.loss).facts
    probability, threshold = loss.get("PROBABILITY", True), loss.get("THRESHOLD", 0.0)
    checks = reader.checks()
    kind = config.from_source, config.between_domains
    return Log(rows, checks, names, first_digits, run.error(), probability, threshold, *kind)
