"""An estimate of the time to first digits of a preset, from earlier runs on this machine or a short benchmark."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from gan import config as configs
from gan import hardware, registry
from gan.config import RunConfig
from gan.hosting.process import singleton
from gan.runs import pace

PROBE_SECONDS = 0.4


@dataclass(frozen=True)
class Estimate:
    """Seconds from Start to the first readable digits, and how that is known."""

    seconds: float
    how: str  # "measured here" or "estimated from a short probe"


def first_digits(preset: str) -> Estimate | None:
    """The estimated time to the first digits of a preset on this machine.

    Images needed (measured once for each preset) over images a second: those of earlier runs of the same networks on
    this machine, else the preset's reference speed scaled by a short benchmark of `lean`. None for a preset without
    digits, and until the benchmark has run.
    """
    settings, facts = configs.preset(preset)
    images = facts.get("first_digits_images")
    if not images:
        return None
    if speed := pace.measured(settings):
        return Estimate(images / speed, "measured here")
    if not (speed := _probed(facts["images_per_second"])):
        return None
    return Estimate(images / speed, "estimated from a short probe")


def speed_here(settings: RunConfig) -> float | None:
    """Images a second that these settings make on this machine, measured or estimated; None where nobody knows."""
    declared = pace.declared(settings)
    return pace.measured(settings) or (_probed(declared) or declared if declared else None)


def machine_speed() -> float | None:
    """Images a second of `lean` on this machine, as measured by `remember_speed`; None before."""
    return singleton("machine speed", dict[str, float]).get("lean")


def remember_speed() -> None:
    """Measures the speed of this machine once for this process. Imports torch."""
    singleton("machine speed", dict[str, float])["lean"] = measure_speed()


def measure_speed() -> float:
    """Images a second of `lean` on this machine, on blank pictures, for 0.4 s. Imports torch."""
    import torch

    from gan import games

    settings = hardware.resolve(configs.preset("lean")[0])
    hardware.use_threads(max(1, hardware.cores() - 1))
    game: Any = games.build(settings, (1, 28, 28), 0, settings.device)
    real = torch.zeros(settings.batch, 1, 28, 28, device=settings.device)
    steps, started = -2, 0.0
    while steps < 1 or time.perf_counter() - started < PROBE_SECONDS:
        if steps == 0:
            started = time.perf_counter()  # the first two steps only warm up
        game.d_step(real)
        game.g_step()
        steps += 1
    return steps * settings.batch / (time.perf_counter() - started)


def _probed(reference: float) -> float | None:
    """A reference speed as it comes out on this machine; None until the short benchmark has run."""
    if not (here := machine_speed()):
        return None
    return reference * here / float(registry.load("presets", "lean")["images_per_second"])
