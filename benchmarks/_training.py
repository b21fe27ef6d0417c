"""One training as the loop does it, without a run folder, and a look at it by EvalNet whenever somebody wants one."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gan import datasets, hardware, images, models, reference, registry
from gan.config import RunConfig
from gan.draws import Draws
from gan.metrics import Evidence, classes, frechet
from gan.models import balanced
from gan.reference import Reference
from gan.schedule import decayed
from gan.step import Players, recalibrate

SAMPLES = 5_000  # of one look


class Training:
    """The players of a config on its data; `step` is that of `gan.train`, without logs, pictures and states."""

    def __init__(self, config: RunConfig, threads: int):
        self.config = hardware.resolve(config.replace(device="cpu", threads=threads))
        torch.set_num_threads(threads)
        data = datasets.open(self.config)
        G, D = models.build(self.config, data.shape, data.n_classes, self.config.seed, "cpu")
        self.players = Players(self.config, G, D, registry.load("losses", self.config.loss))
        self.real = torch.tensor(data.images)
        self.labels = torch.tensor(data.labels) if self.players.n_classes else None
        self.ruler = reference.of(self.config, data)
        self.steps = 0

    @property
    def images(self) -> int:
        """Real images that D was shown."""
        return self.players.d_updates * self.config.batch

    def step(self) -> None:
        config, players = self.config, self.players
        epoch = self.images / len(self.real)
        shrunk = decayed(self.steps, epoch, config.decay_steps, config.half_life)
        players.set_rates(config.lr_g * shrunk, config.lr_d * shrunk)
        for _ in range(config.d_steps):
            rows = players.draws.batch(players.d_updates, config.batch, len(self.real))
            y = None if self.labels is None else self.labels[rows]
            players.update_d(self.real[rows].float().div_(127.5).sub_(1), y)
        for _ in range(config.g_steps):
            players.update_g()
        players.end_round()
        self.steps += 1

    @torch.no_grad()
    def look(self) -> dict[str, Any]:
        """What samples of the average are like now."""
        players = self.players
        recalibrate(players.average, players.draws, self.config.z_dim)
        z, y = noise(self.config, players.n_classes)
        x = players.average(z, y).numpy()
        return judged(self.ruler, images.to_pixels(x).transpose(0, 3, 1, 2), y)


def noise(config: RunConfig, n_classes: int) -> tuple[Tensor, Tensor | None]:
    """The z of a look, and every class as often where a generator is told one."""
    return Draws(config.seed).z("look", 0, SAMPLES, config.z_dim), balanced(SAMPLES, n_classes)


def judged(ruler: Reference, pixels: images.Pixels, y: Tensor | None) -> dict[str, Any]:
    """Classes present, effective classes, KL, Fréchet distance and sure readings of samples, uint8 N,C,H,W.

    With the classes y that were asked for also `right`, the share of samples that are read so.
    """
    seen = ruler.see(pixels)
    assert seen.probabilities is not None
    evidence = Evidence(seen, ruler.real)
    found = {**classes.measure(evidence), "fd": frechet.measure(evidence)["fd"]}
    found["confident"] = float((seen.probabilities.max(1) > 0.9).mean())
    if y is not None:
        found["right"] = float((seen.classes == y.numpy()).mean())
    return {key: round(value, 5) for key, value in found.items()}
