"""The health light of the run on screen, read by a page itself."""

from __future__ import annotations

import streamlit as st

from gan.diagnostics import health
from gan.diagnostics.health_log import HealthStatus, log_of
from gan.runs import Run
from gan.runs.log_reader import LogReader

READER = "log-reader"  # in the session: of the run on screen, which reads only what is new


def light(run: Run) -> HealthStatus | None:
    """The status of a run by its log; None before its first record. Raises OSError and RunError as reading does."""
    reader = st.session_state.get(READER)
    if reader is None or reader.run.path != run.path:
        reader = st.session_state[READER] = LogReader(run)
    return health.diagnose(log_of(run, reader))
