"""Mounts the latent explorer: sliders of z and the pictures a generator makes of it, while you drag."""

from __future__ import annotations

import streamlit as st

from gan.runs import Run
from ui import assets

SCRIPT = """
export default async (component) => {
  const { default: mount } = await import(new URL(component.data.script, location.origin));
  return mount(component);
};
"""

_mount = st.components.v2.component(
    "forger_explorer",
    html=(assets.FOLDER / "explorer.html").read_text(encoding="utf-8"),
    css=(assets.FOLDER / "explorer.css").read_text(encoding="utf-8"),
    js=SCRIPT,
)


def explorer(run: Run, points: bool, step: int | None = None, key: str = "explorer") -> None:
    """The explorer of one run, from its snapshot `step` or its newest generator on.

    `points`: it makes points of the plane. The key "explorer" is the page's own: it takes its state from the page's
    address and keeps it there.
    """
    _mount(
        key=key,
        data={
            "script": assets.url("explorer.js"),
            "id": run.id,
            "z_dim": run.config().z_dim,
            "points": points,
            "steps": run.snapshots(),
            "step": step,
            "linked": key == "explorer",
        },
    )
