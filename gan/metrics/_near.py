"""Nearest neighbours by brute force, block by block: exact, and quick enough for 64 features."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BLOCK = 1024  # rows compared at once


def blocks(a: NDArray[Any], b: NDArray[Any]) -> Iterator[tuple[slice, Tensor]]:
    """Squared distances of the rows of `a` (N,d) to those of `b` (M,d): slices of `a`, each with its n,M.

    Rounding may make the least of them slightly negative; around the mean of `b` the numbers are small, and so is it.
    """
    centre = np.asarray(b).mean(0, dtype=np.float64)
    x, y = (torch.from_numpy(np.subtract(v, centre, dtype=np.float32)) for v in (a, b))
    lengths = y.square().sum(1)
    for start in range(0, len(x), BLOCK):
        part = x[start : start + BLOCK]
        squares = torch.addmm(lengths, part, y.T, alpha=-2).add_(part.square().sum(1, keepdim=True))
        yield slice(start, start + len(part)), squares


def radii(x: NDArray[Any], k: int) -> NDArray[np.float32]:
    """The squared distance from each row to its k-th neighbour among the others, N. Raises ValueError for too few."""
    if len(x) <= k:
        raise ValueError(f"{k} neighbours need more than {k} images, not {len(x)}")
    found = np.empty(len(x), np.float32)
    for rows, squares in blocks(x, x):
        squares[:, rows].fill_diagonal_(-1)  # itself comes first, whatever rounding made of it
        found[rows] = squares.topk(k + 1, largest=False, sorted=True).values[:, k].numpy()
    return found


def nearest(a: NDArray[Any], b: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """For each row of `a` the distance to its nearest row of `b`, and which one that is."""
    distance, which = np.empty(len(a), np.float32), np.empty(len(a), np.int64)
    for rows, squares in blocks(a, b):
        values, indices = squares.min(1)
        distance[rows], which[rows] = values.clamp_(min=0).sqrt_().numpy(), indices.numpy()
    return distance, which
