"""Held-out sources and their true pictures, by which a game that starts from a source is looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan.datasets import Data
from gan.games import Game
from gan.images import to_unit


def examples(game: Game, data: Data, n: int, update: int) -> tuple[Tensor, Tensor]:
    """Sources and true pictures, n of each, N,C,H,W in [-1, 1]: of the test split where there is one.

    `update` names the choice; 0 is the one that stays. Raises ValueError for data without sources.
    """
    split, rows = _chosen(data, n, update)
    truth = _unit(split.images[rows]).to(game.device)
    y = None if split.sources is None else _unit(split.sources[rows]).to(game.device)
    maker: Any = game  # with `source`, as its file's STARTS_FROM says
    return maker.source(truth, y, "held out", update), truth


def labels(data: Data, n: int, update: int) -> np.ndarray | None:
    """The classes (int64 n) of those pictures; None without labels."""
    split, rows = _chosen(data, n, update)
    return None if split.labels is None else split.labels[rows]


def _chosen(data: Data, n: int, update: int) -> tuple[Data, np.ndarray]:
    split = data.test or data
    return split, np.random.RandomState(update).permutation(len(split))[:n]


def _unit(pixels: np.ndarray) -> Tensor:
    return to_unit(torch.from_numpy(np.array(pixels)).float())
