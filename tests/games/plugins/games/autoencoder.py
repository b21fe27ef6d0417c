"""Autoencoder: one network that learns to repeat what it is shown. A toy, to prove that a game needs no G and no D."""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from gan.games import Snapshot
from gan.games._adam import GuardedAdam
from gan.models import seeded
from gan.rng import RngStreams

UPDATES = {"autoencoder": None}
STATISTICS = {"reconstruction": "mean squared difference of x and what becomes of it"}


class Autoencoder(nn.Module):
    n_classes = 0

    def __init__(self, shape, z_dim):
        super().__init__()
        self.shape = shape
        self.encoder = nn.Linear(shape[0] * shape[1] * shape[2], z_dim)
        self.decoder = nn.Linear(z_dim, shape[0] * shape[1] * shape[2])

    def mapping(self, z, y=None):
        return z

    def synthesis(self, w):
        return self.decoder(w).tanh().view(-1, *self.shape)

    def forward(self, z, y=None):
        return self.synthesis(self.mapping(z, y))


def networks(config, shape, n_classes, seed):
    with seeded(torch.Generator().manual_seed(seed)):
        return {"G": Autoencoder(shape, config.z_dim)}


def grid(snapshot, z, y):
    return snapshot.G_ema(z, y)


class Game:
    def __init__(self, config, nets):
        self.config, self.nets, self.G, self.n_classes = config, dict(nets), nets["G"], 0
        self.device = next(self.G.parameters()).device
        self.G_ema = copy.deepcopy(self.G).requires_grad_(False).eval()
        self.optimizers = {"G": GuardedAdam(self.G, config.lr_g, config.beta1, config.beta2)}
        self.counts = {"autoencoder": 0}
        self.rng = RngStreams(config.seed, self.device)

    @property
    def images(self):
        return self.counts["autoencoder"] * self.config.batch

    def update(self, name, batches) -> dict[str, Any]:
        x, _ = batches(self.counts[name])
        noise = self.rng.z("noise on the code", self.counts[name], len(x), self.config.z_dim)
        net = self.nets["G"]
        code = net.encoder(x.flatten(1)) + 0.1 * noise
        loss = F.mse_loss(net.synthesis(code), x)
        self.optimizers["G"].zero_grad()
        loss.backward()
        self.optimizers["G"].guarded_step()
        with torch.no_grad():
            for slow, fast in zip(self.G_ema.parameters(), net.parameters(), strict=True):
                slow.lerp_(fast, 0.1)
        self.counts[name] += 1
        return {"reconstruction": loss.detach()}

    def end_step(self):
        pass

    def snapshot(self):
        return Snapshot(self.config, {"G_ema": copy.deepcopy(self.G_ema)}, dict(self.counts))
