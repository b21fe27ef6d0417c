"""The penalties, tricks and augmentations that a run has chosen, and how its tricks change D."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import torch
from torch import nn

from gan import registry
from gan.config import RunConfig


def chosen(kind: str, config: RunConfig) -> list[tuple[ModuleType, Any]]:
    """The files of a kind whose setting is not off, and their amounts, in the order of their names."""
    amounts = {name: getattr(config, name.replace("-", "_")) for name in registry.names(kind)}
    return [(registry.load(kind, name), amount) for name, amount in amounts.items() if amount]


def prepare(D: nn.Module, config: RunConfig, seed: int) -> None:
    """Changes a new D as the run's tricks say; what they draw follows from `seed`."""
    for trick, amount in chosen("tricks", config):
        if hasattr(trick, "prepare"):
            trick.prepare(D, amount, torch.Generator().manual_seed(seed))
