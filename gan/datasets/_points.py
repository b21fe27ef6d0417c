"""Points of the plane as data: 20,000 to train on, 4,000 apart, from a fixed seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gan.datasets import Data

TRAIN, TEST = 20_000, 4_000
Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray | None]]


def data(draw: Draw, names: tuple[str, ...] = ()) -> Data:
    """Both splits of what `draw(rng, n)` gives: points n,2 around [-1, 1], and labels n or None."""
    test = _split(draw, names, seed=1, n=TEST)
    train = _split(draw, names, seed=0, n=TRAIN)
    return Data(train.images, train.labels, train.names, test=test)


def _split(draw: Draw, names: tuple[str, ...], seed: int, n: int) -> Data:
    points, labels = draw(np.random.default_rng(seed), n)
    images = np.clip(points, -1, 1).astype(np.float32).reshape(n, 2, 1, 1)
    return Data(images, None if labels is None else labels.astype(np.int64), names)
