"""Held-out sources and their true pictures, by which a game that starts from a source is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan.config import RunConfig
from gan.datasets import Data, _domains
from gan.games import Game
from gan.images import to_unit


def examples(game: Game, data: Data, n: int, update: int) -> tuple[Tensor, Tensor]:
    """Sources and true pictures, n of each, N,C,H,W in [-1, 1]: of the test split where there is one.

    Between two kinds they are pictures of the first and of the second, fewer where there are not so many. `update`
    names the choice; 0 is the one that stays. Raises ValueError for data without sources.
    """
    if game.config.between_domains:
        splits = _both(game.config, data, n, update)
        first, second = (_unit(split.images[rows]).to(game.device) for split, rows in splits)
        return first, second
    split, rows = _chosen(data, n, update)
    truth = _unit(split.images[rows]).to(game.device)
    y = None if split.sources is None else _unit(split.sources[rows]).to(game.device)
    maker: Any = game  # with `source`, as its file's STARTS_FROM says
    return maker.source(truth, y, "held out", update), truth


def labels(config: RunConfig, data: Data, n: int, update: int) -> list[np.ndarray | None]:
    """The classes (int64 n) of the sources, of both kinds where there are two; None without labels."""
    splits = _both(config, data, n, update) if config.between_domains else [_chosen(data, n, update)]
    return [None if split.labels is None else split.labels[rows] for split, rows in splits]


def paired(config: RunConfig, data: Data) -> bool:
    """Whether the picture beside a source is its truth."""
    return not config.between_domains or _domains.apart(data, config.two_classes).paired


def _both(config: RunConfig, data: Data, n: int, update: int) -> Sequence[tuple[Data, np.ndarray]]:
    domains = _domains.apart(data, config.two_classes)
    chosen = [_chosen(kind, n, update) for kind in (domains.a, domains.b)]
    shortest = min(len(rows) for _, rows in chosen)
    return [(split, rows[:shortest]) for split, rows in chosen]


def _chosen(data: Data, n: int, update: int) -> tuple[Data, np.ndarray]:
    split = data.test or data
    return split, np.random.RandomState(update).permutation(len(split))[:n]


def _unit(pixels: np.ndarray) -> Tensor:
    return to_unit(torch.from_numpy(np.array(pixels)).float())
