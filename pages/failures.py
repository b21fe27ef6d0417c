"""Failures: runs that are broken on purpose. Predict what will happen, watch it, mend it.

A link brings it back: `?case=PRESET` the question, with `&run=ID` the run that answers it.
"""

import streamlit as st

from gan import runs
from gan.runs import RunError
from ui.failures import cases, repair
from ui.shared import presets
from ui.shared.text import plain

asked = st.query_params
try:
    run = runs.find(asked["run"]) if "run" in asked else None
    case = repair.case_of(run) if run else presets.scenarios().get(asked.get("case", ""))
except RunError as error:
    st.warning(plain(str(error)), icon=":material/search_off:")
    run = case = None
if case is None:
    cases.gallery()
elif run is None:
    cases.question(case)
else:
    cases.reveal(case, run)
