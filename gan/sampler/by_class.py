"""Labelled fakes of a conditional generator: so many pictures, every class as often."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gan.runs import RunError
from gan.sampler.sampler import Sampler

CHUNK = 256


def drawn_by_class(sampler: Sampler) -> Callable[[int, int], tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """draw(n, seed) -> pictures uint8 n,C,H,W and their classes n. Raises RunError for a run without classes."""
    if not sampler.classes:
        raise RunError("This generator knows no classes, so its pictures have no labels.")

    def draw(n: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        z = np.random.default_rng(seed).standard_normal((n, sampler.z_dim), dtype=np.float32)
        labels = np.arange(n) % sampler.classes
        parts = [slice(k, k + CHUNK) for k in range(0, n, CHUNK)]
        pixels = np.concatenate([sampler.images(z[part], labels[part]) for part in parts])
        return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)), labels

    return draw
