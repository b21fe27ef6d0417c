"""Pairs of pictures that one hand wrote: made from a fixed seed, kept, and read as pictures with their sources."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gan import hardware
from gan.datasets import Data, Progress, _cache, strokes
from gan.datasets._hand import FACTORS

SEEDS = (10, 11)  # of the training and the test split
Counts = tuple[int, int]  # pairs in each


def load(root: Path, folder: str, counts: Counts, hand: strokes.Hand) -> Data:
    """Makes the pairs where they are missing. Raises DataError when no folder can keep them.

    `hand` gives the columns sources, images and factors of n pairs of one style.
    """
    arrays = _cache.made(
        root, folder, lambda arrays: _right(arrays, counts), lambda place: make(place, folder, counts, hand)
    )
    count, tests = counts
    return _data(arrays, slice(count), _data(arrays, slice(count, count + tests)))


def make(root: Path, folder: str, counts: Counts, hand: strokes.Hand) -> Iterator[Progress]:
    """Writes and keeps the pairs; at its end at once where they are. Raises DataError."""
    total = sum(counts)

    def right(arrays: dict[str, np.ndarray]) -> bool:
        return _right(arrays, counts)

    if _cache.find(root, folder, right) is None:
        made: dict[str, np.ndarray] = {
            "images": np.empty((total, *strokes.SHAPE), np.uint8),
            "sources": np.empty((total, *strokes.SHAPE), np.uint8),
            "labels": np.empty(total, np.int64),
            "factors": np.empty((total, len(FACTORS)), np.float32),
        }
        for seed, start, count in zip(SEEDS, (0, counts[0]), counts, strict=True):
            rows = {name: column[start : start + count] for name, column in made.items()}
            for done in strokes.fill_by(hand, rows, seed, hardware.cores()):
                yield Progress(start + done, total, "pairs", "Writing each digit twice")
        _cache.keep(made, root, folder, right)
    yield Progress(total, total, "pairs", "Pairs are written")


def _right(arrays: dict[str, np.ndarray], counts: Counts) -> bool:
    return arrays["images"].shape == arrays["sources"].shape == (sum(counts), *strokes.SHAPE)


def _data(arrays: dict[str, np.ndarray], rows: slice, test: Data | None = None) -> Data:
    factors = dict(zip(FACTORS, arrays["factors"][rows].T, strict=True))
    factors["style"] = factors["style"].astype(np.int64)
    images, labels = arrays["images"][rows], arrays["labels"][rows]
    return Data(images, labels, strokes.NAMES, factors, test, sources=arrays["sources"][rows])
