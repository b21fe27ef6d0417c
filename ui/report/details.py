"""How a run came to be: its settings, what was done to it, and its size on the disk."""

from __future__ import annotations

import html
import time
from typing import Any

import streamlit as st

from gan import registry
from gan.config import RunConfig, check, knob_of, live, settings
from gan.runs import Control, Run, known_data
from ui.shared import compatibility, run_entries
from ui.shared.html import table
from ui.shared.run_entries import Entry, Facts
from ui.shared.settings_text import base, preset_of, shown
from ui.shared.text import plain


def render(entry: Entry) -> None:
    """Settings, history and size of a run whose settings can be read."""
    run = entry.run
    assert entry.config
    left, right = st.columns(2, gap="large")
    with left:
        _settings(entry.config, preset_of(run), run.control())
    with right:
        _data(run)
        _history(run.events())
        disk(run)


def _data(run: Run) -> None:
    """What it learned from, with what was left out and decided; nothing of runs that do not say."""
    if (known := known_data.read(run.path)) is None:
        return
    reading = known_data.read_how(run.path)
    st.header("What it learned from", anchor=False)
    C, H, W = known.shape
    kind = "points" if (H, W) == (1, 1) else f"{'grey' if C == 1 else 'colour'} pictures of {W} × {H}"
    classes = [f"{group.name}: {group.count:,}" for group in known.groups] if known.labelled else []
    st.caption(
        plain(
            f"{known.images:,} {kind}"
            + (f" in {len(classes)} classes ({', '.join(classes[:30])})" if classes else "")
            + "."
        )
    )
    for text in reading.sentences if reading else ():
        st.caption(f":material/info: {plain(text)}")
    if reading and reading.left_out:
        with st.expander(f"{reading.left_out_count:,} left out, by name"):
            st.html(table((), [(each.name, each.reason) for each in reading.left_out], around="scroll"))


def standing(entry: Entry, facts: Facts) -> str:
    """What is trained, how far it is, when it was made, as HTML."""
    assert entry.config
    created = time.strftime("%-d %B %Y, %H:%M", time.localtime(facts.created))
    return html.escape(
        f"{run_entries.names(entry.config)}. {facts.step:,} steps, {facts.epoch:,.1f} epochs, "
        f"{run_entries.lasted(facts.seconds)} of training. Made {created}. Id: {entry.run.id}"
    )


def _settings(config: RunConfig, preset: str, control: Control) -> None:
    """What differs from the preset first, with what it would be; the rest behind a click."""
    usual, used = base(preset), compatibility.used(config.to_dict())
    values = config.to_dict()
    own = [n for n in used if n in usual and values[n] != usual[n] and n not in ("device", "threads")]
    title = registry.load("presets", preset)["title"] if preset else ""
    st.header("Settings", anchor=False)
    st.caption(f"Started from the preset “{plain(title)}”." if preset else "Started without a preset.")
    if own:
        rows = [(n, shown(n, values[n]), f"instead of {shown(n, usual[n]) or 'nothing'}") for n in own]
        st.html(_table(rows, strong=True))
    else:
        st.caption("Nothing differs from the preset." if preset else "Every setting has its default.")
    changed = [(n, getattr(control, n)) for n in live() if getattr(control, n) is not None]
    if changed := [(n, v) for n, v in changed if v != values[n]]:
        st.caption("Changed while it trained, and in force now:")
        st.html(_table([(n, shown(n, v), f"instead of {shown(n, values[n])}") for n, v in changed], strong=True))
    with st.expander("All settings"):
        st.html(
            _table(
                [
                    (n, shown(n, values[n]), "" if n in used else "not used here")
                    for n in settings(config.model, config.dataset)
                ]
            )
        )


def _table(rows: list[tuple[str, str, str]], strong: bool = False) -> str:
    lines = [(knob_of(name).label, str(value), note) for name, value, note in rows]
    return table((), lines, "runs-own" if strong else "")


def _history(events: list[dict[str, Any]]) -> None:
    st.header("What was done", anchor=False)
    lines = [
        (time.strftime("%H:%M:%S", time.localtime(e.get("time", 0))), f"step {e.get('step', 0):,}", sentence(e))
        for e in events[-100:]
    ]
    st.html(table((), lines, around="scroll", titled=False))


def sentence(event: dict[str, Any]) -> str:
    """An event in words."""
    if changed := [name for name, kind in live().items() if kind == event.get("event")]:
        return ", ".join(f"{knob_of(name).label}: {_value(event, name)}" for name in changed)
    match event.get("event"):
        case "stepped":
            return {"both": "one step by hand", "d": "one update of D", "g": "one update of G"}.get(
                str(event.get("what")), "one step by hand"
            )
        case "failed":
            return f"failed: {event.get('text', '')}"
        case "started":
            device = str(event.get("device", "?")).upper()
            how = {"bf16": ", in bfloat16", "tf32": ", in TF32"}.get(str(event.get("precision")), "")
            return f"started on {device}, {_threads(event.get('threads', '?'))}{how}"
        case "threads":
            return _switch(event)
        case "complaint" | "changed" | "data" | "imported" | "seeded":
            return str(event.get("text", ""))
        case "resumed":
            return "resumed from its last state"
        case "budget":
            unit, amount = next(iter(dict(event.get("budget") or {}).items()), ("", 0))
            return f"to be trained for {amount:,} {unit}" if unit else "another budget"
        case "branched":
            return f"forked from {event.get('from', '?')}. {event.get('text', '')}".strip()
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
    return words + (", because training had slowed down" if event.get("why") == "slow" else "")


def _value(event: dict[str, Any], name: str) -> str:
    """A setting that an event tells of; "?" for what it cannot have been."""
    value = event.get(name)
    return "?" if check(name, value) else str(shown(name, value))


def disk(run: Run) -> None:
    """What its folder holds, by what it is for."""
    sizes = run_entries.sizes(run)
    st.header("On disk", anchor=False)
    rows = [*sizes.items(), ("together", sum(sizes.values()))]
    st.html(table((), [(name, run_entries.weight(size)) for name, size in rows]))
