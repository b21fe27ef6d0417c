"""Mounts the sheet on which one draws what a run translates or restores."""

from __future__ import annotations

from gan.runs import Run
from ui.shared import generator_info
from ui.shared.component import component

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
        "steps": run.snapshots(),
    }
    _mount(key="translate", data=data)
