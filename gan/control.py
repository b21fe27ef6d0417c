"""What the driver wants of a run (control.json): replaced whole, read with lenience, obeyed within a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gan import files
from gan.config import check

if TYPE_CHECKING:
    from gan.runs import Run

UNITS = ("steps", "epochs", "seconds")
STEPS = ("both", "d", "g")  # single steps by hand: both networks, only D, only G


@dataclass(frozen=True)
class Control:
    """`budget` has one of UNITS: a total. `None` for a learning rate or an update count means the config's own.
    `asked` counts the single steps asked for by hand so far.
    """

    want: Literal["run", "pause", "stop"] = "run"
    title: str = ""
    budget: Mapping[str, float] = field(default_factory=dict)
    lr_g: float | None = None
    lr_d: float | None = None
    d_steps: int | None = None
    g_steps: int | None = None
    asked: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(STEPS, 0))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Control:
        """Takes what it knows and can use, and the default for the rest: a file edited by hand still works."""
        budget, asked = values.get("budget"), values.get("asked")
        told = {
            **{key: value for key, value in values.items() if _usable(key, value)},
            "budget": {k: v for k, v in _items(budget) if k in UNITS and _amount(v)},
            "asked": {
                **dict.fromkeys(STEPS, 0),
                **{k: v for k, v in _items(asked) if k in STEPS and type(v) is int},
            },
        }
        return cls(**told)

    @classmethod
    def read(cls, path: Path) -> Control:
        """Raises OSError for a file that is missing, ValueError for one that is no JSON object."""
        values = files.load(path.read_bytes())
        if not isinstance(values, dict):
            raise ValueError(f"{path.name} holds no JSON object")
        return cls.from_dict(values)


class Desk:
    """Reads control.json again only when it was replaced: one stat a step. A broken file changes nothing."""

    def __init__(self, run: Run):
        self.path = run.path / "control.json"
        self._seen: tuple[int, int] | None = None
        self._control = Control()

    def read(self) -> Control:
        """What the driver wants now."""
        try:
            found = self.path.stat()
            if (found.st_mtime_ns, found.st_ino) != self._seen:
                self._seen = (found.st_mtime_ns, found.st_ino)
                self._control = Control.read(self.path)
        except (OSError, ValueError):
            pass
        return self._control


def _usable(key: str, value: Any) -> bool:
    match key:
        case "want":
            return value in ("run", "pause", "stop")
        case "title":
            return isinstance(value, str)
        case "lr_g" | "lr_d" | "d_steps" | "g_steps":
            return value is None or not check(key, value)
    return False


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _amount(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value < 1e15
