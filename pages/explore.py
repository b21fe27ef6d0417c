"""Explore: move through the noise of a generator and watch its pictures follow, also while it is trained.

A link brings a view back: `?run=ID`, and what the explorer itself adds to it (step, seed, z, directions, tab).
"""

from contextlib import suppress

import streamlit as st

from gan import registry, runs
from gan.hosting import trainers
from gan.runs import Run, RunError
from ui.shared import navigation
from ui.shared.current_run import chosen, current, remember
from ui.shared.explorer import explorer, makes_points
from ui.shared.fragments import again
from ui.shared.run_entries import WORDS
from ui.shared.text import plain
from ui.shared.translator import translate

PICKED = "explore-run"
POLL_SECONDS = 10.0  # between two looks for new snapshots of a run that trains
FIRST_SECONDS = 1.0  # the same until it has a generator


TRANSLATED = "This run makes one picture from another and has no z: draw or upload one, and see what G makes of it."


def choose(by_id: dict[str, Run]) -> Run:
    """The run to explore: the link's, else the one chosen last, else what other pages show, too, if it can draw."""
    wanted = st.query_params.get("run", "")
    if wanted in by_id:
        st.session_state[PICKED] = wanted
    elif st.session_state.get(PICKED) not in by_id:
        able = current(lambda run: run.weights().exists()) or next(iter(by_id.values()))
        st.session_state[PICKED] = chosen() if chosen() in by_id else able.id
    if wanted and wanted not in by_id:
        instead = plain(title(by_id[st.session_state[PICKED]]))
        text = f"There is no run '{plain(wanted[:80])}' here. This is {instead}."
        st.warning(text, icon=":material/search_off:")
    name = st.selectbox(
        "Run",
        [*by_id],
        key=PICKED,
        format_func=lambda name: title(by_id[name]),
        on_change=follow,
        label_visibility="collapsed",
    )
    remember(by_id[name], chosen="run" in st.query_params)
    return by_id[name]


def title(run: Run) -> str:
    """A run in a list: its title, and what it is doing unless it is done."""
    status = trainers.status(run)
    name = run.control().title or run.id
    return name if status == "finished" else f"{name} · {WORDS[status].lower()}"


def follow() -> None:
    """Another run was picked: the address names it, keeps the tab, and forgets the z of the old one."""
    query = {"tab": st.query_params["tab"]} if "tab" in st.query_params else {}
    st.query_params.from_dict({"run": st.session_state[PICKED], **query})


def step_of(run: Run) -> int | None:
    """The snapshot that the link asks for, if the run still has it."""
    text = st.query_params.get("step", "")
    snapshots = {str(step): step for step in run.snapshots()}
    return snapshots.get(text)


def is_live(run: Run) -> bool:
    return trainers.status(run) in ("training", "paused", "queued")


def view(run: Run, step: int | None, was_live: bool, waits: bool) -> None:
    """The explorer; of a run that trains drawn anew with what has come, until it ends."""
    try:
        if run.config().from_source:
            st.caption(TRANSLATED)
            translate(run)
        else:
            explorer(run, step)
    except (RunError, registry.Unknown) as error:
        st.error(f"Not available: {plain(str(error))}", icon=":material/error:")
    if (was_live and not is_live(run)) or (waits and run.weights().exists()):
        st.rerun()


def words(points: bool, past: bool) -> None:
    """What to try, below the fold; `past` where there are generators to go back to, or may come."""
    first, second, third = st.container(key="explore-words").columns(3, gap="large")
    if points:
        first.markdown(
            "## One point, one dot\n"
            "z is a pair of random numbers: a place on the left sheet. The same z always gives the same dot, and "
            "neighbours in z come out near each other. **Shuffle** throws you somewhere else, dragging moves "
            "you, **Back** returns."
        )
    else:
        first.markdown(
            "## One point, one picture\n"
            "z is a list of random numbers: a place in a space that the generator has learned to read. The same z "
            "always gives the same picture, and neighbours in z look alike. **Shuffle** throws you somewhere else, "
            "a click on a neighbour takes one step, **Back** returns."
        )
    if points:
        second.markdown(
            "## The bent sheet\n"
            "The left square is z, the right one what :orange[**G**] makes of it. Training bends, stretches and "
            "folds the sheet until its dense middle lies on the data. It can stretch a sheet, but not tear it: "
            "that is why thin bridges stay between separate clusters."
        )
    else:
        second.markdown(
            "## Nobody told it what slant is\n"
            "The directions were found afterwards, in pictures of this :orange[**G**]. The dots say how much of an "
            "attribute a straight line through z explains in held-out pictures (R², shown on hover); what is "
            "explained too poorly is hidden. Under **More directions**, SeFa looks at the weights alone, so its "
            "directions have no names."
        )
    if past:
        third.markdown(
            "## Back in time\n"
            "Drag the training step: z stays, the generator gets younger. While a run is being trained, "
            "the latest generator loads automatically and the picture under your finger keeps improving; "
            "**Freeze** holds one still. You cannot break anything."
        )
    else:
        third.markdown(
            "## Try anything\n"
            "Pin two pictures and open **Pins and film**: between two points of z there is a picture everywhere. "
            "**Copy link** brings this very picture back, also for somebody else. You cannot break anything."
        )


by_id = {run.id: run for run in runs.runs()}
if not by_id:
    st.info("There is no run yet. Start one on the Train page: it can be explored from its first step on.")
    navigation.button("Go to Train", "train", "go-train")
    st.stop()
with st.container(width=560):
    run = choose(by_id)
live = is_live(run)
waits = not run.weights().exists()
again(view, run, step_of(run), live, waits, every=FIRST_SECONDS if waits else POLL_SECONDS if live else None)
with suppress(RunError, registry.Unknown):  # told above
    if not run.config().from_source:
        words(makes_points(run), bool(run.snapshots()) or live)
