"""Train (home): the run on screen, what can be done to it, and the form that starts a new one."""

import streamlit as st

from gan import runs

found = runs.runs()
wanted = st.query_params.get("run", found[0].id if found else "")
try:
    from ui.live import live
except ImportError:
    st.write(f"The live view of {wanted or 'a run'} comes here.")
else:
    if wanted:
        live(wanted)
