"""Data that is not on this machine yet: one button that gets it, and a place for own images."""

from __future__ import annotations

import streamlit as st

from gan import hosts, registry
from ui import choices, commands
from ui.access import can_drive
from ui.again import again
from ui.trouble import attempt

EVERY = 0.5  # seconds between two looks at a download
WANTED = "wanted-data"  # in the session: what was asked for, to be chosen once it is here


def offer(chosen: str, source_key: str) -> None:
    """What the chosen data set still needs; beside the made digits, the real ones."""
    if chosen == "own-images":
        _own_images(source_key)
    elif choices.missing(chosen):
        _getting(chosen)
    elif chosen == "strokes" and choices.missing("mnist"):
        _getting("mnist")


def _getting(name: str) -> None:
    job = hosts.job(choices.data_job(name))
    running = job is not None and job.state == "running"
    again(_progress, name, every=EVERY if running else None)


def _progress(name: str) -> None:
    """The button, or how far it is; a whole run of the page when that changes."""
    job = hosts.job(choices.data_job(name))
    if job and job.state == "running":
        st.progress(min(1.0, job.done / job.total) if job.total else 0.0, text=job.text)
        return
    if not choices.missing(name):
        st.rerun()
    if job and job.state == "failed":
        st.error(job.error, icon=":material/cloud_off:")
    label, can = _label(name), can_drive()
    if st.button(label, key=f"get-{name}", icon=":material/download:", disabled=not can):
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
    if not name or choices.missing(name):
        return ""
    del st.session_state[WANTED]
    return str(name)


def _own_images(source_key: str) -> None:
    """A zip from the browser, or a folder or zip that lies on the machine that trains."""
    zipped = st.file_uploader(
        "A zip of your images",
        type="zip",
        max_upload_size=commands.UPLOAD_MB,
        disabled=not can_drive(),
        help="At most 64 MB. It is kept under a name made from its content.",
    )
    if zipped and (path := attempt(commands.keep_upload, zipped.getvalue())):
        st.session_state[source_key] = path
    st.text_input(
        "… or a folder or zip on this machine",
        key=source_key,
        placeholder="/home/me/pictures",
        disabled=not can_drive(),
    )
