"""What to compare while fewer than two runs are picked: ready-made pairs, pairs to start, every run as a picture."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gan import config
from ui.compare import pair_form
from ui.compare.view import differences
from ui.shared import presets
from ui.shared.run_entries import Entry, Facts
from ui.shared.text import plain

SHOWN = 24  # runs in the gallery; the box above finds the others


@dataclass(frozen=True)
class Ready:
    """Two runs that come with the app, and what to look at in them."""

    title: str
    runs: tuple[str, str]
    look_at: str


@dataclass(frozen=True)
class ToStart:
    """Two runs of a preset that differ in one setting, with its two values as a link has them."""

    title: str
    preset: str
    vary: str
    a: str
    b: str
    look_at: str


READY = (
    Ready(
        "Without labels, with labels",
        ("dcgan-deep-mnist", "dcgan-deep-cond-mnist"),
        "The same networks and loss; one is told which digit to draw.",
    ),
    Ready(
        "Lean, or with styles",
        ("lean-mnist", "mini-stylegan-mnist"),
        "A small residual pair beside a generator that feeds z into every layer.",
    ),
    Ready(
        "2014 and today", ("gan-2014-mnist", "lean-mnist"), "Fully connected layers first, convolutions ten years on."
    ),
    Ready(
        "Two kinds of digits", ("lean-mnist", "lean-strokes"), "One network on MNIST and on digits drawn by a program."
    ),
)
TO_START = (
    ToStart("Loss: hinge or saturating", "lean", "loss", "hinge", "minimax", "Which of them keeps G learning?"),
    ToStart("D ten times as fast", "lean", "lr_d", "0.001", "0.01", "Is a better detective a better teacher?"),
    ToStart(
        "With and without averaging", "lean", "ema_decay", "0.999", "0.0", "What does averaging G's weights change?"
    ),
    ToStart("All images, or a thousand", "lean", "n_images", "0", "1000", "When does D begin to know them by heart?"),
)


def ready(entries: dict[str, Entry]) -> list[str]:
    """Pairs of runs that are here, as cards; returns the ids of the pair that was just picked, [] for none."""
    picked: list[str] = []
    there = [pair for pair in READY if entries.keys() >= {*pair.runs}]
    if there:
        st.subheader("Ready-made pairs", anchor=False)
        with st.container(horizontal=True, gap="small", key="ready-pairs"):
            for pair in there:
                with _card(f"pair-{'-'.join(pair.runs)}", wide=True):
                    st.html(
                        f'<div class="compare-thumbs">{"".join(_picture(entries[name]) for name in pair.runs)}</div>'
                    )
                    _words(pair.title, pair.look_at)
                    if st.button(f"Compare: {pair.title}", key=f"choose-{'-'.join(pair.runs)}"):
                        picked = [*pair.runs]
    return picked


def to_start() -> None:
    """Pairs that differ in one setting, as cards that open the form with it filled in."""
    known = presets.presets()
    st.subheader("Start a pair with one difference", anchor=False)
    with st.container(horizontal=True, gap="small", key="pairs-to-start"):
        for pair in (pair for pair in TO_START if pair.preset in known):
            with _card(f"start-{pair.vary}", wide=True):
                _words(pair.title, pair.look_at)
                if st.button(f"Start: {pair.title}", key=f"choose-start-{pair.vary}"):
                    pair_form.open_(pair=pair.preset, vary=pair.vary, a=pair.a, b=pair.b)


def runs(entries: Sequence[Entry], one: Entry | None) -> str:
    """Every run with its picture; beside `one` those that differ least come first. The id just picked, "" for none."""
    others = [entry for entry in entries if one is None or entry.run.id != one.run.id]
    counts = {other.run.id: len(differences([one, other])) for other in others} if one else {}
    others.sort(key=lambda other: counts.get(other.run.id, 0) or len(config.settings()))  # one difference first
    picked = ""
    with st.container(horizontal=True, gap="small", key="gallery"):
        for entry in others[:SHOWN]:
            how = _how(counts[entry.run.id]) if one else ""
            with _card(f"run-{entry.run.id}"):
                st.html(_picture(entry))
                _words(entry.title, how)
                label = f"{plain(entry.title)}: {how}" if one else f"Pick {plain(entry.title)}"
                if st.button(label, key=f"choose-{entry.run.id}"):
                    picked = entry.run.id
    if len(others) > SHOWN:
        st.caption(f"The {SHOWN} {'nearest' if one else 'newest'} of {len(others)}; the box above finds the others.")
    return picked


def _card(name: str, wide: bool = False) -> DeltaGenerator:
    """A card of which all is a button, as those of presets are."""
    return st.container(key=f"card-off-{name}", gap="xxsmall", height="stretch", width=300 if wide else 212)


def _words(title: str, more: str) -> None:
    st.markdown(f"**{plain(title)}**")
    if more:
        st.caption(more)


def _how(count: int) -> str:
    how = "the same settings" if not count else "one setting differs"
    return how if count < 2 else f"{count} settings differ"


def _picture(entry: Entry) -> str:
    """A part of the newest grid, pixel for pixel; points of the plane as they fit."""
    facts = Facts.of(entry)
    if not facts.thumbnail:
        return '<span class="compare-thumb"></span>'
    kind = "compare-thumb compare-points" if facts.points else "compare-thumb pixels"
    return f'<img class="{kind}" src="{html.escape(facts.thumbnail)}" alt="" loading="lazy">'
