"""How soon a preset shows its first digits here: from this machine's own runs, else scaled from a short probe."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from gan import config as configs
from gan import hardware, hosts, registry, runs
from gan.config import RunConfig
from gan.files import lines

PROBE_SECONDS = 0.4
RECORDS = 200  # of a run's log, from its end


@dataclass(frozen=True)
class Estimate:
    """Seconds from Start to the first readable digits, and how that is known."""

    seconds: float
    how: str  # "measured here" or "estimated from a short probe"


def first_digits(preset: str) -> Estimate | None:
    """When the first digits of a preset are to be expected here.

    Images needed (measured once for each preset) over images a second: those of earlier runs of the same networks on
    this machine, else the preset's reference speed scaled by what a short probe of `lean` reaches here. None for a
    preset without digits, and until the probe has run.
    """
    settings, told = configs.preset(preset)
    images = told.get("first_digits_images")
    if not images:
        return None
    if speed := _measured(settings):
        return Estimate(images / speed, "measured here")
    if not (here := hosts.remembered("lean images/s")):
        return None
    reference = registry.load("presets", "lean")["images_per_second"]
    speed = told["images_per_second"] * here / reference
    return Estimate(images / speed, "estimated from a short probe")


def probe() -> float:
    """Images a second of `lean` on this machine, on random pictures, for 0.4 s. Imports torch."""
    import torch

    from gan import models
    from gan.step import Players

    settings = hardware.resolve(configs.preset("lean")[0])
    hardware.use_threads(max(1, hardware.cores() - 1))
    G, D = models.build(settings, (1, 28, 28), 0, 0, settings.device)
    players = Players(settings, G, D, registry.load("losses", settings.loss))
    real = torch.zeros(settings.batch, 1, 28, 28, device=settings.device)
    steps, started = -2, 0.0
    while steps < 1 or time.perf_counter() - started < PROBE_SECONDS:
        if steps == 0:
            started = time.perf_counter()  # the first two steps only warm up
        players.update_d(real)
        players.update_g()
        steps += 1
    return steps * settings.batch / (time.perf_counter() - started)


def _measured(settings: RunConfig) -> float | None:
    """Median images a second of this machine's newest run with the same networks and batch."""
    same = ("model", "batch", "width", "z_dim", "image_size")
    for run in runs.runs():
        if not run.states():
            continue  # shipped: trained elsewhere
        try:
            found = run.config()
        except runs.RunError:
            continue
        if any(getattr(found, name) != getattr(settings, name) for name in same):
            continue
        records = list(lines(run.path / "metrics.jsonl"))[-RECORDS:]
        speeds = [r["images_per_second"] for r in records if r.get("images_per_second")]
        if len(speeds) >= 5:
            return statistics.median(speeds)
    return None
