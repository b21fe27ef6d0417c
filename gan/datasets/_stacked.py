"""Stacked digits: three pictures of one data set as the red, green and blue of one, so that modes can be counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gan import registry
from gan.datasets import Data, DataError

CHANNELS = ("red", "green", "blue")


def load(root: Path, digits: str) -> Data:
    """Both splits, stacked from those of the data set `digits`. Raises DataError."""
    data = registry.load("datasets", digits).load(root)
    return stack(data, 0, stack(data.test, 1) if data.test is not None else None)


def stack(digits: Data, seed: int, test: Data | None = None) -> Data:
    """As many pictures N,3,H,W as there are of `digits` (N,1,H,W with labels), each in three shuffles of them.

    So every channel has each digit once, in the very shares of the data. `factors` has the class of each channel; there
    are no labels: a thousand classes are for counting, not for telling a network. Raises DataError.
    """
    if digits.labels is None or digits.shape[0] != 1:
        raise DataError("Grey pictures with labels can be stacked, and no others.")
    rng = np.random.RandomState(seed)
    images = np.empty((len(digits), len(CHANNELS), *digits.shape[1:]), np.uint8)
    factors = {}
    for k, name in enumerate(CHANNELS):
        rows = rng.permutation(len(digits))
        images[:, k] = digits.images[rows, 0]
        factors[name] = digits.labels[rows]
    return Data(images, factors=factors, test=test)
