"""Upright and slanted: each digit written twice by one pen, straight up and leaning far to the right.

The hand of `strokes`: the upright picture is the source, the slanted one the image to be made, and line, pen and slips
are the same in both. 20,000 pairs to train on and 2,000 to test with, made once from a fixed seed, and kept; nothing is
downloaded. The factors are those of the slanted picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gan.datasets import Data, Progress, _pairs
from gan.datasets._hand import Habit, write

LICENCE = "The pictures are made by Forger itself, under the MIT licence."
SHAPE = (1, 28, 28)
COUNT = 20000
TEST_COUNT = 2000
LABELS = True
SOURCES = True
FILES = ()
NAMES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")

FOLDER = "upright-slanted-v1"  # counts up when the same seed would give other pictures
UPRIGHT, SLANTED = Habit(slant=0, slant_spread=0), Habit(slant=30, slant_spread=0)  # degrees


def load(root: Path) -> Data:
    """Makes the pairs where they are missing. Raises DataError when no folder can keep them."""
    return _pairs.load(root, FOLDER, (COUNT, TEST_COUNT), _both)


def make(root: Path) -> Iterator[Progress]:
    """Writes and keeps the pairs; at its end at once where they are. Raises DataError."""
    return _pairs.make(root, FOLDER, (COUNT, TEST_COUNT), _both)


def _both(style: int, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """n lines of one style both ways: the same draws twice."""
    state = rng.bit_generator.state
    upright, _ = write(style, n, rng, UPRIGHT)
    rng.bit_generator.state = state
    slanted, factors = write(style, n, rng, SLANTED)
    return {"sources": upright[:, None], "images": slanted[:, None], "factors": factors}
