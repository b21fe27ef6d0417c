"""Fork here: a popover with the form of a branch, for the generator that the time machine shows."""

from __future__ import annotations

import streamlit as st

from gan.runs import Run
from ui.shared import branch_form
from ui.shared.access import can_drive
from ui.shared.navigation import PAGES
from ui.shared.run_entries import Entry


def offer(entry: Entry, step: int) -> None:
    """The popover, for whoever drives. Starting leads to both futures on the Compare page."""
    if not can_drive():
        return
    assert entry.config
    with st.popover("Fork here", icon=":material/call_split:"):
        st.markdown(f"**A new run that continues from step {step:,}**")
        branch_form.render(entry.run, entry.config, step, _show)


def _show(futures: list[Run]) -> None:
    st.switch_page(PAGES / "compare.py", query_params={"runs": ",".join(run.id for run in futures)})
