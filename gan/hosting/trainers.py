"""Background trainers of this process and what they train: new runs, those that are active, and their status."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Mapping

from gan import hardware, runs
from gan.config import RunConfig
from gan.hosting import torch_loader
from gan.hosting.process import singleton
from gan.hosting.trainer_process import TrainerProcess
from gan.runs import Run, RunError


def new_run(config: RunConfig, budget: Mapping[str, float], title: str = "", run_id: str = "", preset: str = "") -> Run:
    """Makes a run with its device decided. Raises ConfigError and RunError.

    While PyTorch is not loaded here, and no GPU can be, the rest of what could refuse it is left to the trainer, so
    that a first run need not wait for two processes to load it.
    """
    if may_start_without_torch() and config.device in ("auto", "cpu"):
        return runs.create(config.replace(device="cpu"), budget, title, run_id, preset)
    torch_loader.warm_up()
    config = hardware.resolve(config)
    from gan.training import memory

    if why := memory.refusal_before(config):
        raise RunError(why)
    return runs.create(config, budget, title, run_id, preset)


def may_start_without_torch() -> bool:
    """Whether PyTorch is not here yet, and nothing but the CPU could be found with it."""
    unloaded = torch_loader.torch_state() == "loading" or "torch" not in sys.modules
    return unloaded and not hardware.may_have_gpu()


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
