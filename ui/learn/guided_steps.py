"""The parts of a guided lesson, and the error of a file that is none; docs/lessons.md says what each is for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ui.learn.controls import Control


class BadLesson(ValueError):
    """A file that is no lesson; the message names the file, the line and what is wrong there."""


@dataclass(frozen=True)
class Pick:
    """An answer, and when it is right: `op` with a `number`, "never", "else", or "right" without a measure."""

    text: str
    op: str
    number: float = 0.0


@dataclass(frozen=True)
class Measure:
    """What a step waits for in the run. `until` is the step of the run at which the waiting ends, 0 for no end."""

    kind: str  # first, value, event or light
    name: str
    op: str = ""
    number: float = 0.0
    until: int = 0


@dataclass(frozen=True)
class Start:
    """A run that whoever drives starts with one press: a preset, and what is changed of it."""

    preset: str
    changes: dict[str, str]


@dataclass
class Step:
    """One step: what is said, where, what it points at, what it asks, starts and waits for."""

    title: str
    text: str = ""
    page: str = ""
    query: dict[str, str] = field(default_factory=dict)
    point: Control | None = None
    ask: str = ""
    picks: list[Pick] = field(default_factory=list)
    run: Start | None = None
    measure: Measure | None = None
    found: str = ""
    never: str = ""


@dataclass(frozen=True)
class Guided:
    """A lesson; `name` is that of its file."""

    name: str
    title: str
    minutes: int
    about: str
    steps: list[Step]

    def to_json(self) -> dict[str, Any]:
        """What a page is given to show it."""
        return asdict(self)
