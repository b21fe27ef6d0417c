"""A button that has a generator scored, with the progress and the error of that job."""

from __future__ import annotations

import streamlit as st

from gan.hosting import jobs
from gan.runs import Run
from ui.shared import commands, compatibility
from ui.shared.access import can_drive
from ui.shared.errors import attempt
from ui.shared.fragments import again
from ui.shared.text import plain

POLL_SECONDS = 1.0  # between two looks at an evaluation


def offer(run: Run, name: str, text: str, label: str = "Score it", step: int | None = None) -> None:
    """`name` and `text`, both Markdown, with the button beside them, or how far the evaluation is.

    The page is drawn anew when that has ended.
    """
    running = _running(run, step)
    again(_offer, run, name, text, label, step, running, every=POLL_SECONDS if running else None)


def _offer(run: Run, name: str, text: str, label: str, step: int | None, was_running: bool) -> None:
    running = _running(run, step)
    if was_running != running:
        st.rerun()
    job = jobs.job(compatibility.score_job(run.id, step))
    if job and running:
        share = min(1.0, job.done / job.total) if job.total else 0.0
        st.progress(share, f"{name}: {plain(job.text[:1].lower() + job.text[1:])} …")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{name} {text}", width="content")
        key = f"score-{run.id}-{step}"
        mark, why = ":material/straighten:", "Takes half a minute or more on all cores."
        if can_drive() and st.button(label, key=key, icon=mark, help=why):
            attempt(commands.evaluate, run, step)
            st.rerun()
    if job and job.state == "failed":
        st.error(plain(job.error), icon=":material/error:")


def _running(run: Run, step: int | None) -> bool:
    job = jobs.job(compatibility.score_job(run.id, step))
    return job is not None and job.state == "running"
