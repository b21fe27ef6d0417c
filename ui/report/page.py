"""The report of one run: how it stands, its generators through time, its scores, and how it came to be.

A link brings it back: `?report=ID`, with `&step=N` for one of the generators it kept.
"""

from __future__ import annotations

import contextlib

import streamlit as st

from gan import registry
from gan.config import ConfigError, preset
from gan.runs import Run
from ui.report import copying, details, enlarging, scores, time_slider
from ui.shared import code_view, film, html, settings_text
from ui.shared.navigation import PAGES
from ui.shared.run_entries import Entry, Facts
from ui.shared.text import formatted, plain

LINK = "report"
CARD = 20_000  # characters of a model card that are shown


def render(entry: Entry) -> None:
    """The whole page."""
    if st.button("All runs", icon=":material/arrow_back:", type="tertiary", key="all-runs"):
        st.query_params.clear()
        st.rerun()
    st.title(plain(entry.title), anchor=False)
    if entry.broken:
        st.error(plain(entry.broken), icon=":material/error:")
        st.caption("The rest of the app works. What is in the folder can still be copied by hand.")
        return details.disk(entry.run)
    _head(entry)
    if moment := time_slider.render(entry):
        row = scores.render(entry.run, moment)
        copying.render(entry.run, row)
        if _labelled(entry.run):
            enlarging.render(entry.run)
    _card(entry.run)
    details.render(entry)
    _code(entry)
    return None


def _labelled(run: Run) -> bool:
    """Whether the generator of a run can be asked for classes, so that its pictures have labels."""
    config = run.config()
    return config.conditional and not config.from_source


def outline(entry: Entry) -> tuple[object, ...]:
    """Changes with what the page shows beside its own controls: other snapshots, other scores, another status."""
    try:
        scored = (entry.run.path / "scores.jsonl").stat().st_size
    except OSError:
        scored = 0
    return entry.status, entry.title, *entry.run.snapshots(), scored


def _head(entry: Entry) -> None:
    facts = Facts.of(entry)
    st.html(f'<p class="runs-line">{html.chip(entry.status)} {details.standing(entry, facts)}</p>')
    if entry.status in ("failed", "stopped") and (why := entry.run.error()):
        st.error(plain(why), icon=":material/error:")
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        st.page_link(
            PAGES / "train.py",
            label="Open on the Train page",
            icon=":material/open_in_new:",
            query_params={"run": entry.run.id},
        )
        st.page_link(
            PAGES / "explore.py",
            label="Explore its latents",
            icon=":material/explore:",
            query_params={"run": entry.run.id},
        )
        st.page_link(
            PAGES / "compare.py", label="Compare", icon=":material/compare_arrows:", query_params={"runs": entry.run.id}
        )
        film.offer(entry.run, "report")


def _code(entry: Entry) -> None:
    """What this run does, as code, marked where its preset does something else."""
    config = entry.run.config()
    base = None
    with contextlib.suppress(registry.Unknown, ConfigError):
        if name := settings_text.preset_of(entry.run):
            base = preset(name)[0].replace(dataset=config.dataset)
    code_view.render(config, entry.title, entry.run.id, base, entry.run.control().budget, entry.run)


def _card(run: Run) -> None:
    """What those who made the run say of it."""
    try:
        text = run.read("card.md").decode("utf-8", errors="replace")[:CARD]
    except OSError:
        return
    st.header("Model card", anchor="model-card")
    with st.container(border=True):
        st.markdown(formatted(text))
