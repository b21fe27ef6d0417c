"""The time machine of a report: the generators that a run kept, with a slider, and what the chosen one makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from gan import files, registry
from gan.diagnostics.numerals import percent
from gan.hosting import jobs as hosting_jobs
from gan.runs import MAX_BYTES, Run, RunError, scores
from ui.report import branch
from ui.shared import commands, compatibility, generator_info, html
from ui.shared.access import can_drive
from ui.shared.component import component
from ui.shared.errors import attempt, show
from ui.shared.fragments import again
from ui.shared.picture_url import picture_url
from ui.shared.run_entries import Entry
from ui.shared.text import plain

KEY, LINK = "fresh", "step"  # of the view in the session; in the address
POLL_SECONDS = 0.5  # between two looks at an evaluation
LIVE = {  # live scores: name for people, digits (None: a share, as a percentage), what is better
    "modes": ("Different numbers", 0, "a collapsed G has a handful"),
    "modes_sure": ("Different numbers, legible", 0, "every digit legible"),
    "modes_real": ("In as many real images", 0, "different numbers"),
    "classes": ("Classes present", 0, ""),
    "effective_classes": ("Effective classes", 1, "10 when all ten are equally frequent"),
    "fd": ("Distance to real (FD)", 0, "lower is better"),
    "diversity": ("Diversity within classes", 2, "1 is as varied as real ones"),
    "confident": ("Legible", None, "of the samples"),
    "label_accuracy": ("Label accuracy", None, "are read as the class that was asked for"),
    "pixel_error": ("Pixel error", 3, "of results to the truth; 0 is right"),
    "source_error": ("Pixel error of the sources", 3, "what doing nothing would score"),
    "ink": ("Ink", 2, "1 is as much as in the truth"),
    "domain": ("Of the wanted kind", None, "of the results, as a simple judge sees them"),
    "cycle_error": ("Pixel error there and back", 3, "0 is right"),
    "copied": ("Nearly a training image", None, "of the samples"),
}

_mount = component("samples", "report/sample-grid.js", "report/sample-grid.css")


@dataclass(frozen=True)
class Moment:
    """A generator that a run kept, of all `steps`; `snapshot` is the step that names its file, None for the newest."""

    step: int
    steps: list[int]
    snapshot: int | None
    about: generator_info.About


def render(entry: Entry) -> Moment | None:
    """Slider, samples, live scores and what can be done from there; the chosen generator, None without any."""
    st.header("Time machine", anchor="time-machine")
    try:
        moment = _choose(entry.run)
    except RunError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return None
    left, right = st.columns(2, gap="large")
    with left:
        _fresh(entry, moment)
    with right:
        _live(entry.run, moment)
        _scoring(entry, moment)
        branch.offer(entry, moment.step)
        show()
    return moment


def _choose(run: Run) -> Moment:
    """The slider. The address is what decides, so a link brings the step back. Raises RunError without a generator."""
    newest = generator_info.about(run)
    snapshots = [step for step in run.snapshots() if step < newest.step]
    asked = st.query_params.get(LINK, "")
    wanted = int(asked) if asked.isdecimal() and len(asked) < 16 else newest.step
    steps = [*snapshots, newest.step]
    step = min(steps, key=lambda known: abs(known - wanted))
    if len(steps) == 1:
        st.caption(f"Only the latest generator was kept, that of step {step:,}.")
    if asked and asked != str(step):
        st.caption(f"Nothing was kept of step {plain(asked[:16])}: this is step {step:,}.")
    snapshot = None if step == newest.step else step
    return Moment(step, steps, snapshot, generator_info.about(run, snapshot))


def _follow() -> None:
    """The address names the step that was gone to; without one it is the newest."""
    step = getattr(st.session_state.get(KEY), "step", None)
    if isinstance(step, int):
        st.query_params[LINK] = str(step)
    else:
        st.query_params.pop(LINK, None)


def _fresh(entry: Entry, moment: Moment) -> None:
    """Samples, drawn by the route that draws for the explorer; of a run that starts from sources its own grids."""
    run = entry.run
    data: dict[str, Any] = {
        "id": run.id,
        "step": moment.snapshot,
        "steps": moment.steps,
        "z_dim": moment.about.z_dim,
        "points": moment.about.is_points,
        "live": entry.status in commands.ACTIVE,
        "classes": moment.about.names[: moment.about.n_classes],
    }
    if entry.config and entry.config.from_source:
        if not (kept := run.pictures("fixed")):
            st.caption("Samples: not available because this run kept no pictures.")
            return
        words = f"{', '.join(entry.config.beside).capitalize()} side by side"
        data["pictures"] = {"steps": kept, "url": picture_url(run, run.events(), "fixed"), "words": words}
    _mount(key=KEY, data=data, on_step_change=_follow)


def _live(run: Run, moment: Moment) -> None:
    """What the trainer's own look at its samples found nearest to this step."""
    record = nearest_look(run, moment.step, "moved" if run.config().from_source else "fd")
    if not record:
        st.caption(
            "Live scores: not available because this run was trained without measuring its classes along the way."
        )
        return
    row = scores.newest(run, moment.step)
    card = row.scores if row else {}  # measured on more samples: one generator has one distance on this page
    values = {name: card.get(name, record[name]) for name in LIVE if files.is_number(record.get(name))}
    # A distance estimated without bias from few pictures may come out a little below nothing.
    tiles = [(LIVE[k][0], _worded(k, max(0.0, v)), LIVE[k][2]) for k, v in values.items()]
    st.html(html.tiles(tiles))
    shares = record.get("shares")
    if isinstance(shares, list) and shares and all(map(files.is_number, shares)):
        names = moment.about.names
        labels = names if len(names) == len(shares) else [str(k) for k in range(len(shares))]
        right = record.get("class_accuracy")
        if not (isinstance(right, list) and len(right) == len(shares) and all(map(files.is_number, right))):
            right = []
        st.html(html.bars(labels, shares, right=right))
    st.caption(
        f"Seen while training at step {record['step']:,}, in {record.get('samples', 1_000):,} held-out sources."
        if run.config().from_source
        else _source(record["step"], row)
    )


