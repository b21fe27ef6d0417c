"""What can be taken home of a run: a zip with a script of its own, one page, a figure for slides."""

from __future__ import annotations

import functools
import threading
from typing import Literal

import streamlit as st

from gan.runs import Run, RunError
from ui.shared import film, publishing, run_entries, zip_job
from ui.shared.fragments import again
from ui.shared.text import plain

OPEN = "download"  # the id of the run whose dialog is open on a page that shows one run
Kind = Literal["png", "svg", "pdf"]
KINDS: tuple[Kind, ...] = ("png", "svg", "pdf")
POLL_SECONDS = 0.5  # between two looks at a zip being made
_PAGES = threading.Lock()  # held while a page is made: each takes seconds of a core


def prepare(run: Run) -> None:
    """Begins to pack the run, so that the zip is there when it is wanted; not where there is one or no generator."""
    if run.weights().is_file() and zip_job.packed(run) is None:
        zip_job.begin(run)


def open_(run: Run) -> None:
    """Opens the dialog of a run on a page that shows one; `render` shows it."""
    prepare(run)
    st.session_state[OPEN] = run.id


def render(run: Run) -> None:
    """The dialog where it is open; it stays open when the page is drawn again."""
    if st.session_state.get(OPEN) == run.id:
        st.dialog("Download", width="medium", on_dismiss=_close)(choices)(run)


def _close() -> None:
    st.session_state.pop(OPEN, None)


def choices(run: Run) -> None:
    """The zip, made on demand, and the figure for slides."""
    st.markdown(f"**{plain(run.control().title or run.id)}**")
    st.write(
        "One zip with the weights, the settings, the history, the last samples, a GIF of the training, and a "
        "script in plain PyTorch that rebuilds both networks, draws and can train on: nothing of this app is needed."
    )
    if not run.weights().is_file():
        st.info("Not available yet: this run has no generator so far.", icon=":material/info:")
    else:
        job = zip_job.job(run)
        running = job is not None and job.state == "running"
        again(_zip, run, running, every=POLL_SECONDS if running else None)
        st.divider()
        st.write(
            "**One page**: pictures through time, curves, its generator in your hand, the quiz, the report, the code. "
            "It opens anywhere without a network, even from a USB stick."
        )
        st.download_button(
            "Page (.html)",
            functools.partial(_page, run),
            f"{run.id}.html",
            "text/html",
            key="page",
            on_click="ignore",
            icon=":material/web:",
        )
        publishing.render(run)
    if run.pictures("fixed"):
        st.divider()
        st.write("**A film to share**, as a GIF or a video.")
        film.render(run, "take")
    st.divider()
    st.write("**A figure for slides**: the curves, and the grids of several steps beside real pictures.")
    with st.container(horizontal=True):
        for kind in KINDS:
            st.download_button(
                kind.upper(),
                functools.partial(_figure, run, kind),
                f"{run.id}.{kind}",
                key=f"figure-{kind}",
                on_click="ignore",
                icon=":material/image:",
            )


def _zip(run: Run, was_running: bool) -> None:
    job, made = zip_job.job(run), zip_job.packed(run)
    running = job is not None and job.state == "running"
    if running != was_running:
        st.rerun(scope="app")  # the dialog with another timer; it stays open
    if job and running:
        st.progress(job.done / max(job.total, 1), f"Packing … {plain(job.text)}")
        return
    if job and job.state == "failed":
        st.error(plain(job.error), icon=":material/error:")
    if made:
        size = run_entries.weight(len(made.content))
        st.download_button(
            f"Download the zip ({size})",
            made.content,
            f"{run.id}.zip",
            "application/zip",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )
        if made.is_current(run):
            return
        st.caption("The run has trained on since this zip was packed.")
    label = "Pack it again" if made else "Pack the zip"
    if st.button(label, type="secondary" if made else "primary", icon=":material/folder_zip:"):
        zip_job.begin(run)
        st.rerun(scope="app")


def _page(run: Run) -> str:
    """The run as one page; in its place the sentence that says why it is not handed out."""
    from gan.export import watch_page

    try:
        with _PAGES:
            return watch_page.one_file(run)
    except RunError as why:
        return str(why)


def _figure(run: Run, kind: Kind) -> bytes:
    from gan.export import figure

    return figure.figure(run, kind)
