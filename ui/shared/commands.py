"""The only way a page changes anything: each command checks the role here, where it is executed.

Every one raises NotAllowed for a watcher, and RunError or ConfigError, with a sentence for people,
when it cannot be done. Nothing here draws.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from gan import datasets, files, registry, runs
from gan.config import ConfigError, RunConfig, live
from gan.diagnostics.few_pictures import Remedy
from gan.hosting import data_preview, jobs, publishing, trainers
from gan.runs import Run, RunError, enlarged, scores
from gan.runs.control import excess
from gan.training import branch as branching
from ui.shared import compatibility, presets, uploads
from ui.shared.access import driver, require_driver, require_pin

UNITS = ("steps", "epochs", "seconds")
UPLOAD_MB = 64
QUICK_COUNTS, QUICK_BATCHES = (100, 1_000), 100  # of a measurement at the press of a button
HEALTHY = "lean"  # what a repaired run is
ACTIVE = ("training", "paused", "queued")


def start(config: RunConfig, budget: Mapping[str, float], title: str = "", preset: str = "") -> Run:
    """Makes a new run and trains it, after the one that has the device, if there is one."""
    require_driver()
    _check_budget(budget)
    if why := compatibility.lacking(config):
        raise RunError(why)
    try:
        run = trainers.new_run(config, budget, title=title.strip(), preset=preset)
    except ImportError as error:
        raise RunError(f"PyTorch cannot be loaded: {error}.") from error
    _sign(run)
    trainers.trainers().start(run)
    return run


def start_together(wanted: Sequence[tuple[str, RunConfig]], budget: Mapping[str, float], preset: str = "") -> list[Run]:
    """Makes new runs, each with its title, that take turns on their device, a log interval each. All or none."""
    require_driver()
    _check_budget(budget)
    if why := next(filter(None, (compatibility.lacking(config) for _, config in wanted)), ""):
        raise RunError(why)
    made: list[Run] = []
    try:
        for title, config in wanted:
            made.append(trainers.new_run(config, budget, title=title, preset=preset))
    except (ImportError, RunError, ConfigError) as error:
        for run in made:
            run.delete()
        if isinstance(error, ImportError):
            raise RunError(f"PyTorch cannot be loaded: {error}.") from error
        raise
    _sign(*made)
    trainers.trainers().start(*made)
    return made


def repair(run: Run) -> Run:
    """Runs what mends a run that was broken on purpose: the same settings and seed but for the repair.

    Raises RunError when the run is no scenario.
    """
    require_driver()
    name = presets.name_of(run)
    broken = presets.scenarios().get(name)
    if broken is None or broken.scenario is None:
        raise RunError("This run was not broken on purpose, so there is no repair for it.")
    config = run.config().replace(**broken.scenario.repair)
    title = f"Repaired: {broken.who}"
    return start(config, broken.budget, title, preset=HEALTHY)


def treat(run: Run, remedy: Remedy) -> Run:
    """Runs the same again, with the same seed and budget, but for what a remedy changes."""
    require_driver()
    title = f"With {remedy.label}: {run.control().title or run.id}"[:120]
    config = run.config().replace(**remedy.changes)
    return start(config, run.control().budget, title, preset=presets.name_of(run))


def pause(run: Run) -> Run:
    """Holds the run after the step it is in; nothing is lost and nothing is freed."""
    require_driver()
    _demand(run, "paused", "training")
    run.write_control(by=driver(), want="pause")
    return run


def resume(run: Run, accept: bool = False) -> Run:
    """Goes on: with a paused run at once, with a stopped or failed one from its last saved state.

    One that is still saving goes on after that. `accept` says that settings or data may have been changed since.
    """
    require_driver()
    match trainers.status(run):
        case "paused":
            run.write_control(by=driver(), want="run")
        case "stopped" | "failed":
            if why := run.cannot_resume():
                raise RunError(why)
            run.write_control(by=driver(), want="run")
            trainers.trainers().start(run, accept=accept)
        case "training" | "queued" if run.control().want == "stop":
            run.write_control(by=driver(), want="run")
            trainers.trainers().start(run)
        case "finished":
            raise RunError("This run has used up its budget: raise the budget to train it longer.")
    runs.LOCKS.forget(run.path)
    return run


def resume_gently(run: Run) -> Run:
    """Goes on from the last good state with both learning rates halved: what to try after a NaN."""
    require_driver()
    if why := run.cannot_resume():
        raise RunError(why)  # before the rates are halved, for the second try
    config, control = run.config(), run.control()
    now = control.in_force(config)
    adjust(run, **{name: now[name] / 2 for name in ("lr_g", "lr_d")})
    return resume(run)


def stop(run: Run) -> Run:
    """Saves and ends the run; it can be resumed later."""
    require_driver()
    _demand(run, "stopped", *ACTIVE)
    run.write_control(by=driver(), want="stop")
    runs.LOCKS.forget(run.path)
    return run


def step(run: Run, what: Literal["both", "d", "g"]) -> Run:
    """Lets a paused run do exactly one update of D, of G, or of each."""
    require_driver()
    if what not in ("both", "d", "g"):
        raise RunError(f"{what!r} is no step: there are both, d and g.")
    _demand(run, "stepped", "paused")
    run.ask_step(what, driver())
    return run


def adjust(run: Run, **values: Any) -> Run:
    """Sets settings that may change while a run trains; a running trainer takes them with its next step."""
    require_driver()
    if unknown := values.keys() - live().keys():
        raise ConfigError([f"{name}: this cannot change while a run trains." for name in sorted(unknown)])
    config = run.config()
    config.replace(**{**run.control().in_force(config), **values})  # raises ConfigError for what cannot be
    run.write_control(by=driver(), **values)
    return run


def raise_budget(run: Run, budget: Mapping[str, float]) -> Run:
    """Gives the run another total budget; a finished one goes on when that is more than it used."""
    require_driver()
    _check_budget(budget)
    before = trainers.status(run)
    if before not in ACTIVE and (why := run.cannot_resume()):
        raise RunError(why)
    run.write_control(by=driver(), budget=dict(budget))
    runs.LOCKS.forget(run.path)
    if before == "finished":
        if trainers.status(run) == "finished":
            raise RunError("The run has trained that long already: choose a larger budget.")
        return resume(run)
    return run


def branch(
    run: Run, step: int, budget: Mapping[str, float], changes: Mapping[str, Any] | None = None, fresh_d: bool = False
) -> Run:
    """Makes a run that goes on from `step` of another one (see gan.training.branch), and trains it as `start` does."""
    require_driver()
    _check_budget(budget)
    if why := compatibility.lacking(run.config()):
        raise RunError(why)
    try:
        made = branching.branch(run, step, budget, changes, fresh_d)
    except ImportError as error:
        raise RunError(f"PyTorch cannot be loaded: {error}.") from error
    _sign(made)
    trainers.trainers().start(made)
    return made


def branch_with_twin(
    run: Run, step: int, budget: Mapping[str, float], changes: Mapping[str, Any] | None = None, fresh_d: bool = False
) -> tuple[Run, Run]:
    """Makes two branches of a step, the first without `changes`, and trains them in turns. Both or none."""
    require_driver()
    _check_budget(budget)
    if why := compatibility.lacking(run.config()):
        raise RunError(why)
    try:
        twin = branching.branch(run, step, budget)
    except ImportError as error:
        raise RunError(f"PyTorch cannot be loaded: {error}.") from error
    try:
        made = branching.branch(run, step, budget, changes, fresh_d)
    except (RunError, ConfigError):
        twin.delete()
        raise
    _sign(twin, made)
    trainers.trainers().start(twin, made)
    return twin, made


def rename(run: Run, title: str) -> Run:
    """Gives the run another title, at most 120 characters; its id, and so its link, stays."""
    require_pin()
    title = " ".join(title.split())
    if not 0 < len(title) <= 120:
        raise RunError("A title has 1 to 120 characters.")
    run.write_control(title=title)
    return run


def delete(run: Run) -> None:
    """Removes the run's folder for good."""
    require_pin()
    if trainers.status(run) in ACTIVE:
        raise RunError("This run is being trained: stop it first.")
    run.delete()
    runs.LOCKS.forget(run.path)
    uploads.sweep()


