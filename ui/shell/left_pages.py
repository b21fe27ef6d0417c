"""Keeps what still comes from a page that was left away from the page that is shown now.

Parts of a page run again on a timer (ui/shared/fragments.py). One that asked just before another page came would be run
after it, in the name of the page it was asked from: Streamlit tells the browser that it is on that one, which clears
the page, cannot place what comes next ("Cannot set a node at a delta path"), and shows nothing until it is loaded anew.
In a class, where a step of the teacher takes every phone to another page at once, some would be left behind.
"""

from __future__ import annotations

from typing import Any

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

_run = ScriptRunner._run_script


def install() -> None:
    """From here on parts of a page that was left are not run, in any session of this process."""
    ScriptRunner._run_script = _run_unless_left  # type: ignore[method-assign, assignment]


def _run_unless_left(runner: ScriptRunner, rerun: Any) -> None:
    """What Streamlit does for a request, unless it is for parts of another page than the one that ran last."""
    here = runner._pages_manager.current_page_script_hash
    if not (rerun.fragment_id_queue and here and rerun.page_script_hash not in ("", here)):
        _run(runner, rerun)
