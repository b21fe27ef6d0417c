"""Explore: move through the noise of a generator and watch its pictures follow, also while it is trained.

A link brings a view back: `?run=ID`, and what the explorer itself adds to it (step, seed, z, directions, tab).
"""

from contextlib import suppress

import streamlit as st

from gan import registry, runs
from gan.runs import Run, RunError
from ui import links
from ui.again import again
from ui.current import chosen, current, remember
from ui.explorer import explorer, makes_points
from ui.words import plain

PICKED = "explore-run"
LOOK = 10.0  # seconds between two looks for new snapshots of a run that trains


def choose(found: dict[str, Run]) -> Run:
    """The run to explore: the link's, else the one chosen last, else what other pages show, too, if it can draw."""
    wanted = st.query_params.get("run", "")
    if wanted and wanted not in found:
        text = f"There is no run '{plain(wanted[:80])}' here. This is another one."
        st.warning(text, icon=":material/search_off:")
    if wanted in found:
        st.session_state[PICKED] = wanted
    elif st.session_state.get(PICKED) not in found:
        able = current(lambda run: run.weights().exists()) or next(iter(found.values()))
        st.session_state[PICKED] = chosen() if chosen() in found else able.id
    name = st.selectbox(
        "Run", [*found], key=PICKED, format_func=lambda name: title(found[name]), on_change=follow,
        label_visibility="collapsed",
    )  # fmt: skip
    remember(found[name], chosen="run" in st.query_params)
    return found[name]


def title(run: Run) -> str:
    """A run in a list: its title, and what it is doing unless it is done."""
    status = runs.status(run)
    name = run.control().title or run.id
    return name if status == "finished" else f"{name} · {status}"


def follow() -> None:
    """Another run was picked: the address names it, keeps the tab, and forgets the z of the old one."""
    kept = {"tab": st.query_params["tab"]} if "tab" in st.query_params else {}
    st.query_params.from_dict({"run": st.session_state[PICKED], **kept})


def step_of(run: Run) -> int | None:
    """The snapshot that the link asks for, if the run still has it."""
    text = st.query_params.get("step", "")
    kept = {str(step): step for step in run.snapshots()}
    return kept.get(text)


def is_live(run: Run) -> bool:
    return runs.status(run) in ("training", "paused", "queued")


def view(run: Run, step: int | None, was_live: bool) -> None:
    """The explorer; of a run that trains drawn anew with what has come, until it ends."""
    try:
        explorer(run, step)
    except (RunError, registry.Unknown) as error:
        st.error(f"Not available: {error}", icon=":material/error:")
    if was_live and not is_live(run):
        st.rerun()


def words(points: bool) -> None:
    """What to try, below the fold."""
    first, second, third = st.container(key="explore-words").columns(3, gap="large")
    first.markdown(
        "#### One point, one picture\n"
        "z is a list of random numbers: a place in a space that the generator has learned to read. The same z "
        "always gives the same picture, and neighbours in z look alike. **Shuffle** throws you somewhere else, "
        "a click on a neighbour takes one step, **Back** returns."
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
            "#### Nobody told it what slant is\n"
            "The directions were found afterwards, in pictures of this :orange[**G**]. R² is how much of an "
            "attribute a straight line through z explains in pictures kept aside: 1 is all of it, and what is "
            "too little is hidden. SeFa asks the weights alone, so its directions have no names."
        )
    third.markdown(
        "#### Back in time\n"
        "Drag the training step: z stays, the generator gets younger. While a run is being trained, "
        "the newest generator comes by itself and the picture under your finger keeps improving; "
        "**Freeze** holds one still. You cannot break anything."
    )


found = {run.id: run for run in runs.runs()}
if not found:
    st.info("There is no run yet. Start one on the Train page: it can be explored from its first step on.")  # fmt: skip
    links.button("Go to Train", "train", "go-train")
    st.stop()
with st.container(width=560):
    run = choose(found)
live = is_live(run)
again(view, run, step_of(run), live, every=LOOK if live else None)
with suppress(RunError, registry.Unknown):  # told above
    words(makes_points(run))
