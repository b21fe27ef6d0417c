"""Is it copying? Samples above their nearest training images, and what to conclude from the distances."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from gan import images
from gan.diagnostics.numerals import percent
from gan.runs import Run, scores
from gan.runs.log_reader import LogReader
from gan.runs.scores import Scores
from ui.shared.text import plain

# Of the picture that an evaluation leaves: samples, their training images, twice.
COLUMNS, GAP = 12, 2
HOW = (
    "Every picture has a nearest training image, so similar does not mean copied. What counts is whether samples come "
    "nearer to the training images than real pictures do that nobody trained on."
)


def render(run: Run, row: Scores | None) -> None:
    """The section; `found` is the evaluation of the chosen generator."""
    st.header("Is it copying?", anchor="copying")
    if counted := while_training(run):
        st.markdown(plain(counted))
    if row is None:
        st.caption("Not available because this generator has not been scored yet.")
        return
    if "ct" not in row.scores:
        why = row.why.get("copying", "this evaluation did not look for it")
        st.caption(f"Not available because {plain(why)}.")
        return
    icon, words = conclusion(row)
    st.markdown(f"{icon} {plain(words)}")
    st.caption(HOW)
    if row.nearest:
        _pairs(run, row.step, row.nearest)


def while_training(run: Run) -> str:
    """The copies that were counted while it trained, in a sentence; "" where there are too many training images."""
    last = LogReader(run).columns().get("copied", np.array([]))
    last = last[np.isfinite(last)]
    if not len(last):
        return ""
    return (
        f"At the last look while it trained {percent(last[-1])} of the samples were nearly identical to a training "
        "image: less than half as far from it as training images are from their nearest neighbours."
    )


def conclusion(row: Scores) -> tuple[str, str]:
    """An icon and what the numbers say; never more than they do."""
    ct, near = row.scores["ct"], row.scores.get("near_copies", 0.0)
    measured = (
        f"Tested against held-out images C_T is {ct:.1f} (below -3 would suggest copying), and "
        f"{percent(near, 1)} of the samples lie as near to a training image as only 1 % of new real images do."
    )
    if any(finding["name"] == "copies" for finding in row.verdict):
        return ":material/warning:", f"It looks like copying. {measured}"
    if ct < -3:
        return (
            ":material/help:",
            f"Nearer to the training images than real pictures are, though hardly any is a copy. {measured}",
        )
    return (":material/check_circle:", f"No sign of copying, which is not a proof that there is none. {measured}")


def _pairs(run: Run, step: int, nearest: Mapping[str, Any]) -> None:
    """The samples nearest to training images first, then others."""
    distances = [float(d) for d in nearest["distances"]]
    try:
        cells = cut(run.read(scores.nearest_picture(run, step)))
    except (OSError, ValueError):
        st.caption("The pictures are not available because their file is missing or cannot be read.")
        return
    usual = float(nearest["held_out"])
    pairs = (
        [*zip(cells[0], cells[1], distances, strict=False)],
        [*zip(cells[2], cells[3], distances[COLUMNS:], strict=False)],
    )
    st.markdown(
        "**The twelve samples nearest to a training image:** :violet[generated] above, :green[training image] below"
    )
    st.html(_sheet(pairs[0]))
    with st.expander("Twelve random samples"):
        st.html(_sheet(pairs[1]))
    st.caption(
        "Below each pair its distance, in the features of the evaluator. A new real picture has a distance of "
        f"{usual:.1f} (median)."
    )


def cut(sheet: bytes) -> list[list[images.Pixels]]:
    """The pictures of a sheet of four rows, each uint8 H,W,3. Raises ValueError for another kind of file."""
    try:
        pixels = images.decode(sheet)
    except OSError as error:
        raise ValueError(f"no picture: {error}") from error
    high, wide = (np.array(pixels.shape[:2]) + GAP) // (4, COLUMNS)
    if min(high, wide) <= GAP:
        raise ValueError("no sheet of pairs")
    return [
        [pixels[r * high : (r + 1) * high - GAP, c * wide : (c + 1) * wide - GAP] for c in range(COLUMNS)]
        for r in range(4)
    ]


def _sheet(pairs: list[tuple[images.Pixels, images.Pixels, float]]) -> str:
    figures = [
        f"<figure>{_img(fake, 'fake', 'Generated')}{_img(real, 'real', 'Its nearest training image')}"
        f"<figcaption>{distance:.1f}</figcaption></figure>"
        for fake, real, distance in pairs
    ]
    return f'<div class="report-pairs">{"".join(figures)}</div>'


def _img(pixels: images.Pixels, kind: str, alt: str) -> str:
    data = base64.b64encode(images.png(pixels)).decode()
    return f'<img class="{kind}" src="data:image/png;base64,{data}" alt="{alt}">'
