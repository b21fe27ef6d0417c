"""The cases of the page Failures: a gallery of them, and one of them as a question, a run and a fix."""

from __future__ import annotations

import streamlit as st

from gan import registry
from gan.config import knob_of
from gan.runs import Run
from ui.failures import prediction, repair
from ui.shared import html, making_room, presets
from ui.shared.access import can_drive
from ui.shared.errors import show
from ui.shared.fragments import again
from ui.shared.live_view import live
from ui.shared.navigation import PAGES
from ui.shared.presets import Preset
from ui.shared.settings_text import shown
from ui.train import starting

COLUMNS = 4
LOOK_SECONDS = 2.0  # between two looks for a case that was started elsewhere
INTRODUCTION = (
    "Each of these runs is broken on purpose and fails within a minute. **Predict** what will happen, **watch** "
    "whether it does, then **fix** it: one click runs the fixed version side by side."
)


def gallery() -> None:
    """Every case with what is unusual in it, and nothing of what comes of that."""
    st.markdown(INTRODUCTION)
    follow(None)
    cases, busy = presets.scenarios(), making_room.busy()
    if busy and can_drive():
        st.caption(making_room.warning(busy, "Running a case"))
    starting.render()
    for start in range(0, len(cases), COLUMNS):
        places = st.columns(COLUMNS, gap="small")
        for number, case in enumerate(list(cases.values())[start : start + COLUMNS], start + 1):
            with (
                places[(number - 1) % COLUMNS],
                st.container(key=f"case-{case.name}", gap="small", height="stretch", border=True),
            ):
                st.markdown(f"## Case {number}\n{setup(case)}")
                with st.container(horizontal=True, gap="small"):
                    if st.button("What will happen?", key=f"open-{case.name}", icon=":material/psychology:"):
                        st.query_params.from_dict({"case": case.name})
                        st.rerun()
                    label = "Stop it and run this" if busy else "Just run it"
                    if can_drive() and st.button(label, key=f"run-{case.name}", type="tertiary"):
                        _run(case, busy)


def question(case: Preset) -> None:
    """A case before it has run: its settings, the answers, and the press that runs it."""
    _head(case)
    left, right = st.columns([5, 6], gap="large")
    with left:
        _settings(case)
    with right:
        prediction.ask(case, None, prediction.keep)
        _run_it(case)
    follow(case)
    show()


def reveal(case: Preset, run: Run) -> None:
    """A case that runs: what was predicted, the run itself, and, once the light tells, what mends it."""
    _head(case)
    starting.render()
    prediction.ask(case, run, prediction.keep)
    repair.callout(run, "failures")
    live(run.id, key="failure")
    with st.container(horizontal=True, gap="small"):
        if st.button("Next case", icon=":material/arrow_forward:", key="next-case"):
            _open(case=_after(case))
        if st.button("Ask this one again", icon=":material/replay:", key="again-case"):
            _open(case=case.name)
        link = {"run": run.id}
        st.page_link(PAGES / "train.py", label="Open on Train", icon=":material/model_training:", query_params=link)
    show()


def setup(case: Preset) -> str:
    """What is unusual in a case, in a sentence."""
    return (case.scenario.setup if case.scenario else "") or case.sentence


def follow(case: Preset | None) -> None:
    """Offers the way to a case, or to this one, that was started elsewhere. A class is led there by the stage."""
    again(_follow, case.name if case else "", every=LOOK_SECONDS)


def _follow(name: str) -> None:
    busy = {presets.name_of(run): run for run in making_room.busy()}
    there = [known for known in presets.scenarios() if known in busy and name in ("", known)]
    if not there:
        return
    link = {"case": there[0], "run": busy[there[0]].id}
    if st.button("Go to the case that is running", icon=":material/arrow_forward:", key="go-to-case"):
        _open(**link)


def _head(case: Preset) -> None:
    cases = list(presets.scenarios())
    with st.container(horizontal=True, vertical_alignment="center", key="case-head"):
        st.header(f"Case {cases.index(case.name) + 1} of {len(cases)}", anchor=False)
        if st.button("All cases", type="tertiary", icon=":material/arrow_back:", key="all-cases"):
            _open()
    st.markdown(setup(case))


def _settings(case: Preset) -> None:
    """What is set otherwise than in a healthy run."""
    if case.scenario is None:
        return
    values = presets.settings(case.name)
    rows = [
        [knob_of(name).label, shown(name, values[name]), shown(name, healthy)]
        for name, healthy in case.scenario.repair.items()
    ]
    model, data = registry.card("models", values["model"]).title, registry.card("datasets", values["dataset"]).title
    st.html(html.table(["", "this run", "a healthy one"], rows, around="wide"))
    st.caption(f"{model} on {data}. Everything else is as in the healthy run, the seed included.")


def _run(case: Preset, busy: list[Run]) -> None:
    """Starts a case; what trains is stopped for it."""
    making_room.stop(busy)
    prediction.forget()
    starting.begin_preset(case.name, case=case.name)


def _run_it(case: Preset) -> None:
    busy = making_room.busy()
    ready = prediction.answered(case)
    if busy and can_drive():
        st.caption(making_room.warning(busy, "Running this"))
    why = None if ready else "Pick an answer first."
    if can_drive() and st.button(
        "Stop it and run this" if busy else "Run it and see",
        key="run-case",
        type="primary",
        icon=":material/play_arrow:",
        disabled=not ready,
        help=why,
    ):
        _run(case, busy)
    starting.render()
    if not can_drive():
        st.caption(":material/visibility: Pick your answer. The run appears here as soon as it is started.")


def _after(case: Preset) -> str:
    names = list(presets.scenarios())
    return names[(names.index(case.name) + 1) % len(names)]


def _open(**link: str) -> None:
    st.query_params.from_dict(link)
    st.rerun()
