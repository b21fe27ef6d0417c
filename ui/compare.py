"""Mounts the comparison of runs, and tells in which settings they differ."""

from __future__ import annotations

import html
from typing import Any

import streamlit as st

from gan import registry
from gan.config import fields, knob_of
from ui import assets, choices
from ui.run_details import LIVE, shown
from ui.run_list import Entry

MOST = 6  # runs beside each other
SCRIPT = """
export default async ({ parentElement, data }) => {
  const { mount } = await import(new URL(data.script, location.href).href);
  return mount(parentElement, data);
};
"""

_mount = st.components.v2.component(
    "forger_compare",
    js=SCRIPT,
    css="\n".join(
        (assets.FOLDER / f"{name}.css").read_text("utf-8") for name in ("live", "compare")
    ),
    isolate_styles=False,  # in a shadow root Plotly's own styles are lost
)


def compare(entries: list[Entry]) -> None:
    """Curves, grids and pictures of the same noise of up to six runs, in this order. All their settings can be read."""
    names = labels(entries)
    told = [
        {
            "id": entry.run.id,
            "name": names[entry.run.id],
            "points": points(entry),
            "z_dim": entry.config.z_dim,
            "snapshots": entry.run.snapshots(),
        }
        for entry in entries[:MOST]
        if entry.config
    ]
    _mount(key="compare", data={"runs": told, "script": assets.url("compare.js")})


def labels(entries: list[Entry]) -> dict[str, str]:
    """A name for each run: its title, with its id where two have the same."""
    titles = [entry.title for entry in entries]
    return {
        entry.run.id: entry.title
        if titles.count(entry.title) == 1
        else f"{entry.title} ({entry.run.id})"
        for entry in entries
    }


def differences(entries: list[Entry]) -> list[str]:
    """The fields in which the settings differ, also by what was changed live, and which at least one run uses."""
    told = [entry.config.to_dict() for entry in entries if entry.config]
    live = [{**entry.config.to_dict(), **changed(entry)} for entry in entries if entry.config]
    used = {name for values in told for name in choices.used(values)}
    return [
        name
        for name in fields()
        if name in used and any(len({values[name] for values in rows}) > 1 for rows in (told, live))
    ]


def changed(entry: Entry) -> dict[str, Any]:
    """The settings that were changed while the run trained, as they are in force."""
    control, own = entry.run.control(), entry.config.to_dict() if entry.config else {}
    found = {name: getattr(control, name) for name in LIVE}
    return {name: v for name, v in found.items() if v is not None and v != own.get(name)}


def table(entries: list[Entry]) -> str:
    """What differs, as HTML: a row a setting, a column a run."""
    names = labels(entries)
    head = "".join(f"<th>{html.escape(names[entry.run.id])}</th>" for entry in entries)
    rows = []
    for name in differences(entries):
        cells = "".join(f"<td>{html.escape(_value(name, entry))}</td>" for entry in entries)
        rows.append(f"<tr><th>{html.escape(knob_of(name).label)}</th>{cells}</tr>")
    return f'<div class="fr-wide"><table class="fr-table"><tr><th></th>{head}</tr>{"".join(rows)}</table></div>'


def _value(name: str, entry: Entry) -> str:
    if entry.config is None:
        return "?"
    values = entry.config.to_dict()
    if name not in choices.used(values):
        return "not used"
    now = changed(entry).get(name)
    return shown(name, values[name]) + ("" if now is None else f", changed to {shown(name, now)}")


def points(entry: Entry) -> bool:
    """Whether the run makes points of the plane instead of pictures."""
    return entry.config is not None and bool(
        registry.card("datasets", entry.config.dataset).facts.get("POINTS")
    )
