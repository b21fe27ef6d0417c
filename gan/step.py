"""One step of the game in plain PyTorch: an update of D, an update of G, and the average of G that people see."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from gan import penalty
from gan.adam import Adam
from gan.config import RunConfig
from gan.draws import Draws
from gan.models import _layers as layers
from gan.models import balanced

RECALIBRATION = 512  # fixed z from which the average generator takes its BatchNorm statistics


class Players:
    """Generator, discriminator, G's running average, their optimizers and how often each was updated.

    `d_updates` and `g_updates` count apart, and every draw is named by them: stepping one player alone repeats nothing.
    """

    def __init__(self, config: RunConfig, G: nn.Module, D: nn.Module, loss: ModuleType):
        self.config, self.G, self.D, self.loss = config, G, D, loss
        self.device = next(G.parameters()).device
        self.average = copy.deepcopy(G).requires_grad_(False).eval()
        if not config.ema_decay:  # then it is G itself, and nothing has to be copied
            for mine, its in zip(self.average.parameters(), G.parameters(), strict=True):
                mine.data = its.data
        self.opt_g = Adam(G, config.lr_g, config.beta1, config.beta2)
        self.opt_d = Adam(D, config.lr_d, config.beta1, config.beta2)
        self.draws = Draws(config.seed, self.device)
        self.d_updates = self.g_updates = 0
        self.toward = torch.zeros((), dtype=self.opt_g.weights[0].dtype, device=self.device)
        self.perform: Callable[..., Any] = _plainly  # how an update is carried out
        self.call: Callable[..., Tensor] = _call  # how a network is
        self._one_pass = not layers.mixes_samples(D)
        self.n_classes: int = getattr(G, "n_classes", 0)  # that both are told, 0: none
        self._fake: Tensor | None = None  # what D has just been shown, with G's graph
        self._y: Tensor | None = None  # the classes of it
        self._kind = ""  # of the update that made it

    def update_d(self, real: Tensor, y: Tensor | None = None) -> Tensor:
        """D learns to tell `real` (N,C,H,W in [-1, 1]) from as many fakes, of the same classes y (N) if it is told.

        Returns on the device (5,): loss, mean D(x), mean D(G(z)), gradient norm, share judged rightly.
        """
        z = self.draws.z("z for D", self.d_updates, len(real), self.config.z_dim)
        layers.rekey(self.G, self.draws.generator("dropout in G for D", self.d_updates))
        layers.rekey(self.D, self.draws.generator("dropout for D", self.d_updates))
        penalised = self.config.r1 > 0 and self.d_updates % penalty.EVERY == 0
        self._kind = " with r1" if penalised else ""
        work = partial(self._learn_d, penalised=penalised)
        told: Tensor
        told, self._fake = self.perform("d" + self._kind, work, real, y, z)
        self._y = y
        self.d_updates += 1
        return told

    def update_g(self) -> Tensor:
        """G learns to make D call its fakes real; D only passes the gradient on.

        Returns on the device (2,): loss, gradient norm.
        """
        self._ramp()
        layers.rekey(self.D, self.draws.generator("dropout for G", self.g_updates))
        told: Tensor
        if self._fake is not None:
            told = self.perform("g" + self._kind, self._learn_g, self._fake, self._y)
        else:
            n = self.config.batch
            z = self.draws.z("z for G", self.g_updates, n, self.config.z_dim)
            y = self.draws.classes("classes for G", self.g_updates, n, self.n_classes)
            layers.rekey(self.G, self.draws.generator("dropout in G for G", self.g_updates))
            told = self.perform("g alone", self._learn_g_alone, z, y)
        self._fake = self._y = None
        self.g_updates += 1
        return told

    def end_round(self) -> None:
        """Forgets the last fakes, so that what comes next does not depend on when a run was stopped."""
        self._fake = self._y = None

    def _learn_d(
        self, real: Tensor, y: Tensor | None, z: Tensor, penalised: bool
    ) -> tuple[Tensor, Tensor | None]:
        """The maths of an update of D: what it tells, and the fakes if G is to use them too."""
        with torch.set_grad_enabled(self.config.reuse_fake):
            fake = self.call(self.G, z, y)
        real_logits, fake_logits = self._judge(real, fake.detach(), y)
        loss = self.loss.d(real_logits, fake_logits)
        slope = self._slope(real, y) if penalised else 0.0
        self.opt_d.zero_grad()
        (loss + slope).backward()
        norm = self.opt_d.step()
        chance = [logits.detach().sigmoid().mean() for logits in (real_logits, fake_logits)]
        right = ((real_logits > 0).float().mean() + (fake_logits < 0).float().mean()) / 2
        told = torch.stack([loss.detach(), *chance, norm, right])
        return told, fake if self.config.reuse_fake else None

    def _learn_g(self, fake: Tensor, y: Tensor | None) -> Tensor:
        """The maths of an update of G by fakes that have its graph, and their classes."""
        self.D.requires_grad_(False)
        loss = self.loss.g(self.call(self.D, fake, y))
        self.opt_g.zero_grad()
        loss.backward()
        self.D.requires_grad_(True)
        norm = self.opt_g.step()
        self._move_average()
        return torch.stack([loss.detach(), norm])

    def _learn_g_alone(self, z: Tensor, y: Tensor | None) -> Tensor:
        """The same by fakes of its own."""
        return self._learn_g(self.call(self.G, z, y), y)

    def _judge(self, real: Tensor, fake: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor]:
        """D's logits of both batches: one pass where that is the same maths, two where BatchNorm would mix them."""
        if self._one_pass:
            both = None if y is None else torch.cat([y, y])
            real_logits, fake_logits = self.call(self.D, torch.cat([real, fake]), both).chunk(2)
            return real_logits, fake_logits
        return self.call(self.D, real, y), self.call(self.D, fake, y)

    def _slope(self, real: Tensor, y: Tensor | None) -> Tensor:
        """What D pays for its slope, in this update for all since the last time."""
        found = penalty.r1(lambda x: self.call(self.D, x, y), real)
        return self.config.r1 * penalty.EVERY * found

    def _ramp(self) -> None:
        """How far the average goes this time: quickly at first (Karras et al. 2018), later 1 - `ema_decay`."""
        decay = min(self.config.ema_decay, (1 + self.g_updates) / (10 + self.g_updates))
        self.toward.fill_(1.0 - decay)

    @torch.no_grad()
    def _move_average(self) -> None:
        """The average follows G."""
        if self.config.ema_decay:
            for mine, its in zip(self.average.parameters(), self.G.parameters(), strict=True):
                mine.lerp_(its, self.toward)

    def frozen(self) -> Frozen:
        """Copies for whoever looks, while the players learn on."""
        average, D = copy.deepcopy(self.average), copy.deepcopy(self.D)
        return Frozen(self.config, average, D, self.d_updates, self.g_updates)

    def set_rates(self, lr_g: float, lr_d: float) -> None:
        """Learning rates from the next update on."""
        self.opt_g.set_rate(lr_g)
        self.opt_d.set_rate(lr_d)


