"""Mounts the views of a generator: explore, draw, quiz. What they show comes over HTTP while you drag."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from gan import files, registry
from gan.diagnostics import d_scale
from gan.hosting import trainers
from gan.runs import Run, RunError
from ui.shared import assets, generator_info
from ui.shared.component import component

LINKED = "explorer"
TABS = ("draw", "quiz")  # beside Explore; the script of each is loaded when it is opened
STYLES = ("explore/explorer.css", "explore/bench.css", "explore/folds.css")  # the other tabs bring their own

FIRST_SEEDS = Path(__file__).parent / "first_seeds.json"  # made by `python -m tools.first_seeds`
USUAL_SEED = 1

_mount = component("explorer", "explore/shell.js", *STYLES)


def explorer(run: Run, step: int | None = None, key: str = LINKED, sliders: int = 8) -> None:
    """The explorer of one run, from its snapshot `step` or from its newest generator on, with so many sliders of raw z.

    Under the key "explorer" it takes its state from the page's address and keeps it there, and has all tabs; under
    others it is smaller, for use beside text. A run without a generator is told so, and looked at again every second.
    Raises RunError when its settings cannot be read.
    """
    config = run.config()
    _mount(
        key=key,
        data={
            "tabs": _tabs() if key == LINKED else {},
            "id": run.id,
            "dataset": config.dataset,
            "z_dim": config.z_dim,
            "d_note": d_scale.of_loss(config.loss).note,
            "points": makes_points(run),
            "steps": run.snapshots(),
            "step": step,
            "linked": key == LINKED,
            "first": _first_seeds().get(run.id, USUAL_SEED),
            "sliders": sliders,
            "live": trainers.status(run) not in ("finished", "failed"),
            **_generator(run),
        },
    )


def makes_points(run: Run) -> bool:
    """Whether the run's samples are points of the plane; told by its data set until it has a generator."""
    try:
        return generator_info.about(run).is_points
    except RunError:
        return bool(registry.card("datasets", run.config().dataset).facts.get("POINTS"))


def _tabs() -> dict[str, str]:
    """Where the scripts of the tabs are, of those that are there."""
    return {tab: assets.url(f"{tab}/{tab}.js") for tab in TABS if (assets.FOLDER / tab).exists()}


def _generator(run: Run) -> dict[str, Any]:
    """What only a generator's own file tells; until there is one, nothing of shapes and classes."""
    try:
        about = generator_info.about(run)
    except RunError:
        return {"shape": None, "n_classes": 0, "names": [], "w_dim": 0, "layers": [], "vocabulary": []}
    return {
        "shape": about.shape,
        "n_classes": about.n_classes,
        "names": about.names,
        "w_dim": about.w_dim,
        "layers": about.layers,
        "vocabulary": about.vocabulary,
    }


@cache
def _first_seeds() -> dict[str, int]:
    """The seed that the explorer begins with, by the id of a run that comes along."""
    found: dict[str, int] = files.load(FIRST_SEEDS.read_bytes())
    return found
