"""Mounts the views of a generator: explore, draw, quiz. What they show comes over HTTP while you drag."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gan import registry, runs
from gan.runs import Run, RunError
from ui import assets, weights

SCRIPT = """
export default async (component) => {
  const { default: mount } = await import(new URL(component.data.script, location.origin));
  return mount(component);
};
"""
LINKED = "explorer"
TABS = ("draw", "quiz")  # beside Explore; the script of each is loaded when it is opened
STYLES = ("explorer.css", "bench.css", "folds.css")  # the other tabs bring their own

_mount = st.components.v2.component(
    "forger_explorer",
    css="\n".join((assets.FOLDER / name).read_text(encoding="utf-8") for name in STYLES),
    js=SCRIPT,
)


def explorer(run: Run, step: int | None = None, key: str = LINKED, sliders: int = 8) -> None:
    """The explorer of one run, from its snapshot `step` or from its newest generator on, with so many sliders of raw z.

    Under the key "explorer" it takes its state from the page's address and keeps it there, and has all tabs; under
    others it is smaller, for use beside text. A run without a generator is told so, and looked at again every second.
    Raises RunError when its settings cannot be read.
    """
    _mount(
        key=key,
        data={
            "script": assets.url("explore.js"),
            "tabs": _tabs() if key == LINKED else {},
            "id": run.id,
            "dataset": run.config().dataset,
            "z_dim": run.config().z_dim,
            "points": makes_points(run),
            "steps": run.snapshots(),
            "step": step,
            "linked": key == LINKED,
            "sliders": sliders,
            "live": runs.status(run) not in ("finished", "failed"),
            **_generator(run),
        },
    )


def makes_points(run: Run) -> bool:
    """Whether the run's samples are points of the plane; told by its data set until it has a generator."""
    try:
        return weights.about(run).is_points
    except RunError:
        return bool(registry.card("datasets", run.config().dataset).facts.get("POINTS"))


def _tabs() -> dict[str, str]:
    """Where the scripts of the tabs are, of those that are there."""
    return {tab: assets.url(f"{tab}.js") for tab in TABS if (assets.FOLDER / f"{tab}.js").exists()}


def _generator(run: Run) -> dict[str, Any]:
    """What only a generator's own file tells; until there is one, nothing of shapes and classes."""
    try:
        about = weights.about(run)
    except RunError:
        return {"shape": None, "n_classes": 0, "names": []}
    return {"shape": about.shape, "n_classes": about.n_classes, "names": about.names}
