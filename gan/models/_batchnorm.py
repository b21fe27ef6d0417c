"""Recalibration of BatchNorm: the EMA generator's statistics are measured with its own weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan.models import _layers as layers
from gan.models import asked
from gan.rng import RngStreams

RECALIBRATION = 512  # fixed z from which the EMA generator takes its BatchNorm statistics


@torch.no_grad()
def recalibrate(G: nn.Module, rng: RngStreams, z_dim: int, n: int = RECALIBRATION) -> None:
    """Gives a generator in eval mode the BatchNorm statistics of its own weights, measured on n fixed z."""
    if layers.mixes_samples(G):
        y = asked(G, n, rng.device)
        settle(G, rng.z("recalibration", 0, n, z_dim), y)


@torch.no_grad()
def settle(net: nn.Module, *batch: Tensor | None) -> None:
    """Gives a network in eval mode the BatchNorm statistics of one batch, and of nothing that came before."""
    norms = [m for m in net.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()  # also the count of batches: how often we look leaves no trace
        norm.momentum = 1.0
        norm.train()
    net(*batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()
