"""The only way a page changes anything: each command checks the role here, where it is executed.

Every one raises NotAllowed for a watcher, and RunError or ConfigError, with a sentence for people,
when it cannot be done. Nothing here draws.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from gan import branch as branching
from gan import datasets, files, hosts, registry, runs, scores
from gan.config import ConfigError, RunConfig, check
from gan.runs import Run, RunError
from ui import choices, preset_cards
from ui.access import require_driver

UNITS = ("steps", "epochs", "seconds")
UPLOAD_MB = 64
HEALTHY = "lean"  # what a repaired run is
ACTIVE = ("training", "paused", "queued")


def start(config: RunConfig, budget: Mapping[str, float], title: str = "", preset: str = "") -> Run:
    """Makes a new run and trains it, after the one that has the device, if there is one."""
    require_driver()
    _check_budget(budget)
    if why := choices.lacking(config):
        raise RunError(why)
    try:
        run = hosts.new_run(config, budget, title=title.strip(), preset=preset)
    except ImportError as error:
        raise RunError(f"PyTorch cannot be loaded: {error}.") from error
    hosts.trainers().start(run)
    return run


def start_together(
    wanted: Sequence[tuple[str, RunConfig]], budget: Mapping[str, float], preset: str = ""
) -> list[Run]:
    """Makes new runs, each with its title, that take turns on their device, a log interval each. All or none."""
    require_driver()
    _check_budget(budget)
    if why := next(filter(None, (choices.lacking(config) for _, config in wanted)), ""):
        raise RunError(why)
    made: list[Run] = []
    try:
        for title, config in wanted:
            made.append(hosts.new_run(config, budget, title=title, preset=preset))
    except (ImportError, RunError, ConfigError) as error:
        for run in made:
            run.delete()
        if isinstance(error, ImportError):
            raise RunError(f"PyTorch cannot be loaded: {error}.") from error
        raise
    hosts.trainers().start(*made)
    return made


def repair(run: Run) -> Run:
    """Runs what mends a run that was broken on purpose: the same settings and seed but for the repair.

    Raises RunError when the run is no scenario.
    """
    require_driver()
    name = preset_cards.name_of(run)
    told = preset_cards.scenarios().get(name)
    if told is None or told.scenario is None:
        raise RunError("This run was not broken on purpose, so nobody knows what mends it.")
    config = run.config().replace(**told.scenario.repair)
    title = f"Repaired: {told.who}"
    return start(config, told.budget, title, preset=HEALTHY)


def pause(run: Run) -> Run:
    """Holds the run after the step it is in; nothing is lost and nothing is freed."""
    require_driver()
    _demand(run, "paused", "training")
    run.write_control(want="pause")
    return run


def resume(run: Run) -> Run:
    """Goes on: with a paused run at once, with a stopped or failed one from its last saved state."""
    require_driver()
    match hosts.trainers().status(run):
        case "paused":
            run.write_control(want="run")
        case "stopped" | "failed":
            run.write_control(want="run")
            hosts.trainers().start(run)
        case "finished":
            raise RunError("This run has used up its budget: raise the budget to train it longer.")
    runs.PROBER.forget(run)
    return run


def resume_gently(run: Run) -> Run:
    """Goes on from the last good state with both learning rates halved: what to try after a NaN."""
    require_driver()
    config, control = run.config(), run.control()
    rates(run, (control.lr_g or config.lr_g) / 2, (control.lr_d or config.lr_d) / 2)
    return resume(run)


def stop(run: Run) -> Run:
    """Saves and ends the run; it can be resumed later."""
    require_driver()
    _demand(run, "stopped", *ACTIVE)
    run.write_control(want="stop")
    runs.PROBER.forget(run)
    return run


def step(run: Run, what: Literal["both", "d", "g"]) -> Run:
    """Lets a paused run do exactly one update of D, of G, or of each."""
    require_driver()
    if what not in ("both", "d", "g"):
        raise RunError(f"{what!r} is no step: there are both, d and g.")
    _demand(run, "stepped", "paused")
    run.ask_step(what)
    return run


def rates(run: Run, lr_g: float, lr_d: float) -> Run:
    """Sets both learning rates; a running trainer takes them with its next step."""
    require_driver()
    _check(lr_g=lr_g, lr_d=lr_d)
    run.write_control(lr_g=float(lr_g), lr_d=float(lr_d))
    return run


def ratio(run: Run, d_steps: int, g_steps: int) -> Run:
    """Sets how many updates of D and of G make a step, from the next step on."""
    require_driver()
    _check(d_steps=d_steps, g_steps=g_steps)
    if d_steps == g_steps == 0:
        raise ConfigError(["d_steps, g_steps: at least one of the two must be 1 or more."])
    run.write_control(d_steps=d_steps, g_steps=g_steps)
    return run


def raise_budget(run: Run, budget: Mapping[str, float]) -> Run:
    """Gives the run another total budget; a finished one goes on when that is more than it used."""
    require_driver()
    _check_budget(budget)
    before = hosts.trainers().status(run)
    run.write_control(budget=dict(budget))
    runs.PROBER.forget(run)
    if before == "finished":
        if hosts.trainers().status(run) == "finished":
            raise RunError("The run has trained that long already: choose a larger budget.")
        return resume(run)
    return run


def branch(
    run: Run,
    step: int,
    budget: Mapping[str, float],
    changes: Mapping[str, Any] | None = None,
    fresh_d: bool = False,
) -> Run:
    """Makes a run that goes on from `step` of another one (see gan.branch), and trains it as `start` does."""
    require_driver()
    _check_budget(budget)
    if why := choices.lacking(run.config()):
        raise RunError(why)
    try:
        made = branching.branch(run, step, budget, changes, fresh_d)
    except ImportError as error:
        raise RunError(f"PyTorch cannot be loaded: {error}.") from error
    hosts.trainers().start(made)
    return made


def rename(run: Run, title: str) -> Run:
    """Gives the run another title, at most 120 characters; its id, and so its link, stays."""
    require_driver()
    title = " ".join(title.split())
    if not 0 < len(title) <= 120:
        raise RunError("A title has 1 to 120 characters.")
    run.write_control(title=title)
    return run


def delete(run: Run) -> None:
    """Removes the run's folder for good."""
    require_driver()
    if hosts.trainers().status(run) in ACTIVE:
        raise RunError("This run is being trained: stop it first.")
    run.delete()
    runs.PROBER.forget(run)