def _worded(name: str, value: float) -> str:
    """A score as text; a small distance with a decimal, as everywhere."""
    if (digits := LIVE[name][1]) is None:
        return percent(value)
    return f"{value:,.{1 if name == 'fd' and value < 100 else digits}f}"


def _source(step: int, row: scores.Scores | None) -> str:
    """Where the tiles come from."""
    rough = f"measured while training at step {step:,}, in about a thousand samples: quick and rough"
    if row is None:
        return f"{rough.capitalize()}. The report card below measures more, and more exactly."
    return f"Scores that stand in the report card, too, come from there ({row.n:,} samples). The rest was {rough}."


def nearest_look(run: Run, step: int, score: str) -> dict[str, Any]:
    """The record with a live score nearest to a step; {} where there is none."""
    records = files.lines(
        run.path / "metrics.jsonl", MAX_BYTES["metrics.jsonl"], run.path, having=f'"{score}"'.encode()
    )
    looks = [r for r in records if files.is_number(r.get(score)) and files.is_number(r.get("step"))]
    return min(looks, key=lambda record: abs(record["step"] - step), default={})


def _scoring(entry: Entry, moment: Moment) -> None:
    """The button that scores, or how far that is."""
    run = entry.run
    assert entry.config
    data = registry.card("datasets", entry.config.dataset)
    if data.facts.get("POINTS"):
        st.caption("Scores: not available because the samples are points, and the scores are made for images.")
        return
    if entry.config.from_source:
        st.caption("Scores: not available because they are of pictures from noise, and this run has sources.")
        return
    running = _running(run)
    again(_progress, run, moment, running, every=POLL_SECONDS if running else None)


def _running(run: Run) -> str:
    """The key of the evaluation of this run that is under way, "" for none."""
    keys = [compatibility.score_job(run.id, step) for step in (None, *run.snapshots())]
    jobs = {key: hosting_jobs.job(key) for key in keys}
    return next((key for key, job in jobs.items() if job and job.state == "running"), "")


def _progress(run: Run, moment: Moment, was_running: str) -> None:
    if (running := _running(run)) != was_running:
        st.rerun()
    job = hosting_jobs.job(running or compatibility.score_job(run.id, moment.snapshot))
    if job and running:
        share = min(1.0, job.done / job.total) if job.total else 0.0
        st.progress(share, f"Scoring … {plain(job.text)}")
        return
    if job and job.state == "failed":
        st.error(plain(job.error), icon=":material/error:")
    done = scores.newest(run, moment.step)
    if can_drive() and st.button(
        "Score it again" if done else "Score this generator",
        icon=":material/fact_check:",
        type="secondary" if done else "primary",
        help="Draws 10,000 samples and compares them with real ones: about half a minute.",
    ):
        attempt(commands.evaluate, run, moment.snapshot)
        st.rerun()
