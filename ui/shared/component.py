"""Registers a view of assets/ as a component of Streamlit: its script, its styles, its data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import streamlit as st

from ui.shared import assets

SCRIPT = """
export default async (component) => {
  const root = window.__streamlit?.BACKEND_BASE_URL ?? document.baseURI;
  const { default: mount } = await import(new URL(component.data.script, root));
  return mount(component);
};
"""


class Mount(Protocol):
    """Draws the view under a key with its data; another call under the same key changes what is shown.

    `on_NAME_change` hears what the view tells under that name; the value stands in the session, under the key."""

    def __call__(self, key: str, data: Mapping[str, Any], **heard: Any) -> None: ...


def component(name: str, script: str, *styles: str, isolate: bool = True) -> Mount:
    """The view whose script of assets/ exports `mounting(View)` of base/mount.js, with its style sheets.

    `isolate` gives it a shadow root; without one a view shares the page's styles, as Plotly needs.
    """
    component_of = st.components.v2.component(
        f"forger_{name}", js=SCRIPT, css=assets.styles(*styles), isolate_styles=isolate
    )

    def mount(key: str, data: Mapping[str, Any], **heard: Any) -> None:
        component_of(key=key, data={**data, "script": assets.url(script)}, **heard)

    return mount