def get_data(name: str) -> str:
    """Begins to fetch (or to make) a data set in the background; returns the key of the job."""
    require_driver()
    module = registry.load("datasets", name)
    work = getattr(module, "download", None) or getattr(module, "make", None)
    if work is None:
        raise RunError(f"{registry.card('datasets', name).title} cannot be fetched from here.")
    key = choices.data_job(name)
    hosts.start_job(key, lambda: work(datasets.root()))
    return key


def evaluate(run: Run, step: int | None = None) -> str:
    """Begins to score the newest generator, or the snapshot of `step`, in the background; returns the key of the job.

    The averaged weights are scored and, where a state of that step is kept, those as trained too.
    """
    require_driver()
    if not run.weights(step).is_file():
        at = "yet" if step is None else f"of step {step}"
        raise RunError(f"Run {run.id!r} has no generator {at}, so there is nothing to score.")
    data = registry.card("datasets", run.config().dataset)
    if data.facts.get("POINTS"):
        raise RunError(f"{data.title} is points of the plane, and the scores are made for images.")
    key = choices.score_job(run.id, step)
    hosts.start_job(key, lambda: _scoring(run, step))
    return key


def keep_upload(data: bytes) -> str:
    """Keeps a zip of pictures under a name made from its content; returns its path."""
    require_driver()
    if len(data) > UPLOAD_MB << 20:
        raise RunError(f"The zip is larger than {UPLOAD_MB} MB: put the folder on this machine.")
    folder = datasets.root() / "uploads"
    path = folder / f"{hashlib.sha256(data).hexdigest()}.zip"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            files.replace(path, data)
    except OSError as error:
        raise RunError(f"The zip cannot be kept: {error.strerror or error}.") from error
    return str(path)


def _scoring(run: Run, step: int | None) -> Iterator[datasets.Progress]:
    """One evaluation after the other: each would take all cores, and hundreds of MB."""
    if not _SCORING.acquire(blocking=False):
        yield datasets.Progress(0, 0, "images", "Waiting for the evaluation before this one")
        _SCORING.acquire()
    try:
        from gan.evaluate import evaluate

        yield from _paced(evaluate(run, step))
        scored = scores.rows(run)[-1].step
        if scored in run.states():
            for told in _paced(evaluate(run, scored, "raw")):
                text = f"Weights as trained: {told.text[:1].lower()}{told.text[1:]}"
                yield datasets.Progress(told.done, told.total, told.unit, text)
    finally:
        _SCORING.release()


def _paced(steps: Iterator[datasets.Progress]) -> Iterator[datasets.Progress]:
    """An evaluation in thousandths: it draws for a fifth of its time, and tells nothing but words after that."""
    after, rest = 0, len(registry.names("metrics")) + 4
    for told in steps:
        if told.done < told.total:
            share = 0.2 * told.done / told.total
        else:
            after += 1
            share = min(1.0, 0.2 + 0.8 * after / rest)
        yield datasets.Progress(round(1000 * share), 1000, "‰", told.text)


def _demand(run: Run, done: str, *wanted: str) -> None:
    found = hosts.trainers().status(run)
    if found not in wanted:
        raise RunError(f"Only a {' or '.join(wanted)} run can be {done}; this one is {found}.")


def _check(**values: float) -> None:
    if problems := [text for name, value in values.items() if (text := check(name, value))]:
        raise ConfigError(problems)


def _check_budget(budget: Mapping[str, float]) -> None:
    match list(budget.items()):
        case [(unit, amount)] if unit in UNITS and 0 < amount < math.inf:
            return
    raise ConfigError([f"budget: one of {', '.join(UNITS)}, with a number above 0."])


_SCORING = threading.Lock()
