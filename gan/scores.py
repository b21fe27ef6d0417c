"""The evaluations of a run, as scores.jsonl keeps them: read without torch, for pages and the command line."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gan import files
from gan.runs import Run

Which = Literal["average", "raw"]


@dataclass(frozen=True)
class Scores:
    """One evaluation, a row of scores.jsonl.

    `scores` and `real` (the real-vs-real row: what a perfect generator would get) have the keys of
    `metrics.catalogue()`; `shares` are the classes' called `names`, `prior` those of the training images; `why` tells
    per measure why it has none.
    `verdict` are findings {"name", "text"}; `nearest` tells of the samples beside training images: {"distances",
    "rows"} and "held_out", the median distance of held-out images. `seconds` is what it took besides sampling, `time`
    when it ended (Unix). `seed` is that of z; None for images that came from elsewhere.
    """

    step: int
    weights: Which
    n: int
    seed: int | None
    dataset: str
    split: str
    evaluator: Mapping[str, Any] | None
    scores: Mapping[str, float]
    real: Mapping[str, float]
    shares: tuple[float, ...] = ()
    prior: tuple[float, ...] = ()
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
        told: dict[str, Any] = {
            name: tuple(value) if type(value) is list else value
            for name, value in values.items()
            if name in _RIGHT
        }
        try:
            found = cls(**told)
        except TypeError as error:
            raise ValueError(f"no evaluation: {error}") from error
        if wrong := [name for name, right in _RIGHT.items() if not right(getattr(found, name))]:
            raise ValueError(f"no evaluation: {', '.join(wrong)} cannot be right")
        if len(found.shares) != len(found.names):
            raise ValueError("no evaluation: as many shares as names")
        return found


def _all(kind: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Whether a value is a list of such, as read: a tuple."""
    return lambda value: isinstance(value, tuple | list) and all(map(kind, value))


def _table(kind: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Whether a value is a JSON object whose values are such."""
    return lambda value: isinstance(value, dict) and all(map(kind, value.values()))


def _fields(**kinds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Whether a value is a JSON object with such fields."""
    return lambda value: (
        isinstance(value, dict) and all(right(value.get(name)) for name, right in kinds.items())
    )


def _none_or(kind: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or kind(value)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_RIGHT: Mapping[str, Callable[[Any], bool]] = {  # what readers count on, field by field
    "step": _is_count,
    "weights": lambda value: value in ("average", "raw"),
    "n": _is_count,
    "seed": _none_or(_is_count),
    "dataset": _is_text,
    "split": _is_text,
    "evaluator": _none_or(_fields(name=_is_text, accuracy=files.is_number, sha256=_is_text)),
    "scores": _table(files.is_number),
    "real": _table(files.is_number),
    "shares": _all(files.is_number),
    "prior": _all(files.is_number),
    "names": _all(_is_text),
    "why": _table(_is_text),
    "verdict": _all(_fields(name=_is_text, text=_is_text)),
    "notes": _all(_is_text),
    "nearest": _none_or(
        _fields(distances=_all(files.is_number), rows=_all(_is_count), held_out=files.is_number)
    ),
    "seconds": files.is_number,
    "time": files.is_number,
}


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
