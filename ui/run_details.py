"""How a run came to be: its settings, what was done to it, and its size on the disk."""

from __future__ import annotations

import html
import time
from typing import Any

import streamlit as st

from gan import registry
from gan.config import RunConfig, fields, knob_of
from gan.runs import Control, Run
from ui import choices, run_list
from ui.run_list import Entry, Facts

LIVE = ("lr_g", "lr_d", "d_steps", "g_steps")


def draw(entry: Entry) -> None:
    """Settings, history and size of a run whose settings can be read."""
    run = entry.run
    assert entry.config
    left, right = st.columns(2, gap="large")
    with left:
        _settings(entry.config, preset_of(run), run.control())
    with right:
        _history(run.events())
        disk(run)


def preset_of(run: Run) -> str:
    """The preset that the run was started from, "" when there was none or it is no longer here."""
    name = next((str(e.get("preset", "")) for e in run.events() if e.get("event") == "created"), "")
    return name if name in registry.names("presets") else ""


def base(preset: str) -> dict[str, Any]:
    """The settings of a preset; the defaults without one."""
    told = registry.load("presets", preset)["config"] if preset else {}
    usual = {name: field.default for name, field in fields().items()} | told
    if preset and "dataset" not in told:
        del usual["dataset"]  # it learns the best that is here
    return usual


def shown(name: str, value: Any) -> str:
    """A setting as people read it: the title of a choice, "1e-04" as 0.0001, "yes" for True."""
    kind = knob_of(name).kind
    if kind and value in registry.names(kind):
        return registry.card(kind, value).title
    if isinstance(value, bool):
        return "yes" if value else "no"
    if knob_of(name).zero and value == 0:
        return knob_of(name).zero
    return (
        f"{value:g}"
        if isinstance(value, float)
        else f"{value:,}"
        if isinstance(value, int)
        else value
    )


def standing(entry: Entry, facts: Facts) -> str:
    """What is trained, how far it is, when it was made, as HTML."""
    assert entry.config
    created = time.strftime("%-d %B %Y, %H:%M", time.localtime(facts.created))
    return html.escape(
        f"{run_list.names(entry.config)}. {facts.step:,} steps, {facts.epoch:,.1f} epochs, "
        f"{run_list.lasted(facts.seconds)} of training. Made {created}. Id: {entry.run.id}"
    )


def _settings(config: RunConfig, preset: str, control: Control) -> None:
    """What differs from the preset first, with what it would be; the rest behind a click."""
    usual, used = base(preset), choices.used(config.to_dict())
    values = config.to_dict()
    own = [
        n for n in used if n in usual and values[n] != usual[n] and n not in ("device", "threads")
    ]
    title = registry.load("presets", preset)["title"] if preset else ""
    st.subheader("Settings", anchor=False)
    st.caption(f"Started from the preset “{title}”." if preset else "Started without a preset.")
    if own:
        rows = [(n, shown(n, values[n]), f"instead of {shown(n, usual[n])}") for n in own]
        st.html(_table(rows, strong=True))
    else:
        st.caption("Nothing differs from it." if preset else "Every setting has its default.")
    changed = [(n, getattr(control, n)) for n in LIVE if getattr(control, n) is not None]
    if changed := [(n, v) for n, v in changed if v != values[n]]:
        st.caption("Changed while it trained, and in force now:")
        st.html(
            _table(
                [(n, shown(n, v), f"instead of {shown(n, values[n])}") for n, v in changed],
                strong=True,
            )
        )
    with st.expander("All settings"):
        st.html(
            _table(
                [(n, shown(n, values[n]), "" if n in used else "not used here") for n in fields()]
            )
        )


def _table(rows: list[tuple[str, str, str]], strong: bool = False) -> str:
    kind = "fr-table fr-own" if strong else "fr-table"
    lines = [
        f"<tr><th>{html.escape(knob_of(name).label)}</th><td>{html.escape(str(value))}</td>"
        f"<td>{html.escape(note)}</td></tr>"
        for name, value, note in rows
    ]
    return f'<table class="{kind}">{"".join(lines)}</table>'


def _history(events: list[dict[str, Any]]) -> None:
    st.subheader("What was done", anchor=False)
    lines = [
        f"<tr><td>{time.strftime('%H:%M:%S', time.localtime(e.get('time', 0)))}</td>"
        f"<td>step {e.get('step', 0):,}</td><td>{html.escape(told(e))}</td></tr>"
        for e in events[-100:]
    ]
    st.html(f'<div class="fr-scroll"><table class="fr-table">{"".join(lines)}</table></div>')


def told(event: dict[str, Any]) -> str:
    """An event in words."""
    match event.get("event"):
        case "lr":
            return f"learning rates: G {_rate(event, 'lr_g')}, D {_rate(event, 'lr_d')}"
        case "ratio":
            return f"updates a step: D {event.get('d_steps')}, G {event.get('g_steps')}"
        case "stepped":
            return {"both": "one step by hand", "d": "one update of D", "g": "one update of G"}.get(
                str(event.get("what")), "one step by hand"
            )
        case "failed":
            return f"failed: {event.get('text', '')}"
        case "started":
            device = str(event.get("device", "?")).upper()
            how = {"bf16": ", in bfloat16", "tf32": ", in TF32"}.get(
                str(event.get("precision")), ""
            )
            return f"started on {device}, {_threads(event.get('threads', '?'))}{how}"
        case "threads":
            return _switch(event)
        case "complaint":
            return str(event.get("text", ""))
        case "resumed":
            return "resumed from its last state"
        case "branched":
            return f"branched off {event.get('from', '?')}. {event.get('text', '')}".strip()
        case name:
            return str(name)


def _threads(count: Any) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _switch(event: dict[str, Any]) -> str:
    """Why more or fewer threads train now, as far as the event tells."""
    now, before = event.get("threads", "?"), event.get("before", "?")
    words = f"{_threads(now)} instead of {before}"
    match event.get("paces"):
        case [int() | float() as old, int() | float() as new] if old > 0:
            words += f": {new / old:.1f} times as fast at this moment"
    return words + (", for the pace had fallen" if event.get("why") == "slow" else "")


def _rate(event: dict[str, Any], name: str) -> str:
    value = event.get(name)
    return f"{value:g}" if isinstance(value, int | float) else "?"


def disk(run: Run) -> None:
    """What its folder holds, by what it is for."""
    sizes = run_list.sizes(run)
    st.subheader("On disk", anchor=False)
    rows = [*sizes.items(), ("together", sum(sizes.values()))]
    lines = [f"<tr><th>{name}</th><td>{run_list.weight(size)}</td></tr>" for name, size in rows]
    st.html(f'<table class="fr-table">{"".join(lines)}</table>')
