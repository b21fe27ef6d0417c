"""The training data as updates read them: a batch is rows named by the seed and the count of updates."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from gan import hardware
from gan.config import RunConfig
from gan.datasets import Data, _domains, _paged
from gan.games import Game
from gan.images import to_unit
from gan.models import WORDS
from gan.training import memory

DEVICE_SHARE = 0.5  # of its free memory that data may take
AHEAD = 4  # batches that are kept: those of D and of G, and of each the next one


class Batches:
    """The training data: uint8 N,C,H,W, or float for points; on the CPU the same memory as the file's.

    They lie on the device where they fit, and come batch by batch where they do not. What is large may lie on a disk:
    then a thread reads the next batch meanwhile.
    """

    def __init__(self, config: RunConfig, data: Data, game: Game):
        self.size, self.rng = config.batch, game.rng
        images, conditions = data.images, conditions_of(config, data)
        self.pairs = not config.between_domains
        if not self.pairs:
            domains = _domains.apart(data, config.two_classes)
            images, conditions = domains.b.images, domains.a.images
        self.device = game.device
        self.real = self._placed(images)
        self.conditions = None if conditions is None else self._placed(conditions)
        large = self.real.device.type == "cpu" and _paged.is_large(images)
        self.reader = ThreadPoolExecutor(1, "batches", hardware.use_threads, (1,)) if large else None
        self.ahead: dict[int, Future[tuple[Tensor, Tensor | None]]] = {}  # by update
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
        batch, y = self._read(*self._rows(update)) if self.reader is None else self._read_ahead(update)
        batch = batch.to(self.device, non_blocking=True)
        if y is not None:
            y = y.to(self.device, non_blocking=True)
        return _unit(batch), y if y is None or y.dtype == torch.int64 else _unit(y)

    def _placed(self, array: np.ndarray) -> Tensor:
        """An array on the device, or where it is when it would take too much of that."""
        x = torch.from_numpy(np.require(array, requirements="W"))
        free = memory.free(self.device.type) if self.device.type != "cpu" else None
        return x if free is not None and x.nbytes > DEVICE_SHARE * free else x.to(self.device)

    def _rows(self, update: int) -> tuple[Tensor, Tensor]:
        """Indices (int64, N) of the images of one update, and of what the networks are told of them."""
        rows = self._balanced(update) if self.rows_of else self.rng.batch(update, self.size, len(self.real))
        others = rows
        if self.conditions is not None and not self.pairs:
            others = self.rng.rows("sources", update * self.size, self.size, len(self.conditions))
        return self.rng.shard.of(rows), self.rng.shard.of(others)

    def _read(self, rows: Tensor, others: Tensor) -> tuple[Tensor, Tensor | None]:
        batch = self.real[rows.to(self.real.device)]
        return batch, None if self.conditions is None else self.conditions[others.to(self.conditions.device)]

    def _read_ahead(self, update: int) -> tuple[Tensor, Tensor | None]:
        """The batch of an update, and the next one begun."""
        assert self.reader is not None
        for k in (update, update + 1):
            if k not in self.ahead:
                self.ahead[k] = self.reader.submit(self._read, *self._rows(k))
        job = self.ahead[update]
        for old in sorted(self.ahead)[:-AHEAD]:
            del self.ahead[old]
        return job.result()

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
