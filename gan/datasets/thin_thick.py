"""Thin and thick: each digit written twice along the same line, by a thin pen and by a thick one.

The hand of `strokes`, and two pens: 1.4 to 1.9 pixels wide and 3.6 to 4.2. The thick picture is the image to be made,
the thin one its source, so a translation from thin to thick knows what every answer should have been. 20,000 pairs to
train on and 2,000 to test with, made once from a fixed seed, and kept; nothing is downloaded. The factors are those of
the thick picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gan.datasets import Data, Progress, _pairs
from gan.datasets._hand import write_pair

LICENCE = "The pictures are made by Forger itself, under the MIT licence."
SHAPE = (1, 28, 28)
COUNT = 20000
TEST_COUNT = 2000
LABELS = True
SOURCES = True
FILES = ()
NAMES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")

FOLDER = "thin-thick-v1"  # counts up when the same seed would give other pictures
WIDTHS = ((1.4, 1.9), (3.6, 4.2))  # pixels, of the thin and of the thick pen


def load(root: Path) -> Data:
    """Makes the pairs where they are missing. Raises DataError when no folder can keep them."""
    return _pairs.load(root, FOLDER, (COUNT, TEST_COUNT), _both)


def make(root: Path) -> Iterator[Progress]:
    """Writes and keeps the pairs; at its end at once where they are. Raises DataError."""
    return _pairs.make(root, FOLDER, (COUNT, TEST_COUNT), _both)


def _both(style: int, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """n lines of one style by both pens."""
    thin, thick, factors = write_pair(style, n, rng, WIDTHS)
    return {"sources": thin[:, None], "images": thick[:, None], "factors": factors}
