"""The evaluations of a run, as stored in scores.jsonl: read without torch, for pages and the command line."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from gan import files
from gan.runs.run import MAX_BYTES, Run

Which = Literal["average", "raw"]
Number = Annotated[float, msgspec.Meta(gt=-1e12, lt=1e12)]  # finite, as `files.is_number`
Count = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


@dataclass(frozen=True)
class Scores:
    """One evaluation, a row of scores.jsonl.

    `scores` and `real` (the real-vs-real row: what a perfect generator would get) have the keys of
    `metrics.catalogue()`; `shares` are those of the classes called `names`, `prior` those of the training images;
    `class_accuracy` has for each class the share of its images that are read as it, () where none can be asked for;
    `why` has a reason for each metric without a value. `weights` "average" is the EMA generator.
    `verdict` are findings {"name", "text"}; `nearest` compares samples with training images: {"distances", "rows"} and
    "held_out", the median distance of held-out images. `seconds` is the time without sampling, `time` the end (Unix).
    `seed` is that of z; None for images from elsewhere.
    """

    step: Count
    weights: Which
    n: Count
    seed: Count | None
    dataset: str
    split: str
    evaluator: Mapping[str, Any] | None
    scores: Mapping[str, Number]
    real: Mapping[str, Number]
    shares: tuple[Number, ...] = ()
    prior: tuple[Number, ...] = ()
    names: tuple[str, ...] = ()
    class_accuracy: tuple[Number | None, ...] = ()
    why: Mapping[str, str] = dataclasses.field(default_factory=dict)
    verdict: tuple[Mapping[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    nearest: Mapping[str, Any] | None = None
    seconds: Number = 0.0
    time: Number = 0.0

    def to_dict(self) -> dict[str, Any]:
        """JSON-like values, in the order of the fields."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Scores:
        """A row of scores.jsonl; keys that it does not know are passed over. Raises ValueError."""
        try:
            row = msgspec.convert(values, cls)
            msgspec.convert((row.evaluator, row.verdict, row.nearest), _Inside)
        except (msgspec.ValidationError, TypeError) as error:
            raise ValueError(f"no evaluation: {error}") from error
        if len(row.shares) != len(row.names):
            raise ValueError("no evaluation: as many shares as names")
        if len(row.class_accuracy) not in (0, len(row.names)):
            raise ValueError("no evaluation: as many accuracies as names")
        return row


class _Evaluator(msgspec.Struct):
    name: str
    accuracy: Number
    sha256: str


class _Finding(msgspec.Struct):
    name: str
    text: str


class _Nearest(msgspec.Struct):
    distances: list[Number]
    rows: list[Count]
    held_out: Number


_Inside = tuple[_Evaluator | None, list[_Finding], _Nearest | None]  # what evaluator, verdict and nearest must have


def rows(run: Run) -> list[Scores]:
    """The evaluations of a run, oldest first; other lines are skipped."""
    rows_read = []
    for line in files.lines(run.path / "scores.jsonl", MAX_BYTES["scores.jsonl"], run.path):
        try:
            rows_read.append(Scores.from_dict(line))
        except ValueError:
            continue
    return rows_read


def newest(run: Run, step: int | None = None, weights: Which = "average") -> Scores | None:
    """The newest evaluation of a run, or of its generator at `step`; None when there is none."""
    fitting = [s for s in rows(run) if s.weights == weights and step in (None, s.step)]
    return max(fitting, key=lambda s: (s.step, s.time), default=None)


def unwritable(run: Run) -> str:
    """Why evaluations of a run cannot be kept, in a sentence; "" where they can. Writes nothing."""
    path = run.path / "scores.jsonl"
    place = path if path.exists() else run.path
    if os.access(place, os.W_OK) and (place == run.path or path.is_file()):
        return ""
    return (
        f"{place.name} of run {run.id!r} cannot be written."
        if place == path
        else f"The folder of run {run.id!r} is read-only."
    )


def keep(run: Run, scores: Scores) -> None:
    """Appends an evaluation. Raises OSError."""
    files.append(run.path / "scores.jsonl", [scores.to_dict()])


def nearest_picture(run: Run, step: int) -> Any:
    """The path of the picture of samples above their nearest training images, which may not be there."""
    return run.path / "samples" / "nearest" / f"{step}.webp"
