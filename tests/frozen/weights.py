"""Fingerprints of every preset's weights, at the start and after 50 steps on one thread: draws must keep their order.

    python -m tests.frozen.weights       # prints {preset: {"start": [...], "after": [...]}}

A fingerprint is the projection of each tensor of G and of D on a fixed direction, divided by the direction's norm.
Computed in double precision: a draw that moved changes it altogether, another processor's rounding hardly at all.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import torch
from torch import nn

from gan import games, registry
from gan.config import RunConfig, preset

STEPS = 50
FEWER = {"broken-giant-steps": 10}  # rounding of the last digit grows a billionfold in its fifty
BATCH = 4  # small, so that all presets together take seconds
SIDES = {"mnist": 28, "strokes": 28, "cifar10": 32}


def fingerprint(*nets: nn.Module) -> list[float]:
    """One number a parameter, in their order."""
    found = []
    for net in nets:
        for p in net.parameters():
            direction = torch.cos(torch.arange(p.numel(), dtype=torch.float64) ** 1.1)
            found.append(float(p.detach().double().flatten() @ direction / math.sqrt(p.numel())))
    return [float(f"{value:.9g}") for value in found]


def settings(name: str) -> RunConfig:
    config, _ = preset(name)
    return config.replace(batch=BATCH, device="cpu", threads=1, precision="fp32")


def batches(config: RunConfig) -> tuple[torch.Tensor, torch.Tensor]:
    """Random data of the preset's shape: float64 N,C,H,W in [-1, 1], and their classes."""
    rng = np.random.default_rng(0)
    if config.dataset in ("ring", "line", "gaussians"):
        shape = (2, 1, 1)
    else:
        side = config.image_size or SIDES[config.dataset]
        shape = (3 if config.dataset == "cifar10" else 1, side, side)
    x = torch.from_numpy(rng.uniform(-1, 1, (STEPS * BATCH, *shape)))
    return x, torch.from_numpy(rng.integers(0, 10, STEPS * BATCH))


def train(name: str) -> dict[str, list[float]]:
    """The fingerprints of one preset."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        return _train(name)
    finally:
        torch.set_default_dtype(before)


def _train(name: str) -> dict[str, list[float]]:
    torch.set_num_threads(1)
    config = settings(name)
    x, y = batches(config)
    shape = (x.shape[1], x.shape[2], x.shape[3])
    game: Any = games.build(config, shape, 10 if config.conditional else 0, "cpu")
    start = fingerprint(*game.nets.values())
    for k in range(FEWER.get(name, STEPS)):
        rows = slice(k * BATCH, (k + 1) * BATCH)
        for _ in range(config.d_steps):
            game.d_step(x[rows], y[rows] if config.conditional else None)
        for _ in range(config.g_steps):
            game.g_step()
        game.end_step()
    return {"start": start, "after": fingerprint(*game.nets.values())}


if __name__ == "__main__":
    print(json.dumps({name: train(name) for name in registry.names("presets")}, indent=0))