def publish(run: Run, folder: str) -> Run:
    """Keeps a folder of this machine up to date with the run's watch view, until `unpublish`."""
    require_pin()
    if not folder.strip():
        raise RunError("Name a folder of this machine, an empty one or a new one.")
    publishing.begin(run, Path(folder.strip()).expanduser().absolute())
    return run


def unpublish(run: Run) -> Run:
    """Stops that; the folder stays as it is."""
    require_pin()
    publishing.end(run)
    return run


def open_zip(content: bytes, name: str) -> Run:
    """Makes a run of the zip of an exported one; `name` is that of the file. Nothing is left of one that is refused."""
    require_pin()
    from gan.export.unpack import unpack

    with tempfile.TemporaryDirectory(prefix="forger-") as folder:
        source = Path(folder) / (Path(name).name or "run.zip")
        source.write_bytes(content)
        return unpack(source)


def get_data(name: str) -> str:
    """Begins to fetch (or to make) a data set in the background; returns the key of the job."""
    require_pin()
    module = registry.load("datasets", name)
    work = getattr(module, "download", None) or getattr(module, "make", None)
    if work is None:
        raise RunError(f"{registry.card('datasets', name).title} cannot be fetched from here.")
    key = compatibility.data_job(name)
    jobs.start_job(key, lambda: work(datasets.root()))
    return key


def read_data(config: RunConfig) -> str:
    """Begins to read own pictures in the background, as a run with these settings would; returns the job's key."""
    require_pin()
    return data_preview.begin(config)


