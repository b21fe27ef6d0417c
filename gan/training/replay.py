"""A step made again from a kept state, under the microscope, on networks of its own: the run is only read."""

from __future__ import annotations

from typing import Any

import torch

from gan import datasets, games, hardware, images, registry
from gan.config import decayed
from gan.datasets import Data, DataError
from gan.runs import Run, RunError
from gan.sampler.grid_noise import grid_noise
from gan.tensor_files import CorruptFile
from gan.training.batches import Batches
from gan.training.checkpoint import load_step
from gan.training.microscope import Microscope


def replay(run: Run, step: int, data: Data | None = None) -> dict[str, Any]:
    """What the step after the state of `step` changed, as microscope.json tells it.

    Raises RunError with a sentence: no state of that step, data that are not here, a run of another device than the
    CPU, whose noise cannot be drawn again, or a game that has nothing to show.
    """
    config = run.config()
    if config.device != "cpu":
        raise RunError(f"The run was trained on {config.device}, and its noise can be drawn again only there.")
    if step not in run.states():
        raise RunError(f"Run {run.id!r} keeps no state of step {step:,} to go on from.")
    try:
        data = data or datasets.open(config)
        game = games.build(hardware.resolve(config), data.shape, data.n_classes, torch.device("cpu"))
        state = load_step(run, game, step)
    except (DataError, CorruptFile, KeyError, ValueError, RuntimeError) as error:
        raise RunError(f"The step cannot be made again: {error}") from error
    count = images.count_of(config.samples, game.n_classes, config.from_source)
    microscope = Microscope(run, game, data, grid_noise(config, "fixed", 0, count))
    if not microscope.able:
        raise RunError("There is nothing to see of a step: G makes no pictures from noise, or there is no D.")
    live = state["in_force"]
    factor = decayed(step, state["epoch"], config.decay_steps, config.half_life, config.half_life_steps)
    for net, optimizer in game.optimizers.items():
        optimizer.set_rate(live.get(f"lr_{net.lower()}", live["lr_g"]) * factor)
    updates = games.plan_of(registry.load("games", config.game).UPDATES, live)
    batches = Batches(config, data, game)
    microscope.before()
    for name in updates:
        game.update(name, batches)
    return microscope.look(step + 1, updates)
