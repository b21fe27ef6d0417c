"""Explore: move through the noise of a generator and watch its pictures follow, also while it is trained.

A link brings a view back: `?run=ID`, and what the explorer itself adds to it (step, seed, z).
"""

import streamlit as st

from gan import registry, runs
from gan.runs import Run, RunError
from ui import links
from ui.explorer import explorer, makes_points
from ui.words import plain

PICKED = "explore-run"


def choose(found: dict[str, Run]) -> Run:
    """The run to explore: the link's, else one being trained, else the newest that can draw."""
    wanted = st.query_params.get("run", "")
    if wanted and wanted not in found:
        text = f"There is no run '{plain(wanted[:80])}' here. This is another one."
        st.warning(text, icon=":material/search_off:")
    if wanted in found:
        st.session_state[PICKED] = wanted
    elif st.session_state.get(PICKED) not in found:
        busy = [name for name, run in found.items() if runs.status(run) == "training"]
        able = [name for name, run in found.items() if run.weights().exists()]
        st.session_state[PICKED] = [*busy, *able, *found][0]
    name = st.selectbox(
        "Run", [*found], key=PICKED, format_func=lambda name: title(found[name]), on_change=follow,
        label_visibility="collapsed",
    )  # fmt: skip
    return found[name]


def title(run: Run) -> str:
    """A run in a list: its title, and what it is doing unless it is done."""
    status = runs.status(run)
    name = run.control().title or run.id
    return name if status == "finished" else f"{name} · {status}"


def follow() -> None:
    """Another run was picked: the address names it, and forgets the z of the old one."""
    st.query_params.from_dict({"run": st.session_state[PICKED]})


def step_of(run: Run) -> int | None:
    """The snapshot that the link asks for, if the run still has it."""
    text = st.query_params.get("step", "")
    kept = {str(step): step for step in run.snapshots()}
    return kept.get(text)


def words(points: bool) -> None:
    """What to try, below the fold."""
    first, second, third = st.columns(3, gap="large")
    first.markdown(
        "#### One point, one picture\n"
        "z is a list of random numbers: a place in a space that the generator has learned to read. The same z "
        "always gives the same picture. Move one number and the picture changes a little, never all at once: "
        "neighbours in z look alike."
    )
    if points:
        second.markdown(
            "#### The bent sheet\n"
            "The left square is z, the right one what :orange[**G**] makes of it. Training bends, stretches and "
            "folds the sheet until its dense middle lies on the data. It can stretch a sheet, but not tear it: "
            "that is why thin bridges stay between separate clusters."
        )
    else:
        second.markdown(
            "#### Nothing is labelled\n"
            "Nobody told :orange[**G**] what slant or thickness is, so one number rarely means one thing. Set a "
            "few and watch all the neighbours: what you set, they have in common, and the rest shows how much "
            "it matters."
        )
    third.markdown(
        "#### Back in time\n"
        "Drag the training step: z stays, the generator gets younger. While a run is being trained, "
        "the newest generator comes by itself, and the picture under your finger keeps improving."
    )


found = {run.id: run for run in runs.runs()}
if not found:
    st.info("There is no run yet. Start one on the Train page: it can be explored from its first step on.")  # fmt: skip
    links.button("Go to Train", "train", "go-train")
    st.stop()
with st.container(width=560):
    run = choose(found)
try:
    explorer(run, step_of(run))
    words(makes_points(run))
except (RunError, registry.Unknown) as error:
    st.error(f"Not available: {error}", icon=":material/error:")
