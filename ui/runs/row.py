"""One run in the list: its picture, how it stands, and a menu of what can be done with it."""

from __future__ import annotations

import html
import math
import time

import streamlit as st

from gan import metrics
from gan.diagnostics import findings
from gan.hosting import trainers
from gan.runs import Run, scores
from ui.shared import commands, run_entries
from ui.shared.access import can_drive
from ui.shared.fragments import again
from ui.shared.html import chip
from ui.shared.navigation import PAGES
from ui.shared.run_entries import Entry, Facts
from ui.shared.text import plain

TRAIN = PAGES / "train.py"
POLL_SECONDS = 2.0  # between two looks at a run that is being trained
MENU = {
    "report": ":material/assignment: Report",
    "resume": ":material/play_arrow: Resume",
    "gently": ":material/play_arrow: Resume with half the learning rates",
    "stop": ":material/stop: Stop",
    "compare": ":material/compare_arrows: Compare",
    "take": ":material/download: Download …",
    "like": ":material/content_copy: Duplicate …",
    "rename": ":material/edit: Rename …",
    "delete": ":material/delete: Delete …",
}
WATCHERS = ("report", "compare", "take")


def render(entry: Entry) -> str:
    """The row; returns what was picked from its menu, a key of MENU, or ""."""
    run_id = entry.run.id
    with st.container(key=f"run-{run_id}", horizontal=True, vertical_alignment="center", gap="small"):
        active = entry.status in commands.ACTIVE
        again(_look, entry, every=POLL_SECONDS if active else None)
        picked = st.menu_button(
            "More", offers(entry), key=f"menu-{run_id}", format_func=MENU.__getitem__, type="tertiary"
        )
    return picked or ""


def offers(entry: Entry) -> list[str]:
    """What the menu of a run has, for this session."""
    if entry.broken:
        return ["report", "delete"] if can_drive() else ["report"]
    active = entry.status in commands.ACTIVE
    exploded = entry.status == "failed" and "learning rate" in entry.run.error()  # what it advises
    stuck = entry.run.came_without_state()
    resume = entry.status in ("stopped", "failed") and not exploded and not stuck
    able = {"resume": resume, "gently": exploded and not stuck, "stop": active}
    return [name for name in MENU if able.get(name, True) and (can_drive() or name in WATCHERS)]


def _look(entry: Entry) -> None:
    """Picture and words; redraws the page when the run is in another state than its row."""
    run = entry.run
    if entry.status in commands.ACTIVE and trainers.status(run) != entry.status:
        st.rerun()
    facts = Facts.of(entry)
    with st.container(horizontal=True, vertical_alignment="center", key=f"look-{run.id}"):
        st.html(picture(facts, f"Latest pictures of {entry.title}"), width="content")
        with st.container(gap=None, key=f"about-{run.id}"):
            if entry.broken:
                st.markdown(f"**{plain(entry.title)}**")
            else:
                st.page_link(TRAIN, label=f"**{plain(entry.title)}**", query_params={"run": run.id})
            st.html(_words(entry, facts))


def picture(facts: Facts, alt: str) -> str:
    """The newest fixed grid as HTML, or an empty frame."""
    if not facts.thumbnail:
        return '<span class="runs-thumb"></span>'
    kind = "runs-thumb" if facts.points else "runs-thumb pixels"
    source, text = html.escape(facts.thumbnail), html.escape(alt)
    return f'<img class="{kind}" src="{source}" alt="{text}" loading="lazy">'


def _words(entry: Entry, facts: Facts) -> str:
    if entry.broken:
        return f'<p class="runs-line">{chip("broken")} {html.escape(entry.broken)}</p>'
    assert entry.config
    mark = '<span class="runs-mark">comes with the app</span>' if facts.shipped else ""
    parts = [
        f"<b>{facts.step:,}</b> steps",
        f"<b>{facts.epoch:,.1f}</b> epochs",
        f"trained <b>{run_entries.lasted(facts.seconds)}</b>",
    ]
    if facts.created:
        exact = time.strftime("%Y-%m-%d %H:%M", time.localtime(facts.created))
        parts.append(f'<span title="{exact}">{run_entries.ago(facts.created)}</span>')
    bar = _scored(entry.run)
    if entry.status == "failed":
        bar += f'<p class="runs-line runs-why">{html.escape(entry.run.error())}</p>'
    if entry.status in commands.ACTIVE:
        share = f"{100 * facts.done:.0f}"
        bar += (
            f'<div class="base-bar" role="progressbar" aria-label="Progress" aria-valuenow="{share}" '
            f'aria-valuemin="0" aria-valuemax="100"><i style="width:{share}%"></i></div>'
        )
    return (
        f'<p class="runs-line">{chip(entry.status)}{mark} {html.escape(run_entries.names(entry.config))}</p>'
        f'<p class="runs-facts">{" · ".join(f"<span>{fact}</span>" for fact in parts)}</p>{bar}'
    )


def _scored(run: Run) -> str:
    """The newest evaluation in a line, "" without one."""
    row = scores.newest(run)
    if row is None:
        return ""
    key = "fd" if "fd" in row.scores else "fd_pca"
    value = row.scores.get(key, math.nan)
    text = f"{metrics.catalogue()[key].label} <b>{value:,.{0 if value >= 100 else 1}f}</b> at step {row.step:,}"
    for finding in row.verdict[:2]:
        text += f" · {html.escape(findings.title(finding['name']))}"
    return f'<p class="runs-facts">{text}</p>'
