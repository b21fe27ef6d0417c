"""One training as the loop does it, without a run folder, and a look at it by EvalNet whenever somebody wants one."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from gan import config as configs
from gan import datasets, games, hardware, images, registry
from gan.config import RunConfig, decayed
from gan.datasets import Data
from gan.evaluation import reference
from gan.evaluation.reference import Reference
from gan.metrics import MetricInputs, classes, frechet
from gan.models import balanced
from gan.models._batchnorm import recalibrate
from gan.rng import RngStreams
from gan.runs import Control
from gan.training.loop import Batches, in_force

SAMPLES = 5_000  # of one look


class Training:
    """The game of a config on its data; `step` is that of `gan.training.loop`, without logs, pictures and states.

    `like` is an earlier training on the same data, which need not be read again.
    """

    def __init__(self, config: RunConfig, threads: int, like: Training | None = None):
        self.config = hardware.resolve(config.replace(device="cpu", threads=threads))
        torch.set_num_threads(threads)
        self.data: Data = like.data if like else datasets.open(self.config)
        data = self.data
        self.game = games.build(self.config, data.shape, data.n_classes, "cpu")
        self.batches = Batches(self.config, data, self.game)
        self.plan = games.plan_of(registry.load("games", self.config.game).UPDATES, in_force(self.config, Control()))
        self._like = like
        self.steps = 0

    @cached_property
    def ruler(self) -> Reference:
        """What samples are judged by."""
        return self._like.ruler if self._like else reference.of(self.config, self.data)

    @property
    def images(self) -> int:
        """Real images that were used."""
        return self.game.images

    def step(self) -> None:
        config = self.config
        epoch = self.images / len(self.batches)
        factor = decayed(self.steps, epoch, config.decay_steps, config.half_life, config.half_life_steps)
        for net, rate in (("G", config.lr_g), ("D", config.lr_d)):
            self.game.optimizers[net].set_rate(rate * factor)
        for name in self.plan:
            self.game.update(name, self.batches)
        self.game.end_step()
        self.steps += 1

    def to(self, steps: int) -> None:
        """Makes steps until there are so many."""
        while self.steps < steps:
            self.step()

    @torch.no_grad()
    def look(self) -> dict[str, Any]:
        """What samples of the EMA are like now."""
        G_ema: Any = self.game.G_ema
        recalibrate(G_ema, self.game.rng, self.config.z_dim)
        z, y = noise(self.config, self.game.n_classes)
        return judged(self.ruler, images.to_pixels(G_ema(z, y).numpy()).transpose(0, 3, 1, 2), y)


def varied(preset: str, settings: str) -> RunConfig:
    """The settings of a preset on MNIST with some of them changed, as in "z_dim=64 ema_decay=0.995"."""
    pairs = [part.split("=") for part in settings.split()]
    changes = {name: configs.parser_of(name)(text) for name, text in pairs}
    return configs.preset(preset)[0].replace(dataset="mnist", **changes)


def noise(config: RunConfig, n_classes: int) -> tuple[Tensor, Tensor | None]:
    """The z of a look, and every class as often where a generator is told one."""
    return RngStreams(config.seed).z("look", 0, SAMPLES, config.z_dim), balanced(SAMPLES, n_classes)


def judged(ruler: Reference, pixels: images.Pixels, y: Tensor | None) -> dict[str, Any]:
    """Classes present, effective classes, KL, Fréchet distance and sure readings of samples, uint8 N,C,H,W.

    With the classes y that were asked for also `right`, the share of samples that are read so.
    """
    seen = ruler.extract(pixels)
    assert seen.probabilities is not None
    inputs = MetricInputs(seen, ruler.real)
    found = {**classes.measure(inputs), "fd": frechet.measure(inputs)["fd"]}
    found["confident"] = float((seen.probabilities.max(1) > 0.9).mean())
    if y is not None:
        found["right"] = float((seen.classes == y.numpy()).mean())
    return {key: round(value, 5) for key, value in found.items()}
