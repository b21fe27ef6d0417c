"""What two runs of one seed may differ in, and which other value tells most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gan import registry
from gan.config import RunConfig, knob_of
from ui.shared import compatibility
from ui.shared.settings_text import shown

SAME = (  # nothing to learn from a difference
    *("source", "samples", "log_every"),
    *("device", "threads", "precision"),
)
USUAL: dict[str, Any] = {  # the other value that tells most, where a factor would not
    "ema_decay": 0.0,
    "n_images": 1000,
    "z_dim": 2,
    "d_steps": 5,
    "beta1": 0.9,
    "beta2": 0.9,
}


@dataclass(frozen=True)
class Pair:
    """Two settings that differ in the field `name`: A and B, and what had to change with it in a sentence each."""

    name: str
    configs: tuple[RunConfig, RunConfig]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, values: Mapping[str, Any], name: str, a: Any, b: Any) -> Pair:
        """Raises ConfigError for values that cannot be."""
        settled = [compatibility.settle({**values, name: value}) for value in (a, b)]
        one, other = (RunConfig.from_dict(values) for values, _ in settled)
        return cls(name, (one, other), tuple(dict.fromkeys(n for _, notes in settled for n in notes)))

    def titles(self, who: str) -> list[str]:
        """What the runs are called: the difference first, because a chart's legend cuts names short."""
        label = knob_of(self.name).label
        values = [shown(self.name, getattr(config, self.name)) for config in self.configs]
        return [f"{label}: {value} · {who}"[:120] for value in values]


def varied(values: Mapping[str, Any]) -> list[str]:
    """The fields in which a pair may differ: those that the model uses, and that change what is learned."""
    used = [name for name in compatibility.used(values) if name not in SAME]
    return [name for name in used if not isinstance(values[name], str) or _options(name, values)]  # no free text


def other(name: str, values: Mapping[str, Any]) -> Any:
    """A value worth comparing with `values[name]`: ten times the learning rate, another loss, no average, …"""
    value, knob = values[name], knob_of(name)
    if isinstance(value, bool):
        return not value
    if value != USUAL.get(name, value):
        return USUAL[name]
    if options := _options(name, values):
        return next((option for option in options if option != value), value)
    factor = 10 if knob.shown else 2
    more = min(knob.high, factor * value or 1)
    return type(value)(round(more if more != value else value / factor, 9))


def _options(name: str, values: Mapping[str, Any]) -> list[Any]:
    data, model = (registry.card("datasets", values["dataset"]), registry.card("models", values["model"]))
    match name:
        case "image_size":
            return list(compatibility.sides(model, data))
        case "model":
            return compatibility.models_for(data)
        case "dataset":
            cards = [registry.card("datasets", other) for other in registry.names("datasets")]
            return [c.name for c in cards if not compatibility.missing(c.name) and not compatibility.refusal(model, c)]
    return list(knob_of(name).options())
