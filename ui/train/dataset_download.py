"""Data that is not on this machine yet: one button that gets it, and a place for own images."""

from __future__ import annotations

import streamlit as st

from gan import registry
from gan.hosting import jobs
from ui.shared import commands, compatibility, own_tab
from ui.shared.access import can_drive
from ui.shared.errors import attempt
from ui.shared.fragments import again
from ui.shared.text import plain

FILES = ["zip", "tar", "gz", "bz2", "xz", "tgz", "npz", "npy", "csv", "parquet"]  # the content decides what a file is
POLL_SECONDS = 0.5  # between two looks at a download
WANTED = "wanted-data"  # in the session: what was asked for, to be chosen once it is here
GIVEN = "given-upload"  # in the session: the file from the browser that is kept already


def offer(chosen: str, source_key: str) -> None:
    """What the chosen data set still needs; beside the made digits, the real ones."""
    if "source" in registry.card("datasets", chosen).facts.get("KNOBS", ()):
        _source(source_key)
    elif compatibility.missing(chosen):
        _getting(chosen)
    elif chosen == "strokes" and compatibility.missing("mnist"):
        _getting("mnist")


def _getting(name: str) -> None:
    job = jobs.job(compatibility.data_job(name))
    running = job is not None and job.state == "running"
    again(_progress, name, every=POLL_SECONDS if running else None)


def _progress(name: str) -> None:
    """The button, or how far it is; a whole run of the page when that changes."""
    job = jobs.job(compatibility.data_job(name))
    if job and job.state == "running":
        st.progress(min(1.0, job.done / job.total) if job.total else 0.0, text=plain(job.text))
        return
    if not compatibility.missing(name):
        st.rerun()
    if job and job.state == "failed":
        st.error(plain(job.error), icon=":material/cloud_off:")
    if can_drive() and st.button(_label(name), key=f"get-{name}", icon=":material/download:"):
        attempt(commands.get_data, name)
        st.session_state[WANTED] = name
        st.rerun()


def _label(name: str) -> str:
    card = registry.card("datasets", name)
    if size := card.facts.get("DOWNLOAD_MB"):
        return f"Get {card.title} ({size} MB)"
    return f"Make {card.title}"


def arrived() -> str:
    """The data set this session has asked for, once it is here; "" otherwise."""
    name = st.session_state.get(WANTED, "")
    if not name or compatibility.missing(name):
        return ""
    del st.session_state[WANTED]
    return str(name)


def _source(source_key: str) -> None:
    """A file from the browser, or a folder or file that lies on the machine that trains; nothing for a watcher."""
    if not can_drive():
        return
    zipped = own_tab.file_uploader(
        "A zip of your images, or a file of arrays",
        type=FILES,
        max_upload_size=commands.UPLOAD_MB,
        help="At most 64 MB. It is kept under a name made from its content.",
    )
    # Kept once: each run of the page would give it a new date, and so have it read anew, and undo a folder typed since.
    new = zipped is not None and zipped.file_id != st.session_state.get(GIVEN)
    if zipped and new and (path := attempt(commands.keep_upload, zipped.getvalue())):
        st.session_state.update({source_key: path, GIVEN: zipped.file_id})
    st.text_input(
        "… or a folder or zip on this machine",
        key=source_key,
        placeholder="/home/me/pictures",
    )
