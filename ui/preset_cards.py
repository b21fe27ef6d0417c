"""The presets as cards: a title, a sentence, how soon there is something to see."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from gan import probe, registry
from gan.config import ConfigError, RunConfig, preset
from gan.runs import Run
from ui import choices
from ui.words import duration

COLUMNS = 2
BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, ConfigError)


@dataclass(frozen=True)
class Scenario:
    """How a broken preset is mended: the light that names the trouble, a sentence, the settings that mend it."""

    light: str
    change: str
    repair: Mapping[str, Any]


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
    scenario: Scenario | None = None

    @property
    def who(self) -> str:
        """The title up to its colon: who learns."""
        return self.title.partition(":")[0]


def presets() -> dict[str, Preset]:
    """The healthy presets by name, in the order they want to be shown in; a broken file is left out."""
    return {name: told for name, told in every().items() if told.scenario is None}


def scenarios() -> dict[str, Preset]:
    """The presets that are broken on purpose."""
    return {name: told for name, told in every().items() if told.scenario is not None}


def every() -> dict[str, Preset]:
    """All presets by name, in order."""
    found = []
    for name in registry.names("presets"):
        with contextlib.suppress(*BROKEN):
            found.append(_read(name))
    return {p.name: p for p in sorted(found, key=lambda p: (p.order, p.name))}


def name_of(run: Run) -> str:
    """The preset that a run was made from, "" for none."""
    return next((str(event.get("preset", "")) for event in run.events()), "")


def settings(name: str) -> dict[str, Any]:
    """The settings of a preset here: one that leaves the data open learns the best there is.

    Raises registry.Unknown for a name that is no preset.
    """
    registry.card("presets", name)
    values = dict(_read(name).config)
    values.setdefault("dataset", choices.best_data())
    return choices.settle(RunConfig.from_dict(values).to_dict())[0]


def draw(chosen: str) -> str:
    """The cards; returns the name of the one just picked, or ""."""
    picked = ""
    shown = list(presets().values())
    for start in range(0, len(shown), COLUMNS):
        places = st.columns(COLUMNS, gap="small")
        for place, told in zip(places, shown[start : start + COLUMNS], strict=False):
            state = "on" if told.name == chosen else "off"
            with place, st.container(key=f"card-{state}-{told.name}", gap=None, height="stretch"):
                st.markdown(f"**{told.title}**")
                st.caption(told.sentence)
                _first_digits(told.name)
                if st.button(f"Choose: {told.title}", key=f"choose-{told.name}"):
                    picked = told.name
    if (on := every().get(chosen)) and on.look_for:
        st.markdown(f"**What to look for.** {on.look_for}")
    if broken := [name for name in registry.names("presets") if name not in every()]:
        st.caption(f":red[These presets cannot be read: {', '.join(broken)}.]")
    return picked


def _read(name: str) -> Preset:
    config, told = preset(name)
    return Preset(
        name=name,
        title=told["title"],
        sentence=told["sentence"],
        look_for=told.get("look_for", ""),
        budget=dict(told["budget"]),
        config=told["config"],
        model=config.model,
        order=int(told.get("order", 99)),
        scenario=Scenario(**told["scenario"]) if "scenario" in told else None,
    )


def _first_digits(name: str) -> None:
    """How soon the first digits are there on this machine; nothing while nobody knows."""
    estimate = None
    with contextlib.suppress(*BROKEN):  # a preset need not tell what an estimate is made from
        estimate = probe.first_digits(name)
    if estimate:
        sure = "" if estimate.how.startswith("measured") else " (estimated)"
        st.caption(f":material/timer: First digits: about {duration(estimate.seconds)} here{sure}")
