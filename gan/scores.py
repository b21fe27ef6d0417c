"""The evaluations of a run, as scores.jsonl keeps them: read without torch, for pages and the command line."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gan import files
from gan.runs import Run

Which = Literal["average", "raw"]


@dataclass(frozen=True)
class Scores:
    """One evaluation, a row of scores.jsonl.

    `scores` and `real` (the real-vs-real row: what a perfect generator would get) have the keys of
    `metrics.catalogue()`; `shares` are the classes' called `names`; `why` tells per measure why it has none.
    `verdict` are findings {"name", "text"}; `nearest` tells of the samples beside training images: their distances,
    and the median one of held-out images. `seconds` is what it took besides sampling, `time` when it ended (Unix).
    """

    step: int
    weights: Which
    n: int
    seed: int
    dataset: str
    split: str
    evaluator: Mapping[str, Any] | None
    scores: Mapping[str, float]
    real: Mapping[str, float]
    shares: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    why: Mapping[str, str] = dataclasses.field(default_factory=dict)
    verdict: tuple[Mapping[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    nearest: Mapping[str, Any] | None = None
    seconds: float = 0.0
    time: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """JSON-like values, in the order of the fields."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Scores:
        """Raises ValueError for values that are no evaluation."""
        names = [field.name for field in dataclasses.fields(cls)]
        told: dict[str, Any] = {name: values[name] for name in names if name in values}
        try:
            lists = {name: tuple(value) for name, value in told.items() if type(value) is list}
            found = cls(**{**told, **lists})
            numbers = [
                found.step,
                found.n,
                found.time,
                *found.scores.values(),
                *found.real.values(),
            ]
        except (TypeError, AttributeError) as error:
            raise ValueError(f"no evaluation: {error}") from error
        if not all(files.is_number(number) for number in numbers):
            raise ValueError("no evaluation: a number is missing")
        return found


def rows(run: Run) -> list[Scores]:
    """The evaluations of a run, oldest first; lines that are none are passed over."""
    found = []
    for line in files.lines(run.path / "scores.jsonl"):
        try:
            found.append(Scores.from_dict(line))
        except ValueError:
            continue
    return found


def newest(run: Run, step: int | None = None, weights: Which = "average") -> Scores | None:
    """The newest evaluation of a run, or of its generator at `step`; None when there is none."""
    fitting = [s for s in rows(run) if s.weights == weights and step in (None, s.step)]
    return max(fitting, key=lambda s: (s.step, s.time), default=None)


def keep(run: Run, scores: Scores) -> None:
    """Appends an evaluation. Raises OSError."""
    files.append(run.path / "scores.jsonl", [scores.to_dict()])


def nearest_picture(run: Run, step: int) -> Any:
    """The path of the picture of samples above their nearest training images, which may not be there."""
    return run.path / "samples" / "nearest" / f"{step}.webp"
