"""The sheet of one's own pictures before Start: as the network will see them, with what was left out and decided."""

from __future__ import annotations

import base64
from html import escape
from itertools import groupby

import streamlit as st

from gan import registry
from gan.config import RunConfig
from gan.datasets import Decision, LeftOut, Reading
from gan.diagnostics import few_pictures
from gan.hosting import data_preview, jobs
from gan.hosting.data_preview import Preview
from ui.shared import assets, commands, compatibility
from ui.shared.access import can_drive
from ui.shared.errors import attempt
from ui.shared.fragments import again
from ui.shared.text import plain
from ui.train import form

POLL_SECONDS = 0.4
UNEVEN = 10  # times the smallest class from which "each class equally often" is offered


def render(config: RunConfig) -> Preview | None:
    """The sheet of data that only reading tells of; what was read, None for other data and while it is being read."""
    card = registry.card("datasets", config.dataset)
    if "source" not in card.facts.get("KNOBS", ()) or compatibility.lacking(config) or not can_drive():
        return None
    key = data_preview.key_of(config)
    if data_preview.preview(key) is None:
        attempt(commands.read_data, config)
    again(_progress, key, every=POLL_SECONDS if data_preview.preview(key) is None else None)
    if (preview := data_preview.preview(key)) is None:
        return None
    st.html(f"<style>{assets.styles('pages/data-sheet.css')}</style>")
    if preview.refused:
        st.error(plain(preview.refused), icon=":material/block:")
    else:
        st.markdown(f"**What the network will see**: {plain(summary(preview))}")
        st.html(_sheet(preview))
        _classes(config, preview)
        _few(config, preview)
    _read_how(config, preview.reading)
    if st.button("Read again", key="read-again", type="tertiary", icon=":material/refresh:"):
        data_preview.forget(key)
        st.rerun()
    return preview


def summary(preview: Preview) -> str:
    """Counts, size and colour in a line."""
    C, H, W = preview.shape
    kind = "grey" if C == 1 else "colour"
    classes = f", {len(preview.names)} classes" if preview.names else ""
    return f"{preview.images:,} pictures of {W} × {H}, {kind}{classes}."


def _progress(key: str) -> None:
    """How far reading is; the whole page when it has ended."""
    job = jobs.job(key)
    if data_preview.preview(key) is not None:
        if job is not None and job.state == "done":
            jobs.forget_job(key)
            st.rerun()
        return
    if job is None:
        return
    if job.state == "failed":
        st.error(plain(job.error), icon=":material/error:")
        return
    st.progress(min(1.0, job.done / job.total) if job.total else 0.0, text=plain(job.text or "Reading the pictures"))


def _sheet(preview: Preview) -> str:
    """Up to 64 pictures, each with its class."""
    figures = []
    for png, label in preview.tiles:
        caption = f"<figcaption>{escape(label)}</figcaption>" if label else ""
        figures.append(f"<figure>{_img(png, label or 'a picture')}{caption}</figure>")
    return f'<div class="data-sheet" role="group" aria-label="{len(figures)} of your pictures">{"".join(figures)}</div>'


def _classes(config: RunConfig, preview: Preview) -> None:
    """Each class with a thumbnail and its count; where they are uneven, the switch that evens them out."""
    if not preview.names:
        return
    rows = zip(preview.thumbs, preview.names, preview.counts, strict=True)
    entries = [
        f'<div role="listitem">{_img(png, name)}<b>{escape(name)}</b><small>{count:,}</small></div>'
        for png, name, count in rows
    ]
    st.html(f'<div class="data-classes" role="list" aria-label="Classes and their pictures">{"".join(entries)}</div>')
    if max(preview.counts) >= UNEVEN * min(preview.counts) or config.balanced:
        least = preview.names[preview.counts.index(min(preview.counts))]
        st.caption(f"{plain(least)} has only {min(preview.counts):,} of {preview.images:,} pictures.")
        form.mirror("balanced", config.to_dict())


def _few(config: RunConfig, preview: Preview) -> None:
    """What to expect of few pictures, and what helps at a press."""
    if told := few_pictures.expectation(preview.images, 0):
        st.info(told, icon=":material/lightbulb:")
    found = few_pictures.remedies(config, preview.images, preview.shape)
    if not found:
        return
    with st.container(horizontal=True, key="remedies"):
        for remedy in found:
            at = f"remedy-{remedy.label}"
            st.button(remedy.label, key=at, help=remedy.text, on_click=form.change, args=(remedy.changes,))


def _read_how(config: RunConfig, reading: Reading) -> None:
    """Notes, decisions each with its switch, and the names of what was left out behind a fold."""
    for note in reading.notes:
        st.caption(f":material/info: {plain(note)}")
    for decision in reading.decisions:
        _decision(config, decision)
    if reading.left_out:
        with st.expander(f"{reading.left_out_count or len(reading.left_out):,} left out, by name"):
            by_reason = sorted(reading.left_out, key=lambda each: each.reason)
            for reason, files in groupby(by_reason, key=lambda each: each.reason):
                st.html(_names(reason, [*files]))


def _decision(config: RunConfig, decision: Decision) -> None:
    left, right = st.columns([3, 2], vertical_alignment="center")
    left.caption(f":material/rule: {plain(decision.text)}")
    if decision.knob and decision.knob in config.to_dict():
        with right:
            form.mirror(decision.knob, config.to_dict())


def _names(reason: str, files: list[LeftOut]) -> str:
    entries = "".join(f"<li>{escape(each.name)}</li>" for each in files)
    title = f"<summary>{escape(reason)}: {len(files):,}</summary>"
    return f'<details class="data-left-out">{title}<ul>{entries}</ul></details>'


def _img(png: bytes, alt: str) -> str:
    return f'<img class="pixels" src="data:image/png;base64,{base64.b64encode(png).decode()}" alt="{escape(alt)}">'
