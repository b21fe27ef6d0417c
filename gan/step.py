"""One step of the game in plain PyTorch: an update of D, an update of G, and the average of G that people see."""

from __future__ import annotations

import copy
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from gan.config import RunConfig
from gan.draws import Draws
from gan.models import _layers as layers

RECALIBRATION = 512  # fixed z from which the average generator takes its BatchNorm statistics


class Players:
    """Generator, discriminator, G's running average, their optimizers and how often each was updated.

    `d_updates` and `g_updates` count apart, and every draw is named by them: stepping one player alone repeats nothing.
    """

    def __init__(self, config: RunConfig, G: nn.Module, D: nn.Module, loss: ModuleType):
        self.config, self.G, self.D, self.loss = config, G, D, loss
        self.device = next(G.parameters()).device
        self.average = copy.deepcopy(G).requires_grad_(False).eval()
        self.opt_g = _adam(G, config.lr_g, config)
        self.opt_d = _adam(D, config.lr_d, config)
        self.draws = Draws(config.seed, self.device)
        self.d_updates = self.g_updates = 0
        self._one_pass = not layers.mixes_samples(D)
        self._fake: Tensor | None = None  # what D has just been shown, with G's graph

    def update_d(self, real: Tensor) -> Tensor:
        """D learns to tell `real` (N,C,H,W in [-1, 1]) from as many fakes.

        Returns on the device (5,): loss, mean D(x), mean D(G(z)), gradient norm, share judged rightly.
        """
        z = self.draws.z("z for D", self.d_updates, len(real), self.config.z_dim)
        layers.rekey(self.G, self.draws.generator("dropout in G for D", self.d_updates))
        with torch.set_grad_enabled(self.config.reuse_fake):
            self._fake = self.G(z)

        layers.rekey(self.D, self.draws.generator("dropout for D", self.d_updates))
        real_logits, fake_logits = self._judge(real, self._fake.detach())
        loss = self.loss.d(real_logits, fake_logits)
        self.opt_d.zero_grad()
        loss.backward()
        norm = _apply(self.opt_d, self.D)
        self.d_updates += 1
        chance = [logits.detach().sigmoid().mean() for logits in (real_logits, fake_logits)]
        right = ((real_logits > 0).float().mean() + (fake_logits < 0).float().mean()) / 2
        return torch.stack([loss.detach(), *chance, norm, right])

    def update_g(self) -> Tensor:
        """G learns to make D call its fakes real; D only passes the gradient on.

        Returns on the device (2,): loss, gradient norm.
        """
        fake = self._fakes_for_g()
        layers.rekey(self.D, self.draws.generator("dropout for G", self.g_updates))
        self.D.requires_grad_(False)
        loss = self.loss.g(self.D(fake))
        self.opt_g.zero_grad()
        loss.backward()
        self.D.requires_grad_(True)
        norm = _apply(self.opt_g, self.G)
        self._move_average()
        self.g_updates += 1
        return torch.stack([loss.detach(), norm])

    def end_round(self) -> None:
        """Forgets the last fakes, so that what comes next does not depend on when a run was stopped."""
        self._fake = None

    def _judge(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """D's logits of both batches: one pass where that is the same maths, two where BatchNorm would mix them."""
        if self._one_pass:
            real_logits, fake_logits = self.D(torch.cat([real, fake])).chunk(2)
            return real_logits, fake_logits
        return self.D(real), self.D(fake)

    def _fakes_for_g(self) -> Tensor:
        fake, self._fake = self._fake, None
        if fake is not None and fake.requires_grad:
            return fake
        z = self.draws.z("z for G", self.g_updates, self.config.batch, self.config.z_dim)
        layers.rekey(self.G, self.draws.generator("dropout in G for G", self.g_updates))
        fresh: Tensor = self.G(z)
        return fresh

    def _move_average(self) -> None:
        """The average follows G, quickly at first (ramp of Karras et al. 2018), at most by `ema_decay`."""
        decay = min(self.config.ema_decay, (1 + self.g_updates) / (10 + self.g_updates))
        torch._foreach_lerp_(
            list(self.average.parameters()), list(self.G.parameters()), 1.0 - decay
        )

    def recalibrate(self) -> None:
        """Gives the average generator the BatchNorm statistics of its own weights, measured on 512 fixed z."""
        recalibrate(self.average, self.draws, self.config.z_dim)

    def set_rates(self, lr_g: float, lr_d: float) -> None:
        """Learning rates from the next update on."""
        for optimizer, rate in ((self.opt_g, lr_g), (self.opt_d, lr_d)):
            for group in optimizer.param_groups:
                group["lr"] = rate


@torch.no_grad()
def recalibrate(G: nn.Module, draws: Draws, z_dim: int, n: int = RECALIBRATION) -> None:
    """Gives a generator in eval mode the BatchNorm statistics of its own weights, measured on n fixed z."""
    if layers.mixes_samples(G):
        settle(G, draws.z("recalibration", 0, n, z_dim))


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


def _adam(module: nn.Module, rate: float, config: RunConfig) -> torch.optim.Adam:
    return torch.optim.Adam(
        module.parameters(), lr=rate, betas=(config.beta1, config.beta2), fused=True
    )


def _apply(optimizer: Any, module: nn.Module) -> Tensor:
    """One optimizer step, left out on the device itself when the gradient is not finite. Returns the gradient's norm.

    Adam then never sees a NaN, so weights and their average stay clean until the host notices. `found_inf` is the
    switch of the fused optimizers that torch's own GradScaler uses.
    """
    norm = nn.utils.get_total_norm([p.grad for p in module.parameters() if p.grad is not None])
    optimizer.found_inf = (~norm.isfinite()).float()
    optimizer.step()
    return norm
