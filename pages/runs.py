"""Runs: all of them, newest first, with what can be done to each; and the report of one.

A link brings a view back: `?q=WORDS`, `?show=STATUS`, `?page=N`; `?report=ID`, `?report=ID&step=N`; `?sweep=NAME`.
"""

import streamlit as st

from ui.report import page
from ui.runs import class_zip, dialogs, row, sweep_view
from ui.shared import assets, commands, run_entries, uploads
from ui.shared.access import HOW_TO_DRIVE, can_drive
from ui.shared.errors import attempt, show
from ui.shared.fragments import again
from ui.shared.navigation import PAGES
from ui.shared.run_entries import Entry
from ui.shared.text import plain

A_PAGE = 10  # runs drawn at once
MANY = 6  # runs from which there is a search
LOOK = 3.0  # seconds between two looks for what changed elsewhere
STAMP = "runs-stamp"
SHOWN = {"all": "All", "active": "Training", "finished": "Finished", "stopped": "Stopped", "failed": "Failed"}


def watch(shown: Entry | None = None) -> None:
    """Redraws the page when a run came, went, had something done to it elsewhere, or when the report changed."""
    outline = page.outline(Entry.of(shown.run)) if shown and shown.run.path.is_dir() else None
    if (run_entries.stamp(), outline) != st.session_state[STAMP]:
        st.rerun()


def follow(shown: Entry | None = None) -> None:
    """Looks for changes as long as the page is open."""
    st.session_state[STAMP] = run_entries.stamp(), page.outline(shown) if shown else None
    again(watch, shown, every=LOOK)


def head(entries: list[Entry]) -> list[Entry]:
    """Title, search and filter; returns the runs that are wanted."""
    with st.container(horizontal=True, vertical_alignment="center", key="runs-head"):
        title = st.empty()
        words, kind = "", "all"
        if len(entries) > MANY:
            words = (
                st.text_input(
                    "Search",
                    key="q",
                    type="search",
                    live=True,
                    bind="query-params",
                    placeholder="Title, model, data, loss …",
                    label_visibility="collapsed",
                )
                or ""
            )
            kind = st.segmented_control(
                "Show",
                SHOWN,
                default="all",
                format_func=SHOWN.__getitem__,
                key="show",
                required=True,
                bind="query-params",
                label_visibility="collapsed",
            )
        if can_drive() and st.button("Open a zip", icon=":material/folder_zip:"):
            dialogs.open_zip()
        if can_drive() and st.button("New run", icon=":material/add:", type="primary"):
            st.switch_page(PAGES / "train.py", query_params={"preset": "lean"})
    if not can_drive():
        st.caption(f":material/visibility: {HOW_TO_DRIVE}")
    statuses = commands.ACTIVE if kind == "active" else (kind,)
    split = words.casefold().split()
    wanted = [e for e in entries if (kind == "all" or e.status in statuses) and e.says(split)]
    count = f"{len(entries)} {'run' if len(entries) == 1 else 'runs'}"
    if len(wanted) < len(entries):
        count = f"{len(wanted)} of {count}"
    title.header(count, anchor=False, width="content")
    return wanted


def rows(wanted: list[Entry]) -> None:
    """One page of the list."""
    pages = max(1, -(-len(wanted) // A_PAGE))
    at = min(pages, st.session_state.get("page", 1))
    with st.container(key="run-list", gap=None):
        for entry in wanted[(at - 1) * A_PAGE : at * A_PAGE]:
            if picked := row.render(entry):
                act(picked, entry)
    if pages > 1:
        st.pagination(pages, key="page", bind="query-params")
    if not wanted:
        st.info("No run matches.", icon=":material/search_off:")


def act(picked: str, entry: Entry) -> None:
    """What was picked from the menu of a run."""
    run = entry.run
    match picked:
        case "report":
            st.query_params.from_dict({page.LINK: run.id})
            st.rerun()
        case "resume":
            attempt(commands.resume, run)
            st.rerun()
        case "gently":
            attempt(commands.resume_gently, run)
            st.rerun()
        case "stop":
            attempt(commands.stop, run)
            st.rerun()
        case "like":
            st.switch_page(PAGES / "train.py", query_params={"like": run.id})
        case "compare":
            st.switch_page(PAGES / "compare.py", query_params={"runs": run.id})
        case dialog:
            dialogs.open_(dialog, run)


def uploaded() -> None:
    """The zips that were uploaded, and a button that removes those that no run names."""
    if not (kept := uploads.every()) or not can_drive():
        return
    unused = uploads.unused()
    size = run_entries.weight(sum(path.stat().st_size for path in kept))
    with st.container(horizontal=True, vertical_alignment="center", key="uploads"):
        zips = "1 uploaded zip" if len(kept) == 1 else f"{len(kept)} uploaded zips"
        idle = "no run uses" if unused else "a run uses"
        which = f"no run uses {len(unused)} of them" if len(kept) > 1 else f"{idle} it"
        st.caption(f":material/folder_zip: {zips}, {size}; {which}.")
        if st.button("Remove those", icon=":material/delete:", disabled=not unused):
            attempt(commands.remove_uploads)
            st.rerun()


def empty() -> None:
    st.header("No runs yet", anchor=False)
    st.write(
        "A run is one training session: its settings, its curves, its pictures, its networks. Start one on the Train "
        "page; it appears here with its first step, and stays until you delete it."
    )
    st.page_link(PAGES / "train.py", label="Go to Train", icon=":material/arrow_forward:")
    if can_drive() and st.button("Open the zip of a run", icon=":material/folder_zip:"):
        dialogs.open_zip()


def one(run_id: str, entries: list[Entry]) -> None:
    """The report of one run, or where else to go."""
    shown = next((entry for entry in entries if entry.run.id == run_id), None)
    follow(shown)
    if shown:
        page.render(shown)
        return
    st.warning(f"There is no run '{plain(run_id[:80])}' here.", icon=":material/search_off:")
    if st.button("All runs", icon=":material/arrow_back:"):
        st.query_params.clear()
        st.rerun()


for style in ("pages/runs.css", "report/report.css"):
    st.html(assets.FOLDER / style)
entries = run_entries.entries()
if asked := st.query_params.get(page.LINK):
    one(asked, entries)
elif name := st.query_params.get(sweep_view.LINK):
    follow()
    show()
    sweep_view.render(name)
elif entries:
    follow()
    show()
    wanted = head(entries)
    sweep_view.links()
    rows(wanted)
    class_zip.offer()
    uploaded()
    dialogs.render(entries)
else:
    follow()
    show()
    empty()
    uploaded()
    dialogs.render(entries)
