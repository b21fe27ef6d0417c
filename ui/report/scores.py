"""The report card: what one evaluation found, in words first, then every score beside that of real images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

import streamlit as st

from gan import metrics, palette
from gan.diagnostics import findings, score_text
from gan.diagnostics.numerals import percent
from gan.runs import Run, scores
from gan.runs.scores import Scores
from ui.report.time_slider import Moment
from ui.shared import html
from ui.shared.html import Cell, Html
from ui.shared.text import plain

SIGNS = {"lower": "↓", "higher": "↑", "one": "→"}  # alone on a phone, with words elsewhere
NO_FAULT = "no fault found"
EXPLAINED = (
    "Generated images beside real ones that were not used for training, scored in the same way: even a perfect "
    "generator scores what is listed under “real”, not 0 or 1. The scores are those of this app; they cannot be "
    "compared with an FID from elsewhere, because a different network looks at the images."
)


def render(run: Run, moment: Moment) -> Scores | None:
    """The card of the chosen generator; the evaluation that it shows, None when there is none."""
    st.header("Report card", anchor="report-card")
    rows = scores.rows(run)
    row = scores.newest(run, moment.step) or _passed(run, rows, moment)
    if row is None:
        _not_yet(rows, moment.step)
    else:
        if row.step < moment.step:
            st.caption(f":material/update: Of step {row.step:,}. The run has trained on since: score it again.")
        for finding in row.verdict:
            _finding(finding["name"], finding["text"])
        _counted(row)
        left, right = st.columns((3, 2), gap="large")
        with left:
            _table(row, scores.newest(run, row.step, "raw"))
        with right:
            _classes(row)
        _missing(row)
    _history(rows)
    return row


def _passed(run: Run, rows: list[Scores], moment: Moment) -> Scores | None:
    """Where the newest generator has no evaluation: that of an earlier newest one, which no slider reaches any more."""
    steps = run.snapshots()
    last = [row for row in rows if row.weights == "average" and row.step not in steps]
    return last[-1] if last and moment.snapshot is None else None


def _not_yet(rows: list[Scores], step: int) -> None:
    others = sorted({row.step for row in rows if row.weights == "average"})
    there = f" Scored so far: step {', '.join(f'{k:,}' for k in others)}." if others else ""
    st.info(
        f"Not available because the generator of step {step:,} has not been scored yet.{there}", icon=":material/info:"
    )


def _finding(name: str, text: str) -> None:
    """A finding: its sign, its name, its sentence."""
    words = f"**{plain(findings.title(name).capitalize())}.** {plain(text)}"
    if name == NO_FAULT:
        st.success(words, icon=":material/check_circle:")
    else:
        st.warning(words, icon=":material/warning:")


def _counted(row: Scores) -> None:
    """How it was measured: without it the numbers mean nothing."""
    evaluator = "no evaluator, pixels only"
    if row.evaluator:
        right, name = percent(row.evaluator["accuracy"], 2), str(row.evaluator["name"]).partition(" (")[0]
        evaluator = f"{name}, which classifies {right} of real test images correctly"
    sentence = (
        f"{row.n:,} images of step {row.step:,} against {row.split}. Measured by {evaluator}. "
        f"Took {row.seconds:.0f} s, not counting drawing."
    )
    st.caption(plain(sentence))
    for note in row.notes:
        st.caption(f":material/info: {plain(note)}")


def _table(row: Scores, raw: Scores | None) -> None:
    catalogue = metrics.catalogue()
    there = [key for key in catalogue if key in row.scores]
    first = metrics.prominent("report", there)
    st.html(_rows(first, catalogue, row, raw))
    if rest := [key for key in there if key not in first]:
        with st.expander("More scores"):
            st.html(_rows(rest, catalogue, row, raw))
    st.caption(EXPLAINED)
    if raw:
        st.caption("EMA: the moving average of G's weights, which is what you see. As trained: G itself.")


def _rows(keys: Iterable[str], catalogue: Mapping[str, metrics.Score], row: Scores, raw: Scores | None) -> str:
    """The table as HTML: a row a score, generated (twice where both kinds of weights were scored) beside real."""
    heads = ["generated, EMA", "as trained"] if raw else ["generated"]
    top: list[str | Cell] = ["score", *(Cell(head, "fake") for head in heads), Cell("real", "real"), ""]
    lines: list[list[str | Cell]] = []
    for key in keys:
        score = catalogue[key]
        columns = [row.scores, *([raw.scores] if raw else []), row.real]
        numbers = [score.text(column.get(key)) for column in columns]
        mark = Html(
            f"{SIGNS.get(score.better, '')} <span>{escape(score_text.BETTER_TEXTS.get(score.better, ''))}</span>"
        )
        lines.append([score.label, *numbers, mark])
    return html.table(top, lines, "report-scores", around="wide")


def _classes(row: Scores) -> None:
    if not row.shares or len(row.shares) != len(row.names):
        return
    st.markdown("**How the classifier labels the samples**")
    prior = row.prior if len(row.prior) == len(row.names) else ()
    st.html(html.bars(row.names, row.shares, prior, row.class_accuracy))


def _missing(row: Scores) -> None:
    names = {name: name.replace("-", " ").replace("_", " ") for name in row.why}
    for name, reason in row.why.items():
        st.caption(f"{plain(names[name].capitalize())}: not available because {plain(reason)}.")


def _history(rows: list[Scores]) -> None:
    """How the distance to real images changed over the steps that were scored."""
    newest = {row.step: row for row in rows if row.weights == "average"}
    if len(newest) < 2:
        return
    import plotly.graph_objects as go

    key = "fd" if all("fd" in row.scores for row in newest.values()) else "fd_pca"
    steps = sorted(step for step, row in newest.items() if key in row.scores)
    label = metrics.catalogue()[key].label
    figure = go.Figure()
    figure.add_scatter(
        x=steps,
        y=[newest[k].scores[key] for k in steps],
        mode="lines+markers",
        name="generated",
        line={"color": palette.FAKE},
    )
    floor = [newest[k].real.get(key) for k in steps]
    figure.add_scatter(x=steps, y=floor, mode="lines", name="real", line={"color": palette.REAL, "dash": "dot"})
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    figure.update_layout(height=260, margin={"l": 10, "r": 10, "t": 30, "b": 10}, legend=legend)
    figure.update_xaxes(title="step", rangemode="tozero")
    figure.update_yaxes(title=label, rangemode="tozero")
    st.plotly_chart(figure, key="report-history", config={"displayModeBar": False})
    st.caption(f"{label} of every generator of this run that was scored: lower is better.")
