"""The run of a command: a new one from settings, one that is resumed, or one that is only read."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from gan import config as configs
from gan import datasets, hardware, registry, runs
from gan.cli import flags
from gan.cli.flags import NothingToDo, Usage
from gan.cli.progress import follow
from gan.config import RunConfig
from gan.runs import Run, RunError
from gan.runs.control import excess
from gan.runs.lock import is_held

DEFAULT_PRESET = "lean"  # what the app starts with, too
LEFT_OPEN = {"device": "auto", "threads": 0}  # decided when the run was made


def new(args: argparse.Namespace) -> Run:
    """Makes a run from a preset and settings. Raises Usage, ConfigError, RunError."""
    if args.run and not runs.ID.match(args.run):
        raise Usage(f"--run {args.run}: an id has lower-case letters, digits and hyphens, at most 64.")
    settings, budget, facts = RunConfig(), flags.budget(args), dict[str, Any]()
    preset = args.preset or ("" if args.model or args.loss else DEFAULT_PRESET)
    if preset:
        settings, facts = configs.preset(preset)
    if args.preset:
        budget = budget or facts["budget"]
    if not budget:
        raise Usage(
            "say how long to train: --steps N, --epochs N or --seconds S (or take the budget of --preset NAME)."
        )
    settings = settings.replace(**flags.settings(args))
    return make(settings, budget, configs.title_of(facts, settings) if preset else "", args.run or "", preset)


def make(settings: RunConfig, budget: Mapping[str, float], title: str = "", run_id: str = "", preset: str = "") -> Run:
    """Makes a run once its data are there, read, and fit the memory. Raises RunError."""
    card = registry.card("datasets", settings.dataset)
    if registry.missing(card, datasets.root()):
        looked = registry.looked_for(card, datasets.root())
        raise RunError(f"{card.title} is not here yet. Get it: python -m gan data {card.name}. {looked}")
    settings = hardware.resolve(settings)
    _read(settings)
    from gan.training import memory

    if why := memory.refusal_before(settings):
        raise RunError(why)
    return runs.create(settings, budget, title, run_id, preset)


def _read(settings: RunConfig) -> None:
    """Reads pictures that only reading tells of, and shows how far that is; the trainer finds them read.

    So no run is made of what cannot be learned. Raises RunError, after what there is to say of what was left out.
    """
    if "source" not in registry.card("datasets", settings.dataset).facts.get("KNOBS", ()):
        return
    try:
        follow(datasets.opening(settings))
    except datasets.DataError as error:
        sentences = [text for text in (error.reading.sentences if error.reading else ()) if text not in str(error)]
        raise RunError(" ".join([str(error), *sentences])) from error


def resumed(args: argparse.Namespace) -> Run:
    """A run that is to go on with its own settings, perhaps with another budget. Raises Usage, RunError."""
    if not args.run:
        raise Usage("--resume needs --run ID.")
    run = runs.find(args.run)
    config = run.config()
    wanted = configs.preset(args.preset)[1]["config"] if args.preset else {}
    wanted |= flags.settings(args)
    own, wanted = config.to_dict(), {k: v for k, v in config.replace(**wanted).to_dict().items() if k in wanted}
    if other := {k: v for k, v in wanted.items() if v not in (own[k], LEFT_OPEN.get(k))}:
        lines = "\n".join(f"  {k}: the run has {own[k]}, given {v}" for k, v in other.items())
        raise Usage(f"{run.id} continues with its own settings. Leave these out, or start a new run:\n{lines}")
    budget = flags.budget(args) or run.control().budget
    if why := excess(budget):
        raise RunError(why)
    if is_held(run.path):
        raise runs.Busy(f"Run {run.id!r} is being trained by another trainer.")
    if why := run.cannot_resume():
        raise RunError(why)
    if what := _done_already(run, budget):
        raise NothingToDo(what)
    run.write_control(want="run", budget=budget)
    return run


def _done_already(run: Run, budget: Mapping[str, float]) -> str:
    """Why nothing would be done, in a sentence; "" where something would."""
    last, states = max(run.events(), key=lambda e: (e.get("step", 0), e.get("time", 0)), default={}), run.states()
    progress = [last.get(key, 0) for key in ("step", "epoch", "seconds")]
    if not states or states[-1] != progress[0] or runs.spent(budget, *progress) < 1.0:
        return ""
    [(unit, asked), *_] = budget.items()
    reached = dict(zip(("steps", "epochs", "seconds"), progress, strict=True))[unit]
    return (
        f"{run.id}: nothing was done. A budget is a total, of {asked:,g} {unit} here, and the run has had "
        f"{reached:,.10g} {unit} already. Name more than that to go on."
    )


def run_at(text: str) -> tuple[Run, int | None]:
    """The run and the step of ID or ID@STEP. Raises Usage, RunError."""
    name, _, step = text.partition("@")
    if step and not step.isdigit():
        raise Usage(f"--run {text}: after the @ comes the step of a snapshot, a whole number.")
    return runs.find(name), int(step) if step else None
