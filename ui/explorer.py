"""Mounts the latent explorer: sliders of z and the pictures a generator makes of it, while you drag."""

from __future__ import annotations

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

_mount = st.components.v2.component(
    "forger_explorer",
    html=(assets.FOLDER / "explorer.html").read_text(encoding="utf-8"),
    css=(assets.FOLDER / "explorer.css").read_text(encoding="utf-8"),
    js=SCRIPT,
)


def explorer(run: Run, step: int | None = None, key: str = LINKED, sliders: int = 8) -> None:
    """The explorer of one run, from its snapshot `step` or from its newest generator on, with so many sliders of z.

    Under the key "explorer" it takes its state from the page's address and keeps it there; under others it is
    smaller, for use beside text. A run without a generator
    is told so, and looked at again every two seconds. Raises RunError when its settings cannot be read.
    """
    _mount(
        key=key,
        data={
            "script": assets.url("explorer.js"),
            "id": run.id,
            "z_dim": run.config().z_dim,
            "points": makes_points(run),
            "steps": run.snapshots(),
            "step": step,
            "linked": key == LINKED,
            "sliders": sliders,
            "live": runs.status(run) not in ("finished", "failed"),
        },
    )


def makes_points(run: Run) -> bool:
    """Whether the run's samples are points of the plane; told by its data set until it has a generator."""
    try:
        return weights.about(run).is_points
    except RunError:
        return bool(registry.card("datasets", run.config().dataset).facts.get("POINTS"))
