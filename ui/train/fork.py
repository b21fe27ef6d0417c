"""Fork here: a dialog that branches off the step that Train shows, then both futures beside each other on Compare."""

from __future__ import annotations

import contextlib

import streamlit as st

from gan.hosting import trainers
from gan.runs import Run, RunError
from ui.shared import branch_form, commands, generator_info
from ui.shared.access import HOW_TO_DRIVE, can_drive
from ui.shared.errors import say, show
from ui.shared.navigation import PAGES

ASKED = "fork-at"  # (run id, step) while the dialog is open


def ask(run: Run, step: int) -> None:
    """Opens the dialog for a step of a run; `render` shows it."""
    if can_drive():
        st.session_state[ASKED] = run.id, step
    else:
        say(HOW_TO_DRIVE)


def render(run: Run) -> None:
    """Shows the dialog while it is open for this run."""
    run_id, step = st.session_state.get(ASKED, ("", 0))
    if run_id == run.id:
        st.dialog("Fork here", on_dismiss=close)(_body)(run, step)


def close() -> None:
    """Closes the dialog with the next run of the page."""
    st.session_state.pop(ASKED, None)


def _body(run: Run, wanted: int) -> None:
    steps = kept(run)
    if not steps:
        st.info("Not available yet: this run has kept no generator so far.", icon=":material/info:")
        return
    step = min(steps, key=lambda each: (abs(each - wanted), each))
    where = f"From step {step:,}" if step == wanted else f"You look at step {wanted:,}; kept was step {step:,}"
    st.markdown(f"**{where}.** One thing is changed, and both futures are shown side by side.")
    branch_form.render(run, run.config(), step, _show)
    show()


def kept(run: Run) -> list[int]:
    """The steps from which a branch can go on; without the newest generator while that is replaced again and again."""
    steps = {*run.states(), *run.snapshots()}
    if trainers.status(run) not in commands.ACTIVE:
        with contextlib.suppress(RunError):
            steps.add(generator_info.about(run).step)
    return sorted(steps)


def _show(futures: list[Run]) -> None:
    close()
    st.switch_page(PAGES / "compare.py", query_params={"runs": ",".join(run.id for run in futures)})
