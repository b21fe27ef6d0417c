"""Mounts the sheet on which one draws what a run translates or restores."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from gan import registry, runs
from gan.runs import Run, RunError
from ui.shared import generator_info
from ui.shared.component import component
from ui.shared.generator_info import About

TINY = 4  # pixels a side that the degradation "tiny" leaves

_mount = component("translate", "translate/translate.js", "draw/draw.css", "translate/translate.css")


def translate(run: Run) -> None:
    """The sheet, what G is given and what it makes of it. Raises RunError until the run has a generator."""
    about = generator_info.about(run)
    config = run.config()
    data = {
        "id": run.id,
        "shape": about.shape,
        "degradation": config.degradation,
        "both_ways": config.between_domains,
        "several": config.diversity_weight > 0,
        "searched": searched(run, about),
        "steps": run.snapshots(),
    }
    _mount(key="translate", data=data)


def searched(run: Run, about: About) -> dict[str, Any] | None:
    """A generator of the same pictures from noise, and by what its z is searched for what this run restores.

    {id, name, task, by}, the last two as `POST …/inversion` takes them; None where there is none, or nothing to search.
    """
    tasks = {"shrink": ("enlarge", 4), "tiny": ("enlarge", about.shape[1] // TINY), "hole": ("inpaint", 4)}
    config = run.config()
    if config.degradation not in tasks:
        return None
    task, by = tasks[config.degradation]
    for other in runs.runs():
        with suppress(RunError, registry.Unknown):
            theirs = other.config()
            alike = theirs.dataset == config.dataset and not theirs.from_source
            if alike and generator_info.about(other).shape == about.shape:
                return {"id": other.id, "name": other.control().title or other.id, "task": task, "by": by}
    return None
