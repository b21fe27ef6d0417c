"""Background trainers of this process and what they train: new runs, those that are active, and their status."""

from __future__ import annotations

import atexit
from collections.abc import Mapping

from gan import hardware, runs
from gan.config import RunConfig
from gan.hosting import torch_loader
from gan.hosting.process import singleton
from gan.hosting.trainer_process import TrainerProcess
from gan.runs import Run, RunError


def new_run(config: RunConfig, budget: Mapping[str, float], title: str = "", run_id: str = "", preset: str = "") -> Run:
    """Makes a run with its device decided.

    Imports torch, so the first call of a process may take seconds. Raises ConfigError and RunError.
    """
    torch_loader.warm_up()
    config = hardware.resolve(config)
    from gan.training import memory

    if why := memory.refusal_before(config):
        raise RunError(why)
    return runs.create(config, budget, title, run_id, preset)


def trainers() -> TrainerProcess:
    """The trainers of this process; they save and end before it exits."""
    return singleton("trainers", _made)


def _made() -> TrainerProcess:
    made = TrainerProcess()
    atexit.register(made.shutdown)
    return made


def training() -> list[Run]:
    """The runs that have a device here or wait for one; a paused one lets others go first."""
    active = [runs.find(run_id) for run_id in trainers().active()]
    return [run for run in active if status(run) in ("training", "queued")]


def status(run: Run) -> str:
    """The status of a run: "queued" while it waits for a device of this process, else as its folder says."""
    return trainers().status(run)
