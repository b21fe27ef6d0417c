"""The training data as updates read them: a batch is rows named by the seed and the count of updates."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gan.config import RunConfig
from gan.datasets import Data, _domains
from gan.games import Game
from gan.images import to_unit
from gan.models import WORDS


class Batches:
    """The training data on the device: uint8 N,C,H,W, or float for points; on the CPU the same memory as the file's."""

    def __init__(self, config: RunConfig, data: Data, game: Game):
        self.size, self.rng = config.batch, game.rng
        images, conditions = data.images, conditions_of(config, data)
        self.pairs = not config.between_domains
        if not self.pairs:
            domains = _domains.apart(data, config.two_classes)
            images, conditions = domains.b.images, domains.a.images
        self.real = torch.from_numpy(np.require(images, requirements="W")).to(game.device)
        self.conditions: Tensor | None = None
        if conditions is not None:
            self.conditions = torch.from_numpy(np.require(conditions, requirements="W")).to(game.device)
        self.rows_of: list[Tensor] = []  # of each class that has any, where all are to come up equally often
        if config.balanced and data.labels is not None:
            places = [np.flatnonzero(data.labels == k) for k in range(data.n_classes)]
            self.rows_of = [torch.from_numpy(rows).to(game.device) for rows in places if len(rows)]

    def __len__(self) -> int:
        return len(self.real)

    def __call__(self, update: int) -> tuple[Tensor, Tensor | None]:
        """The real images of one update, float32 N,C,H,W in [-1, 1], and what the networks are told of each: its class
        or caption, or the source that the data bring; None for nothing. Between two domains these are pictures of A, in
        an order of their own."""
        rows = self._balanced(update) if self.rows_of else self.rng.batch(update, self.size, len(self.real))
        rows = self.rng.shard.of(rows)
        batch, y = self.real[rows], None
        if self.conditions is not None:
            if not self.pairs:
                rows = self.rng.shard.of(self.rng.rows("sources", update * self.size, self.size, len(self.conditions)))
            y = self.conditions[rows]
        return _unit(batch), y if y is None or y.dtype == torch.int64 else _unit(y)

    def _balanced(self, update: int) -> Tensor:
        """Indices (int64, N) of the images of one update: the classes in turn, and of each its next ones.

        Each class is one endless sequence of shuffles of its own, as all images are without balance.
        """
        K, N = len(self.rows_of), self.size
        turns = [update * N + k for k in range(N)]  # of all images taken so far
        parts = []
        for k, rows in enumerate(self.rows_of):
            mine = [turn // K for turn in turns if turn % K == k]
            if mine:
                parts.append(rows[self.rng.rows(f"class {k}", mine[0], len(mine), len(rows))])
        return torch.cat(parts)


def _unit(x: Tensor) -> Tensor:
    """Pictures in [-1, 1]; points are so already."""
    return x if x.is_floating_point() else to_unit(x.float())


def conditions_of(config: RunConfig, data: Data) -> np.ndarray | None:
    """What the networks of a run are told of each picture: sources, captions or classes, as the data have them."""
    if config.from_source:
        return data.sources
    if not config.conditional:
        return None
    return data.captions if config.conditioning == WORDS and data.captions is not None else data.labels
