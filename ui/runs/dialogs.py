"""The dialogs of the Runs page. Which one is open is kept, so that a redrawn page does not close it."""

from __future__ import annotations

import functools
import threading
from typing import Literal

import streamlit as st

from gan.runs import Run, RunError
from ui.runs import zip_job
from ui.shared import commands, own_tab, run_entries
from ui.shared.access import can_drive
from ui.shared.errors import attempt, show
from ui.shared.fragments import again
from ui.shared.run_entries import Entry, Facts
from ui.shared.text import plain

OPEN = "runs-dialog"  # (what, run id) or absent
Kind = Literal["png", "svg", "pdf"]
KINDS: tuple[Kind, ...] = ("png", "svg", "pdf")
POLL_SECONDS = 0.5  # between two looks at a zip being made
_PAGES = threading.Lock()  # held while a page is made: each takes seconds of a core


def open_(what: str, run: Run) -> None:
    """Opens a dialog; `draw` shows it."""
    st.session_state[OPEN] = what, run.id


def open_zip() -> None:
    """Opens the dialog that takes the zip of a run."""
    st.session_state[OPEN] = "zip", ""


def close() -> None:
    """Closes the dialog with the next run of the page."""
    st.session_state.pop(OPEN, None)


def render(entries: list[Entry]) -> None:
    """Shows the dialog that is open, unless its run is gone."""
    what, run_id = st.session_state.get(OPEN, ("", ""))
    if what == "zip":
        return st.dialog("Open a zip", on_dismiss=close)(_open_zip)()
    entry = next((entry for entry in entries if entry.run.id == run_id), None)
    if entry is None:
        return close()
    match what:
        case "take":
            st.dialog("Download", width="medium", on_dismiss=close)(_take)(entry)
        case "rename":
            st.dialog("Rename", on_dismiss=close)(_rename)(entry)
        case "delete":
            st.dialog("Delete", on_dismiss=close)(_delete)(entry)
    return None


def _open_zip() -> None:
    """Takes the zip of an exported run, and shows the run in its report."""
    st.write(
        "The zip of a run, as **Download …** packs it, here or in somebody else's Forger. It becomes a run of its "
        "own: to explore, compare, score and branch from. It has no state to train on from."
    )
    given = own_tab.file_uploader("Zip of a run", type="zip", disabled=not can_drive(), key="zip-of-a-run")
    st.caption(f"Larger than {commands.UPLOAD_MB} MB: `python -m gan import FILE.zip` in a shell.")
    opened = attempt(commands.open_zip, given.getvalue(), given.name) if given else None
    if opened:
        close()
        st.query_params.from_dict({"report": opened.id})
        st.toast(f"{plain(opened.control().title)} is here.")
        st.rerun()
    show()


def _rename(entry: Entry) -> None:
    with st.form("rename", border=False):
        title = st.text_input("Title", entry.title, max_chars=120)
        st.caption(f"The id, `{entry.run.id}`, and so every link to the run, stays.")
        sent = st.form_submit_button("Rename", type="primary", disabled=not can_drive())
    renamed = attempt(commands.rename, entry.run, title) if sent else None
    if renamed:
        close()
        st.rerun()
    show()


def _delete(entry: Entry) -> None:
    """Names what is lost; a run being trained has to be stopped before."""
    run, name = entry.run, plain(entry.title)
    if entry.status in commands.ACTIVE:
        st.write(f"**{name}** is being trained. Stop it first; that loses nothing.")
        if st.button("Stop it", icon=":material/stop:", disabled=not can_drive()):
            attempt(commands.stop, run)
            st.rerun()
        return show()
    facts, size = Facts.of(entry), sum(run_entries.sizes(run).values())
    pictures = len(run.pictures("fixed")) + len(run.pictures("random"))
    st.write(
        f"**{name}** will be gone for good: {facts.step:,} steps, {run_entries.lasted(facts.seconds)} of training, "
        f"{pictures} pictures, {len(run.snapshots())} kept generators, {run_entries.weight(size)} in all. "
        "There is no undo."
    )
    if facts.shipped:
        st.caption("It came along with the app, which shows it to those who come here first.")
    with st.container(horizontal=True):
        if st.button("Delete for good", type="primary", icon=":material/delete:", disabled=not can_drive()):
            attempt(commands.delete, run)
            if not run.path.exists():
                st.toast(f"{name} is gone.")
                close()
                st.rerun()
        if st.button("Keep it"):
            close()
            st.rerun()
    return show()


def _take(entry: Entry) -> None:
    """The zip, made on demand, and the figure for slides."""
    st.markdown(f"**{plain(entry.title)}**")
    st.write(
        "One zip with the weights, the settings, the history, the last samples, a GIF of the training, and a "
        "script in plain PyTorch that rebuilds both networks, draws and can train on: nothing of this app is needed."
    )
    if not entry.run.weights().is_file():
        st.info("Not available yet: this run has no generator so far.", icon=":material/info:")
    else:
        job = zip_job.job(entry.run)
        running = job is not None and job.state == "running"
        again(_zip, entry.run, running, every=POLL_SECONDS if running else None)
        st.divider()
        st.write(
            "**One page**: pictures through time, curves, its generator in your hand, the quiz, the report, the code. "
            "It opens anywhere without a network, also from a stick."
        )
        st.download_button(
            "Page (.html)",
            functools.partial(_page, entry.run),
            f"{entry.run.id}.html",
            "text/html",
            key="page",
            on_click="ignore",
            icon=":material/web:",
        )
    st.divider()
    st.write("**A figure for slides**: the curves, and the grids of several steps beside real pictures.")
    with st.container(horizontal=True):
        for kind in KINDS:
            st.download_button(
                kind.upper(),
                functools.partial(_figure, entry.run, kind),
                f"{entry.run.id}.{kind}",
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
