"""control.json, the requests of a run's driver: replaced whole, parsed leniently, applied before the next step."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gan import config, files

UNITS = ("steps", "epochs", "seconds")
LARGEST = {"steps": 10_000_000, "epochs": 100_000, "seconds": 30 * 86_400}  # of a budget
MAX_BYTES = 1 << 20  # of control.json
STEPS = ("both", "d", "g")  # single steps by hand: both networks, only D, only G


@dataclass(frozen=True, init=False)
class Control:
    """The contents of control.json. `budget` is a total in one of UNITS; `asked` counts single steps requested by hand.

    `live` holds the settings changed while the run trains; each is an attribute, too (`control.lr_g`), None where the
    config's own value applies. `by` says who asked last where that is not the owner. `faults` has a sentence for each
    entry of the file that could not be used.
    """

    want: Literal["run", "pause", "stop"]
    title: str
    budget: Mapping[str, float]
    live: Mapping[str, Any]
    asked: Mapping[str, int]
    by: str = ""
    faults: tuple[str, ...] = field(default=(), compare=False)

    def __init__(
        self,
        want: Literal["run", "pause", "stop"] = "run",
        title: str = "",
        budget: Mapping[str, float] | None = None,
        asked: Mapping[str, int] | None = None,
        faults: tuple[str, ...] = (),
        by: str = "",
        **live: Any,
    ):
        own: dict[str, Any] = {"want": want, "title": title, "budget": budget or {}, "faults": faults, "by": by}
        own["asked"] = asked or dict.fromkeys(STEPS, 0)
        if unknown := live.keys() - config.live().keys():
            raise TypeError(f"no live setting: {', '.join(sorted(unknown))}")
        for name, value in {**own, "live": {n: v for n, v in live.items() if v is not None}}.items():
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        """The value of a live setting; None where the config's own value applies."""
        if name in config.live():
            return self.live.get(name)
        raise AttributeError(name)

    def in_force(self, settings: config.RunConfig) -> dict[str, Any]:
        """The live settings by name: what was changed while the run trains, else the config's own."""
        return {name: self.live.get(name, getattr(settings, name)) for name in config.live()}

    def to_dict(self) -> dict[str, Any]:
        """JSON values, as they stand in control.json."""
        live = {name: self.live.get(name) for name in config.live()}
        about = {"want": self.want, "title": self.title, "budget": dict(self.budget)}
        return {**about, **live, "asked": dict(self.asked), **({"by": self.by} if self.by else {})}

    def replace(self, **changes: Any) -> Control:
        """A copy with some values changed."""
        return Control(**{**self.to_dict(), **changes})

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Control:
        """Takes valid values of known keys, and the default for the rest: a file edited by hand still works."""
        budget, asked = values.get("budget"), values.get("asked")
        usable: dict[str, Any] = {
            **{key: value for key, value in values.items() if _usable(key, value)},
            "budget": {k: v for k, v in _items(budget) if k in UNITS and _amount(v)},
            "asked": {**dict.fromkeys(STEPS, 0), **{k: v for k, v in _items(asked) if k in STEPS and type(v) is int}},
        }
        return cls(**usable, faults=_faults(values))

    @classmethod
    def read(cls, path: Path) -> Control:
        """What a file says; where it names no budget that can be used, the last good one holds.

        Raises OSError for a file that is missing, ValueError for one that is no JSON object.
        """
        values = files.load(files.read(path, MAX_BYTES))
        if not isinstance(values, dict):
            raise ValueError("it holds no JSON object")
        control = cls.from_dict(values)
        return control if control.budget else control.replace(budget=last_budget(path.parent), faults=control.faults)


def excess(budget: Mapping[str, float]) -> str:
    """Why a budget is too large for a run, in a sentence; "" where it is not."""
    over = [unit for unit, amount in budget.items() if unit in LARGEST and amount > LARGEST[unit]]
    return f"A run has at most {LARGEST[over[0]]:,} {over[0]}." if over else ""


def last_budget(folder: Path) -> dict[str, float]:
    """The newest budget that the events of a run tell; {} where they tell none."""
    budgets = [event.get("budget") for event in files.lines(folder / "events.jsonl") if "budget" in event]
    usable = [{k: v for k, v in _items(budget) if k in UNITS and _amount(v)} for budget in budgets]
    return next(filter(None, reversed(usable)), {})


class ControlReader:
    """A reader of the control.json in a run folder, which parses it again only when it was replaced: one stat a step.

    A broken file changes nothing but `faults`, and a budget that cannot be used leaves the one before in force.
    """

    def __init__(self, folder: Path):
        self.path = folder / "control.json"
        self.faults: tuple[str, ...] = ()  # what of the file cannot be used, in sentences
        self._version: tuple[int, int] | None = None  # mtime in ns, inode
        self._control: Control | None = None

    def read(self) -> Control:
        """The current contents of control.json."""
        try:
            stat = self.path.stat()
            if (stat.st_mtime_ns, stat.st_ino) != self._version:
                self._version = (stat.st_mtime_ns, stat.st_ino)
                control = Control.read(self.path)
                if self._control and not control.budget:
                    control = control.replace(budget=self._control.budget, faults=control.faults)
                self._control, self.faults = control, control.faults
        except (OSError, ValueError) as error:
            if getattr(error, "errno", None) in files.NO_DESCRIPTORS:
                self._version = None  # it may well be sound
            else:
                why = files.why(error)
                self.faults = (f"control.json cannot be read ({why}): what it said before stays in force.",)
        if self._control is None:
            self._control = Control(budget=last_budget(self.path.parent))
        return self._control


def _faults(values: Mapping[str, Any]) -> tuple[str, ...]:
    """A sentence for each entry of control.json that is unknown or cannot be used."""
    known, faults = [*Control().to_dict(), "by"], []
    for key, value in values.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            faults.append(f"control.json has an entry {key[:40]!r} that nobody knows{_perhaps(near)}.")
        elif key == "budget":
            units = [k for k, v in _items(value) if not (k in UNITS and _amount(v))]
            if units or not _items(value):
                what = f" ({', '.join(str(unit)[:40] for unit in units)})" if units else ""
                units_text = ", ".join(UNITS)
                faults.append(
                    f"control.json: the budget{what} is no number above 0 of {units_text}; the last good one holds."
                )
        elif key == "asked":
            if not isinstance(value, dict) or any(k not in STEPS or type(v) is not int for k, v in value.items()):
                faults.append("control.json: asked counts single steps of both, d and g.")
        elif not _usable(key, value):
            faults.append(f"control.json: {key} cannot be {str(value)[:40]!r}; it counts as not said.")
    if "budget" not in values:
        faults.append("control.json names no budget; the last good one holds.")
    return tuple(faults)


def _perhaps(near: list[str]) -> str:
    return f"; perhaps {near[0]!r} is meant" if near else ""


def _usable(key: str, value: Any) -> bool:
    match key:
        case "want":
            return value in ("run", "pause", "stop")
        case "title":
            return isinstance(value, str)
        case "by":
            return isinstance(value, str) and len(value) <= 40
    return key in config.live() and (value is None or not config.check(key, value))


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _amount(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value < 1e15
