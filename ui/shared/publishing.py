"""The part of a dialog that publishes a run: where to, what that costs, how it stands, and stopping it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gan import runs
from gan.hosting import publishing
from gan.hosting.publishing import Publication
from gan.runs import Run
from ui.shared import access, commands, run_entries
from ui.shared.errors import attempt, show
from ui.shared.fragments import again
from ui.shared.text import plain

LOOK_SECONDS = 2.0  # between two looks at what is published


def render(run: Run) -> None:
    """Nothing for a browser that may not do it."""
    if not access.has_pin():
        return
    st.divider()
    st.write(
        "**Published live**: a folder of files with the same page, kept up to date while the run trains; any web "
        "server hands it out, to any number of watchers. It waits when the run ends, for when it is resumed."
    )
    found = publishing.of(run)
    if found and found.active:
        again(_standing, run, found.stop.is_set(), every=LOOK_SECONDS)
        return
    if found and found.error:
        st.error(plain(found.error), icon=":material/error:")
    place = st.text_input("Folder on this machine", str(_place(run)), key=f"publish-to-{run.id}")
    st.caption(
        f"About {run_entries.weight(_size(run))} now, more while it trains. Keeping it up to date took 0.8 % of a core "
        "beside a run of `lean` (docs/publish.md, which also has the settings of a web server)."
    )
    if st.button("Publish", key="publish", icon=":material/podcasts:"):
        attempt(commands.publish, run, place)
        st.rerun(scope="app")
    show()


def _standing(run: Run, was_over: bool) -> None:
    found = publishing.of(run)
    if found is None or found.active == was_over:
        st.rerun(scope="app")
    assert found
    st.markdown(f":green-badge[:material/podcasts: published] `{plain(str(found.folder))}`")
    st.caption(_told(found))
    if st.button("Stop publishing", key="unpublish", icon=":material/stop:"):
        attempt(commands.unpublish, run)
        st.rerun(scope="app")


def _told(found: Publication) -> str:
    if not found.status:
        return "Writing the first files …"
    waits = "" if found.status in commands.ACTIVE else ", and waits for the run to go on"
    written = f"{found.files:,} files, {run_entries.weight(found.bytes)} written"
    return f"Up to date at step {found.step:,}{waits} · {written}"


def _place(run: Run) -> Path:
    return runs.root().absolute().parent / "published" / run.id


def _size(run: Run) -> int:
    """What the first copy takes, about: pictures, and half of every kept file of weights."""
    pictures = [run.picture("fixed", step) for step in run.pictures("fixed")]
    kept = [run.weights(step) for step in (None, *run.snapshots())]
    return _bytes(pictures) + _bytes(kept) // 2


def _bytes(paths: list[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())
