"""A follower: a process of a crew that makes the updates of process 0 with it, and writes nothing."""

from __future__ import annotations

import signal

import torch

from gan import datasets, games, hardware
from gan.config import RunConfig
from gan.training.batches import Batches
from gan.training.crew import Crew, obey
from gan.training.speed import precision


def follow(crew: Crew) -> None:
    """Trains what process 0 trains until it lets go. Signals are its business.

    Raises RuntimeError when process 0 is lost, and DataError where this machine lacks the data.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    if (message := crew.tell(None)) is None:
        return
    config = RunConfig.from_dict(message["config"])
    hardware.use_threads(config.threads or max(1, hardware.cores() // crew.count))
    data = datasets.open(config)
    game = games.build(config, data.shape, data.n_classes, torch.device(config.device))
    with precision.matmul_precision_kept():
        precision.apply(game, message, lambda text: None)
        obey(crew, game, Batches(config, data, game))
