"""Train (home): the run on screen, what can be done to it, and the form that starts a new one.

A link decides what is shown: `?run=ID` a run, `?preset=NAME` and `?like=ID` the form filled from a
preset or from another run's settings; `?show=1` a run for a projector; nothing, the run being trained or else a
finished one.
"""

from functools import partial
from pathlib import Path

import streamlit as st

from gan import registry, runs
from gan.config import RunConfig, shows_digits
from gan.runs import Run, RunError
from ui.failures import repair
from ui.shared import download, presets
from ui.shared.current_run import current, remember
from ui.shared.live_view import live
from ui.shared.text import plain
from ui.train import controls, fork, new_run, projector, remedies, starting

LEARN = Path(__file__).parent / "learn.py"


def run_page(run: Run, pinned: bool) -> None:
    """Controls, live view, and what there is to say about this run."""
    remember(run, chosen=pinned)
    controls.render(run, pinned)
    starting.render()
    repair.callout(run)
    remedies.offer(run)
    live(run.id, fork=partial(fork.ask, run))
    fork.render(run)
    download.render(run)


def form_page(preset: str, like: str = "") -> None:
    """The form that starts a new run; a link may name settings beside the preset: `?preset=lean&lr_g=0.01`."""
    registry.card("presets", preset)
    starting.render()
    new_run.render(preset, like, st.query_params.to_dict())


def lost(text: str) -> None:
    """A link that leads nowhere: a sentence, and what there is instead."""
    st.warning(plain(text), icon=":material/search_off:")
    st.write("These runs are here:")
    for run in runs.runs()[:12]:
        if st.button(plain(run.control().title or run.id), key=f"go-{run.id}"):
            st.query_params.from_dict({"run": run.id})
            st.rerun()


SEEN = (
    "The forger, :orange[**G**], turns noise into pictures: the :violet[**generated**] ones. "
    "The detective, :blue[**D**], looks at them and at :green[**real**] ones and says which is "
    "which; each learns from the other's mistakes, and nobody tells the forger what {made} is."
)
CONCLUSION = (
    "Look at the pictures, not at the losses: they only say who is ahead at the moment. The "
    "fixed grid shows progress, because its noise never changes; the random grid shows "
    "diversity. When every picture looks alike, the forger has collapsed onto what works."
)
SEEN_DOTS = SEEN.replace("turns noise into pictures", "turns noise into dots")
CONCLUSION_DOTS = (
    "Look at the dots, not at the losses: they only say who is ahead at the moment. Dots that lie on the data show "
    "that the forger has understood where it is; only dots everywhere on it show diversity. When all of them sit in "
    "one place, the forger has collapsed onto what works."
)
SEEN_FROM_SOURCES = (
    "The forger, :orange[**G**], makes one picture from another, its source. The detective, :blue[**D**], "
    "looks at both side by side and says whether they are a :green[**true**] pair, so a result has to fit "
    "its source; the pixel error says how far it is from the true picture."
)
CONCLUSION_FROM_SOURCES = (
    "Look at three pictures at a time: source, result, truth. G learned from none of them. What counts is how "
    "much nearer to the truth a result is than its source was; the tab “Beside the truth” measures that."
)

SEEN_BETWEEN = (
    "Two forgers, together :orange[**G**], translate between two kinds of pictures, one each way; two detectives, "
    ":blue[**D**], each know one kind and say which are :green[**real**]. Nobody tells which pictures belong together: "
    "what went there and back just has to be what it was."
)
CONCLUSION_BETWEEN = (
    "Look at three pictures at a time: source, translated, and back again; the first rows go one way, the last ones "
    "the other. A result should be of the other kind and still show the same thing. There and back being right proves "
    "neither: a translator that does nothing comes back perfectly."
)


def seen_and_conclusion(config: RunConfig, made: str, points: bool) -> tuple[str, str]:
    """What one sees of such a run, and what to conclude."""
    if config.between_domains:
        return SEEN_BETWEEN, CONCLUSION_BETWEEN
    if config.from_source:
        return SEEN_FROM_SOURCES, CONCLUSION_FROM_SOURCES
    return (SEEN_DOTS if points else SEEN).format(made=made), CONCLUSION_DOTS if points else CONCLUSION


def words(run: Run) -> None:
    """What one sees, and what to conclude from it."""
    preset, config = presets.every().get(presets.name_of(run)), run.config()
    look_for = f"\n\n**What to look for here.** {presets.look_for(preset, config.dataset)}" if preset else ""
    points = bool(registry.card("datasets", config.dataset).facts.get("POINTS"))
    made = "a digit" if shows_digits(config.dataset) else "the shape of the data" if points else "such a picture"
    seen, conclusion = seen_and_conclusion(config, made, points)
    left, right = st.columns(2, gap="large")
    left.markdown(f"## What you see\n{seen}{look_for}")
    right.markdown(f"## What to conclude\n{conclusion}")
    if LEARN.exists():
        with right:
            st.page_link(LEARN, label="How it works, step by step", icon=":material/school:")


asked = st.query_params
try:
    if "show" in asked:
        projected = runs.find(asked["run"]) if "run" in asked else current()
        projector.render(projected, asked["show"], asked.get("class", ""))
    elif "preset" in asked or "like" in asked:
        form_page(asked.get("preset", "lean"), asked.get("like", ""))
    elif run := runs.find(asked["run"]) if "run" in asked else current():
        run_page(run, "run" in asked)
        words(run)
    else:
        form_page("lean")
except (RunError, registry.Unknown) as error:
    lost(str(error))
