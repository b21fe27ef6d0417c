"""Settings as text: formatted values, the preset of a run and its differences from it."""

from __future__ import annotations

from typing import Any

from gan import registry
from gan.config import knob_of, settings
from gan.runs import Run


def preset_of(run: Run) -> str:
    """The preset that the run was started from, "" when there was none or it is no longer here."""
    name = next((str(e.get("preset", "")) for e in run.events() if e.get("event") == "created"), "")
    return name if name in registry.names("presets") else ""


def base(preset: str) -> dict[str, Any]:
    """The settings of a preset; the defaults without one."""
    values = registry.load("presets", preset)["config"] if preset else {}
    usual = {name: setting.default for name, setting in settings().items()} | values
    if preset and "dataset" not in values:
        del usual["dataset"]  # it learns the best that is here
    return usual


def shown(name: str, value: Any) -> str:
    """A setting as people read it: the title of a choice, "1e-04" as 0.0001, "yes" for True."""
    kind = knob_of(name).kind
    if kind and value in registry.names(kind):
        return registry.card(kind, value).title
    if isinstance(value, bool):
        return "yes" if value else "no"
    if knob_of(name).zero and value == 0:
        return knob_of(name).zero
    return f"{value:g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value
