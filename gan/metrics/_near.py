"""Nearest neighbours by brute force, block by block: exact, and quick enough for 64 features."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan import hardware

BLOCK = 256  # rows compared at once: with 60,000 others 60 MB
Result = TypeVar("Result")


def blocks(a: NDArray[Any], b: NDArray[Any], reduce: Callable[[slice, Tensor], Result]) -> list[Result]:
    """The results of `reduce(slice of a, squared distances n,M)` for blocks of rows of `a` (N,d) against `b` (M,d).

    Rounding may make the least of them slightly negative; around the mean of `b` the numbers are small, and so is it.
    """
    centre = np.asarray(b).mean(0, dtype=np.float64)
    x, y = (torch.from_numpy(np.subtract(v, centre, dtype=np.float32)) for v in (a, b))
    lengths = y.square().sum(1)

    def work(start: int) -> Result:
        part = x[start : start + BLOCK]
        squares = torch.addmm(lengths, part, y.T, alpha=-2).add_(part.square().sum(1, keepdim=True))
        return reduce(slice(start, start + len(part)), squares)

    return hardware.together(work, range(0, len(x), BLOCK))


def radii(x: NDArray[Any], k: int) -> NDArray[np.float32]:
    """The squared distance from each row to its k-th neighbour among the others, N. Raises ValueError for too few."""
    if len(x) <= k:
        raise ValueError(f"{k} neighbours need more than {k} images, not {len(x)}")

    def reach(_: slice, squares: Tensor) -> Tensor:
        return squares.topk(k + 1, largest=False).values[:, k]  # the nearest is the row itself

    return np.asarray(torch.cat(blocks(x, x, reach)).numpy())


def nearest(a: NDArray[Any], b: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The distance (N) of each row of `a` to its nearest row of `b`, and the index (N) of that row."""
    parts = blocks(a, b, lambda _, squares: squares.min(1))
    squares, which = (torch.cat(column) for column in zip(*parts, strict=True))
    return squares.clamp(min=0).sqrt().numpy(), which.numpy()
