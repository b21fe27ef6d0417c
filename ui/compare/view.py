"""Mounts the comparison of runs, and tells in which settings they differ."""

from __future__ import annotations

from typing import Any

from gan import images, registry
from gan.config import knob_of, live, settings
from gan.runs import RunError
from ui.shared import compatibility, generator_info, html
from ui.shared.component import component
from ui.shared.run_entries import Entry
from ui.shared.settings_text import shown

MOST = 6  # runs beside each other
_mount = component("compare", "compare/compare.js", "live/live.css", "compare/compare.css", isolate=False)


def compare(entries: list[Entry]) -> None:
    """Curves, grids and pictures of the same noise of up to six runs, in this order. All their settings can be read."""
    names = labels(entries)
    shown_runs = [
        {
            "id": entry.run.id,
            "name": names[entry.run.id],
            "points": points(entry),
            "from_source": entry.config.from_source,
            "z_dim": entry.config.z_dim,
            "snapshots": entry.run.snapshots(),
            "classes": (classes := _classes(entry)),
            "columns": images.columns_of(entry.config.samples, len(classes)),
        }
        for entry in entries[:MOST]
        if entry.config
    ]
    _mount(key="compare", data={"runs": shown_runs})


def _classes(entry: Entry) -> list[str]:
    """The names of the classes that a run's generator can be asked for; [] for none."""
    try:
        about = generator_info.about(entry.run)
    except RunError:
        return []
    return [*about.names[: about.n_classes]]


def labels(entries: list[Entry]) -> dict[str, str]:
    """A name for each run: its title, with its id where two have the same."""
    titles = [entry.title for entry in entries]
    return {
        entry.run.id: entry.title if titles.count(entry.title) == 1 else f"{entry.title} ({entry.run.id})"
        for entry in entries
    }


def differences(entries: list[Entry]) -> list[str]:
    """The fields in which the settings differ, also by what was changed live, and which at least one run uses."""
    configs = [entry.config.to_dict() for entry in entries if entry.config]
    live = [{**entry.config.to_dict(), **changed(entry)} for entry in entries if entry.config]
    used = {name for values in configs for name in compatibility.used(values)}
    return [
        name
        for name in settings()
        if name in used and any(len({values.get(name) for values in rows}) > 1 for rows in (configs, live))
    ]


def changed(entry: Entry) -> dict[str, Any]:
    """The settings that were changed while the run trained, as they are in force."""
    control, own = entry.run.control(), entry.config.to_dict() if entry.config else {}
    in_force = {name: getattr(control, name) for name in live()}
    return {name: v for name, v in in_force.items() if v is not None and v != own.get(name)}


def table(entries: list[Entry]) -> str:
    """What differs, as HTML: a row a setting, a column a run."""
    names = labels(entries)
    head = ["", *(names[entry.run.id] for entry in entries)]
    rows = [[knob_of(name).label, *(_value(name, entry) for entry in entries)] for name in differences(entries)]
    return html.table(head, rows, around="wide")


def _value(name: str, entry: Entry) -> str:
    if entry.config is None:
        return "?"
    values = entry.config.to_dict()
    if name not in compatibility.used(values):
        return "not used"
    now = changed(entry).get(name)
    return shown(name, values[name]) + ("" if now is None else f", changed to {shown(name, now)}")


def points(entry: Entry) -> bool:
    """Whether the run makes points of the plane instead of pictures."""
    return entry.config is not None and bool(registry.card("datasets", entry.config.dataset).facts.get("POINTS"))
