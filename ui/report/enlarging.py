"""What generated pictures are worth as training data: measured at the press of a button, kept with the run."""

from __future__ import annotations

from html import escape
from statistics import median

import streamlit as st

from gan.hosting import jobs
from gan.runs import Run, enlarged, scores
from ui.shared import commands, compatibility, html
from ui.shared.access import HOW_TO_DRIVE, can_drive
from ui.shared.errors import attempt
from ui.shared.fragments import again
from ui.shared.html import Cell, Html
from ui.shared.text import plain

POLL_SECONDS = 1.0
ABOUT = (
    "Can generated pictures stand in for real ones? A small classifier is trained four ways: on some real pictures, on "
    "these and as many fakes, on these shifted and turned, and on fakes alone; then it reads real test pictures. "
    "*Fakes judged* is the reverse: the share of fakes that the classifier trained on real pictures reads as the class "
    "that was asked for. The generator has seen every training picture, the classifier only some: where fakes help, "
    "they may pass on what the generator learned from the others."
)


def render(run: Run) -> None:
    """The section; of a run that can be asked for classes."""
    st.header("As training data", anchor="as-training-data")
    running = _running(run)
    again(_render, run, running, every=POLL_SECONDS if running else None)


def _render(run: Run, was_running: bool) -> None:
    running = _running(run)
    if was_running != running:
        st.rerun()
    st.container(width=760).markdown(ABOUT)
    if running:
        return _progress(run)
    if kept := enlarged.load(run):
        step, table = kept
        st.html(_table(table))
        st.caption(f"Accuracy on test pictures at step {step:,}: median and range over the seeds.")
        st.markdown(plain(enlarged.verdict(table)))
    job = jobs.job(compatibility.enlarging_job(run.id))
    if job and job.state == "failed":
        st.error(plain(job.error), icon=":material/error:")
    why = scores.unwritable(run) or ("Takes a minute or more." if can_drive() else HOW_TO_DRIVE)
    disabled = not can_drive() or bool(scores.unwritable(run))
    label = "Measure again" if kept else "Measure"
    if st.button(label, key="enlarge", icon=":material/straighten:", disabled=disabled, help=why):
        attempt(commands.measure_enlarging, run)
        st.rerun()
    return None


def _progress(run: Run) -> None:
    job = jobs.job(compatibility.enlarging_job(run.id))
    if job is None:
        return
    st.progress(min(1.0, job.done / job.total) if job.total else 0.0, plain(job.text or "Loading …"))
    if st.button("Cancel", key="enlarge-stop", icon=":material/close:", disabled=not can_drive()):
        attempt(commands.stop_enlarging, run)


def _running(run: Run) -> bool:
    job = jobs.job(compatibility.enlarging_job(run.id))
    return job is not None and job.state == "running"


def _table(table: enlarged.Table) -> str:
    """Bars as long as the median, with the range in words, a column for each number of real pictures."""
    counts = [*next(iter(table.values()))]
    rows: list[list[str | Cell]] = [[kind, *(_bar(row[n]) for n in counts)] for kind, row in table.items()]
    return html.table(["", *(f"{n:,} real" for n in counts)], rows, around="wide")


def _bar(values: list[float]) -> Cell:
    middle, low, high = (100 * value for value in (median(values), min(values), max(values)))
    told = escape(f"{middle:.1f} % ({low:.1f} to {high:.1f})")
    return Cell(Html(f'<span class="report-share"><i style="width:{middle:.1f}%"></i></span>{told}'))
