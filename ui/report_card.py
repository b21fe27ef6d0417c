"""The report card: what one evaluation found, in words first, then every score beside that of real images."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import streamlit as st

from gan import metrics, scorecard, scores
from gan.runs import Run
from gan.scores import Scores
from ui import report_html
from ui.time_machine import Moment
from ui.words import plain

FIRST = (  # what most people want to know, in this order; the rest behind a click
    *("fd", "fd_pca", "precision", "recall", "density", "coverage"),
    *("classes", "effective_classes", "kl", "diversity", "sharpness"),
)
SIGNS = {"lower": "↓", "higher": "↑", "one": "→ 1"}  # alone on a phone, with words elsewhere
NO_FAULT = "no fault found"
EXPLAINED = (
    "Generated images beside real ones that were not used for training, scored in the same way: even a perfect "
    "generator gets what stands under “real”, not 0 or 1. The scores are those of this app; they cannot be compared "
    "with an FID from elsewhere, because another network looks at the images."
)


def draw(run: Run, moment: Moment) -> Scores | None:
    """The card of the chosen generator; the evaluation that it shows, None when there is none."""
    st.subheader("Report card", anchor="report-card")
    rows = scores.rows(run)
    found = scores.newest(run, moment.step) or _passed(run, rows, moment)
    if found is None:
        _not_yet(rows, moment.step)
    else:
        if found.step < moment.step:
            st.caption(
                f":material/update: Of step {found.step:,}. The run has trained on since: score it again."
            )
        for finding in found.verdict:
            _finding(finding["name"], finding["text"])
        _counted(found)
        left, right = st.columns((3, 2), gap="large")
        with left:
            _table(found, scores.newest(run, found.step, "raw"))
        with right:
            _classes(found)
        _missing(found)
    _history(rows)
    return found


def _passed(run: Run, rows: list[Scores], moment: Moment) -> Scores | None:
    """Where the newest generator has no evaluation: that of an earlier newest one, which no slider reaches any more."""
    kept = run.snapshots()
    last = [row for row in rows if row.weights == "average" and row.step not in kept]
    return last[-1] if last and moment.snapshot is None else None


def _not_yet(rows: list[Scores], step: int) -> None:
    others = sorted({row.step for row in rows if row.weights == "average"})
    there = f" Scored so far: step {', '.join(f'{k:,}' for k in others)}." if others else ""
    st.info(
        f"Not available because the generator of step {step:,} has not been scored yet.{there}",
        icon=":material/info:",
    )


def _finding(name: str, text: str) -> None:
    """A finding: its sign, its name, its sentence."""
    words = f"**{plain(name.capitalize())}.** {plain(text)}"
    if name == NO_FAULT:
        st.success(words, icon=":material/check_circle:")
    else:
        st.warning(words, icon=":material/warning:")


def _counted(found: Scores) -> None:
    """How it was measured: without it the numbers mean nothing."""
    judge = "no evaluator, pixels only"
    if found.evaluator:
        judge = f"{found.evaluator['name']}, which reads {found.evaluator['accuracy']:.2%} of real test images rightly"
    told = (
        f"{found.n:,} images of step {found.step:,} against {found.split}. Measured by {judge}. "
        f"Took {found.seconds:.0f} s besides drawing."
    )
    st.caption(plain(told))
    for note in found.notes:
        st.caption(f":material/info: {plain(note)}")


def _table(found: Scores, raw: Scores | None) -> None:
    catalogue = metrics.catalogue()
    there = [key for key in catalogue if key in found.scores]
    first = [key for key in FIRST if key in there]
    st.html(_rows(first, catalogue, found, raw))
    if rest := [key for key in there if key not in first]:
        with st.expander("More scores"):
            st.html(_rows(rest, catalogue, found, raw))
    st.caption(EXPLAINED)
    if raw:
        st.caption(
            "Averaged: the running average of G's weights, which is what you see. As trained: G itself."
        )


def _rows(
    keys: Iterable[str], catalogue: dict[str, tuple[str, str]], found: Scores, raw: Scores | None
) -> str:
    """The table as HTML: a row a score, generated (twice where both kinds of weights were scored) beside real."""
    heads = ["generated, averaged", "as trained"] if raw else ["generated"]
    top = "".join(f'<th class="fake">{head}</th>' for head in heads)
    lines = [f'<tr><th>score</th>{top}<th class="real">real</th><th></th></tr>']
    for key in keys:
        label, better = catalogue[key]
        told = [found.scores, *([raw.scores] if raw else []), found.real]
        cells = "".join(f"<td>{scorecard.number(key, some.get(key))}</td>" for some in told)
        words = escape(scorecard.MARKS.get(better, ""))
        mark = f"{SIGNS.get(better, '')} <span>{words}</span>"
        lines.append(f"<tr><th>{escape(label)}</th>{cells}<td>{mark}</td></tr>")
    return f'<div class="fr-wide"><table class="fr-table rp-scores">{"".join(lines)}</table></div>'


def _classes(found: Scores) -> None:
    if not found.shares or len(found.shares) != len(found.names):
        return
    st.markdown("**What the samples are taken for**")
    prior = found.prior if len(found.prior) == len(found.names) else ()
    st.html(report_html.bars(found.names, found.shares, prior))


def _missing(found: Scores) -> None:
    names = {name: name.replace("-", " ").replace("_", " ") for name in found.why}
    for name, reason in found.why.items():
        st.caption(f"{plain(names[name].capitalize())}: not available because {plain(reason)}.")


def _history(rows: list[Scores]) -> None:
    """How the distance to real images changed over the steps that were scored."""
    newest = {row.step: row for row in rows if row.weights == "average"}
    if len(newest) < 2:
        return
    import plotly.graph_objects as go

    key = "fd" if all("fd" in row.scores for row in newest.values()) else "fd_pca"
    steps = sorted(step for step, row in newest.items() if key in row.scores)
    label = metrics.catalogue()[key][0]
    figure = go.Figure()
    figure.add_scatter(
        x=steps, y=[newest[k].scores[key] for k in steps], mode="lines+markers",
        name="generated", line={"color": "#CC79A7"},
    )  # fmt: skip
    floor = [newest[k].real.get(key) for k in steps]
    figure.add_scatter(
        x=steps, y=floor, mode="lines", name="real", line={"color": "#009E73", "dash": "dot"}
    )
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    figure.update_layout(height=260, margin={"l": 10, "r": 10, "t": 30, "b": 10}, legend=legend)
    figure.update_xaxes(title="step", rangemode="tozero")
    figure.update_yaxes(title=label, rangemode="tozero")
    st.plotly_chart(figure, key="report-history", config={"displayModeBar": False})
    st.caption(f"{label} of every generator of this run that was scored: lower is better.")
