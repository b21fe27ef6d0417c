"""The dialogs of the Runs page. Which one is open is kept, so that a redrawn page does not close it."""

from __future__ import annotations

import streamlit as st

from gan.runs import Run
from ui.shared import commands, download, own_tab, run_entries
from ui.shared.access import can_drive
from ui.shared.errors import attempt, show
from ui.shared.run_entries import Entry, Facts
from ui.shared.text import plain

OPEN = "runs-dialog"  # (what, run id) or absent


def open_(what: str, run: Run) -> None:
    """Opens a dialog; `render` shows it."""
    if what == "take":
        download.prepare(run)
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
            st.dialog("Download", width="medium", on_dismiss=close)(download.choices)(entry.run)
        case "rename":
            st.dialog("Rename", on_dismiss=close)(_rename)(entry)
        case "delete":
            st.dialog("Delete", on_dismiss=close)(_delete)(entry)
    return None


def _open_zip() -> None:
    """Takes the zip of an exported run, and shows the run in its report."""
    st.write(
        "The zip of a run, as **Download …** packs it, here or in someone else's Forger. It becomes a run of its "
        "own: to explore, compare, score and fork. It cannot be resumed: the zip has no training state."
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
        "This cannot be undone."
    )
    if facts.shipped:
        st.caption("It ships with the app, which shows it to newcomers.")
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
