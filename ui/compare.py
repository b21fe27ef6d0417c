"""Mounts the comparison of runs, and tells in which settings they differ."""

from __future__ import annotations

import html

import streamlit as st

from gan import registry
from gan.config import RunConfig, fields, knob_of
from ui import assets, choices
from ui.run_details import shown
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
    """Curves and grids of up to six runs, in this order. All their settings can be read."""
    names = labels(entries)
    told = [
        {"id": entry.run.id, "name": names[entry.run.id], "points": _points(entry)}
        for entry in entries[:MOST]
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
    """The fields in which the settings differ and which at least one of the runs uses."""
    configs = [entry.config.to_dict() for entry in entries if entry.config]
    used = {name for config in configs for name in choices.used(config)}
    return [
        name for name in fields() if name in used and len({config[name] for config in configs}) > 1
    ]


def table(entries: list[Entry]) -> str:
    """What differs, as HTML: a row a setting, a column a run."""
    names = labels(entries)
    head = "".join(f"<th>{html.escape(names[entry.run.id])}</th>" for entry in entries)
    rows = []
    for name in differences(entries):
        cells = "".join(f"<td>{html.escape(_value(name, entry.config))}</td>" for entry in entries)
        rows.append(f"<tr><th>{html.escape(knob_of(name).label)}</th>{cells}</tr>")
    return f'<div class="fr-wide"><table class="fr-table"><tr><th></th>{head}</tr>{"".join(rows)}</table></div>'


def _value(name: str, config: RunConfig | None) -> str:
    if config is None:
        return "?"
    values = config.to_dict()
    return shown(name, values[name]) if name in choices.used(values) else "not used"


def _points(entry: Entry) -> bool:
    assert entry.config
    return bool(registry.card("datasets", entry.config.dataset).facts.get("POINTS"))
