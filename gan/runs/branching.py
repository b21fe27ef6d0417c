"""Rules of branching: the settings that a branch may change, and the files from which it continues."""

from __future__ import annotations

from typing import Literal

from gan import registry
from gan.config import live, settings
from gan.runs.run import Run

Origin = Literal["state", "networks"]
OPTIMISATION = (
    "half_life",
    "half_life_steps",
    "decay_steps",
    "loss",
    "seed",
    "beta1",
    "beta2",
    "ema_decay",
    "reuse_fake",
)
MACHINE = ("log_every", "device", "threads", "precision")
ORIGIN_TEXTS: dict[Origin, str] = {
    "state": "The full state of step {step:,} is there: the fork goes on exactly as the run itself.",
    "networks": "Of step {step:,} both networks are there, G as its EMA, but not the states of their optimizers: "
    "the fork goes on from there, though not number for number as the run did.",
}
FRESH_D_TEXT = "D begins anew and has to learn its trade first; G stays as it was."


def changeable() -> tuple[str, ...]:
    """The settings that a branch may change: neither the shapes of the networks nor the data."""
    declared = [s for s in settings().values() if s.file and s.file[0] != "models"]
    changes_nothing = [s.name for s in declared if s.file and not registry.card(*s.file).facts.get("CHANGES_LAYERS")]
    return (*live(), *OPTIMISATION, *changes_nothing, *MACHINE)


def origin(run: Run, step: int) -> Origin:
    """The files from which a branch at `step` continues: "state" (bit for bit) or "networks" (fresh optimizers)."""
    return "state" if step in run.states() else "networks"


def origin_text(run: Run, step: int) -> str:
    """The origin of a branch at `step`, in a sentence for people."""
    return ORIGIN_TEXTS[origin(run, step)].format(step=step)
