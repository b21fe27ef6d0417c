"""Mounts the live view of a run: one component, given only what to look at; everything live comes over HTTP."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from gan import hosts, registry, runs
from gan.runs import RunError
from ui import assets

SCRIPT = """
export default async ({ parentElement, data }) => {
  const { mount } = await import(new URL(data.script, location.href).href);
  return mount(parentElement, data);
};
"""

_mount = st.components.v2.component(
    "forger_live",
    js=SCRIPT,
    css=(assets.FOLDER / "live.css").read_text(encoding="utf-8"),
    isolate_styles=False,  # in a shadow root Plotly's own styles are lost
)


def live(run_id: str, key: str = "live", view: Literal["full", "compact"] = "full") -> None:
    """Shows a run: how it stands, how healthy it is, its pictures and classes through time, and (view "full") curves.

    Another `run_id` under the same `key` changes what is shown without mounting anew. A run that is not there is
    told so in the view.
    """
    about: dict[str, object] = {}
    try:
        run = runs.find(run_id)
        about["now"] = hosts.trainers().status(run)  # a change makes the view ask at once
        config = run.config()
        about["points"] = bool(registry.card("datasets", config.dataset).facts.get("POINTS"))
        about["count"] = 0 if about["points"] else config.samples
    except RunError:
        pass  # the view says what is wrong
    _mount(key=key, data={"run": run_id, "view": view, "script": assets.url("live.js"), **about})