@dataclass(frozen=True)
class Frozen:
    """The average generator and D as they are at one moment, and how often both players had been updated by then."""

    config: RunConfig
    average: nn.Module
    D: nn.Module
    d_updates: int
    g_updates: int


@torch.no_grad()
def recalibrate(G: nn.Module, draws: Draws, z_dim: int, n: int = RECALIBRATION) -> None:
    """Gives a generator in eval mode the BatchNorm statistics of its own weights, measured on n fixed z."""
    if layers.mixes_samples(G):
        y = balanced(n, getattr(G, "n_classes", 0), draws.device)
        settle(G, draws.z("recalibration", 0, n, z_dim), y)


@torch.no_grad()
def settle(net: nn.Module, *batch: Tensor | None) -> None:
    """Gives a network in eval mode the BatchNorm statistics of one batch, and of nothing that came before."""
    norms = [m for m in net.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    kept = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()  # also the count of batches: how often we look leaves no trace
        norm.momentum = 1.0
        norm.train()
    net(*batch)
    for norm, momentum in zip(norms, kept, strict=True):
        norm.momentum = momentum
        norm.eval()


def _plainly(kind: str, work: Callable[..., Any], *inputs: Tensor | None) -> Any:
    """An update, named by its kind, as it is written here."""
    return work(*inputs)


def _call(net: nn.Module, x: Tensor, y: Tensor | None) -> Tensor:
    """What a network makes of a batch and its classes."""
    return net(x, y)