def evaluate(run: Run, step: int | None = None) -> str:
    """Begins to score the newest generator, or the snapshot of `step`, in the background; returns the key of the job.

    The EMA weights are scored and, where a state of that step is kept, those as trained too.
    """
    require_driver()
    if not run.weights(step).is_file():
        at = "yet" if step is None else f"of step {step}"
        raise RunError(f"Run {run.id!r} has no generator {at}, so there is nothing to score.")
    if why := scores.unwritable(run):
        raise RunError(f"{why} Scores could not be kept with it.")
    data = registry.card("datasets", run.config().dataset)
    if data.facts.get("POINTS"):
        raise RunError(f"{data.title} is points of the plane, and the scores are made for images.")
    key = compatibility.score_job(run.id, step)
    jobs.start_job(key, lambda: _scoring(run, step))
    return key


def measure_enlarging(run: Run) -> str:
    """Begins to measure what a run's fakes are worth as training data, in the background; returns the job's key."""
    require_driver()
    if not run.weights().is_file():
        raise RunError(f"Run {run.id!r} has no generator yet, so there is nothing to measure.")
    if why := scores.unwritable(run):
        raise RunError(f"{why} The result could not be kept with it.")
    key = compatibility.enlarging_job(run.id)
    jobs.start_job(key, lambda: _enlarging(run))
    return key


def stop_enlarging(run: Run) -> None:
    """Ends that after the classifier that is being trained; nothing is kept."""
    require_driver()
    jobs.stop_job(compatibility.enlarging_job(run.id))


def _enlarging(run: Run) -> Iterator[datasets.Progress]:
    """A measurement with few classifiers: a minute or so."""
    yield datasets.Progress(0, 0, "classifiers", "Loading the generator and the data")
    from gan.evaluation import enlarging
    from gan.sampler import Sampler
    from gan.sampler.by_class import drawn_by_class

    sampler = Sampler.load(run.path)
    data = datasets.open(run.config())
    table = yield from enlarging.measure(drawn_by_class(sampler), data, QUICK_COUNTS, batches=QUICK_BATCHES)
    enlarged.save(run, sampler.step, table)


def keep_upload(data: bytes) -> str:
    """Keeps a zip of pictures under a name made from its content; returns its path."""
    require_pin()
    if len(data) > UPLOAD_MB << 20:
        raise RunError(f"The zip is larger than {UPLOAD_MB} MB: put the folder on this machine.")
    uploads.sweep()
    path = uploads.folder() / f"{hashlib.sha256(data).hexdigest()}.zip"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            path.touch()  # given again: it stays for another while
        else:
            files.replace(path, data)
    except OSError as error:
        raise RunError(f"The zip cannot be kept: {error.strerror or error}.") from error
    return str(path)


def remove_uploads() -> int:
    """Removes the uploaded zips that no run names; how many there were."""
    require_pin()
    return uploads.sweep(0.0)


def _scoring(run: Run, step: int | None) -> Iterator[datasets.Progress]:
    """One evaluation after the other: each would take all cores, and hundreds of MB."""
    if not _SCORING.acquire(blocking=False):
        yield datasets.Progress(0, 0, "images", "Waiting for the evaluation before this one")
        _SCORING.acquire()
    try:
        from gan.evaluation.evaluate import evaluate

        before = len(scores.rows(run))
        yield from _paced(evaluate(run, step))
        if len(kept := scores.rows(run)) == before:
            raise RunError("The scores could not be kept with the run: is there room on the disk?")
        scored = kept[-1].step
        if scored in run.states():
            for progress in _paced(evaluate(run, scored, "raw")):
                text = f"Weights as trained: {progress.text[:1].lower()}{progress.text[1:]}"
                yield datasets.Progress(progress.done, progress.total, progress.unit, text)
    finally:
        _SCORING.release()


def _paced(steps: Iterator[datasets.Progress]) -> Iterator[datasets.Progress]:
    """An evaluation in thousandths: it draws for a fifth of its time, and tells nothing but words after that."""
    after, rest = 0, len(registry.names("metrics")) + 4
    for progress in steps:
        if progress.done < progress.total:
            share = 0.2 * progress.done / progress.total
        else:
            after += 1
            share = min(1.0, 0.2 + 0.8 * after / rest)
        yield datasets.Progress(round(1000 * share), 1000, "‰", progress.text)


def _sign(*made: Run) -> None:
    """Notes in new runs who asked for them, so that their events tell it."""
    if who := driver():
        for run in made:
            run.write_control(by=who)


def _demand(run: Run, done: str, *wanted: str) -> None:
    status = trainers.status(run)
    if status not in wanted:
        raise RunError(f"Only a {' or '.join(wanted)} run can be {done}; this one is {status}.")


def _check_budget(budget: Mapping[str, float]) -> None:
    match list(budget.items()):
        case [(unit, amount)] if unit in UNITS and 0 < amount < math.inf:
            if why := excess(budget):
                raise ConfigError([f"budget: {why}"])
            return
    raise ConfigError([f"budget: one of {', '.join(UNITS)}, with a number above 0."])


_SCORING = threading.Lock()
