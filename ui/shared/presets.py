"""The presets as pages show them, and the scenarios among them that fail on purpose."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gan import registry
from gan.config import ConfigError, RunConfig, preset, shows_digits
from gan.runs import Run
from ui.shared import compatibility

BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, ConfigError)
USUAL = "The fixed grid shows progress, the random grid diversity: are the pictures as different as the real ones?"


@dataclass(frozen=True)
class Scenario:
    """How a broken preset is mended: the light that names the trouble, a sentence, the settings that mend it.

    `setup` says what is unusual in it and nothing of what comes of that; `answers` are names of lights, the right one
    among them, to choose from when one is asked what will happen.
    """

    light: str
    change: str
    repair: Mapping[str, Any]
    setup: str = ""
    answers: Sequence[str] = ()


@dataclass(frozen=True)
class Preset:
    """A preset that can be used; its text is what the file tells."""

    name: str
    title: str
    sentence: str
    look_for: str
    budget: Mapping[str, float]
    config: Mapping[str, Any]
    model: str
    order: int
    from_source: bool = False  # whether its game makes one picture from another
    scenario: Scenario | None = None

    @property
    def who(self) -> str:
        """The title up to its colon: who learns."""
        return self.title.partition(":")[0]


def presets() -> dict[str, Preset]:
    """The healthy presets by name, in the order they want to be shown in; a broken file is left out."""
    return {name: preset for name, preset in every().items() if preset.scenario is None}


def scenarios() -> dict[str, Preset]:
    """The presets that are broken on purpose."""
    return {name: preset for name, preset in every().items() if preset.scenario is not None}


def every() -> dict[str, Preset]:
    """All presets by name, in order."""
    return {each.name: each for each in _readable(_stamp())}


@lru_cache(maxsize=4)
def _readable(_stamp: tuple[Any, ...]) -> tuple[Preset, ...]:
    """The presets whose file can be read. Checking them all takes dozens of milliseconds, and every page asks."""
    readable = []
    for name in registry.names("presets"):
        with contextlib.suppress(*BROKEN):
            readable.append(_read(name))
    return tuple(sorted(readable, key=lambda each: (each.order, each.name)))


def _stamp() -> tuple[Any, ...]:
    """Another value as soon as a preset changes, or a choice of any kind comes or goes."""
    found: list[Any] = []
    for home in registry.homes():
        with contextlib.suppress(OSError), os.scandir(home) as folders:
            kinds = [entry for entry in folders if entry.is_dir()]
            found += sorted((entry.path, entry.stat().st_mtime_ns) for entry in kinds)
        with contextlib.suppress(OSError), os.scandir(home / "presets") as files:
            stats = [(entry.path, entry.stat()) for entry in files]
            found += sorted((path, stat.st_mtime_ns, stat.st_size) for path, stat in stats)
    return tuple(found)


def look_for(preset: Preset, dataset: str) -> str:
    """What to look for in a run of a preset, without a word of digits where the data are others."""
    if "dataset" in preset.config or shows_digits(dataset):
        return preset.look_for if dataset == preset.config.get("dataset", dataset) else USUAL
    sentences = re.split(r"(?<=[.?!]) ", preset.look_for)
    kept = [text for text in sentences if not re.search(r"\b(digits?|threes?|ten|strokes?)\b", text, re.I)]
    return " ".join(kept) or USUAL


def name_of(run: Run) -> str:
    """The preset that a run was made from, "" for none."""
    return next((str(event.get("preset", "")) for event in run.events()), "")


def settings(name: str) -> dict[str, Any]:
    """The settings of a preset here: one that leaves the data open learns the best there is.

    Raises registry.Unknown for a name that is no preset.
    """
    registry.card("presets", name)
    values = dict(_read(name).config)
    values.setdefault("dataset", compatibility.best_data())
    return compatibility.settle(RunConfig.from_dict(values).to_dict())[0]


def _read(name: str) -> Preset:
    config, values = preset(name)
    return Preset(
        name=name,
        title=values["title"],
        sentence=values["sentence"],
        look_for=values.get("look_for", ""),
        budget=dict(values["budget"]),
        config=values["config"],
        model=config.model,
        order=int(values.get("order", 99)),
        from_source=config.from_source,
        scenario=Scenario(**values["scenario"]) if "scenario" in values else None,
    )
