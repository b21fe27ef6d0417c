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

from gan import hardware
from gan.datasets import Data, Progress, _cache, strokes
from gan.datasets._hand import FACTORS, write_pair

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
    arrays = _cache.made(root, FOLDER, _right, make)
    return _data(arrays, slice(COUNT), _data(arrays, slice(COUNT, COUNT + TEST_COUNT)))


def make(root: Path) -> Iterator[Progress]:
    """Writes and keeps the pairs; at its end at once where they are. Raises DataError."""
    total = COUNT + TEST_COUNT
    if _cache.find(root, FOLDER, _right) is None:
        made: dict[str, np.ndarray] = {
            "images": np.empty((total, *SHAPE), np.uint8),
            "sources": np.empty((total, *SHAPE), np.uint8),
            "labels": np.empty(total, np.int64),
            "factors": np.empty((total, len(FACTORS)), np.float32),
        }
        for seed, start, count in ((10, 0, COUNT), (11, COUNT, TEST_COUNT)):
            rows = {name: column[start : start + count] for name, column in made.items()}
            for done in strokes.fill_by(_both, rows, seed, hardware.cores()):
                yield Progress(start + done, total, "pairs", "Writing each digit twice")
        _cache.keep(made, root, FOLDER, _right)
    yield Progress(total, total, "pairs", "Pairs are written")


def _both(style: int, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """n lines of one style by both pens."""
    thin, thick, factors = write_pair(style, n, rng, WIDTHS)
    return {"sources": thin[:, None], "images": thick[:, None], "factors": factors}


def _right(arrays: dict[str, np.ndarray]) -> bool:
    return arrays["images"].shape == arrays["sources"].shape == (COUNT + TEST_COUNT, *SHAPE)


def _data(arrays: dict[str, np.ndarray], rows: slice, test: Data | None = None) -> Data:
    factors = dict(zip(FACTORS, arrays["factors"][rows].T, strict=True))
    factors["style"] = factors["style"].astype(np.int64)
    return Data(arrays["images"][rows], arrays["labels"][rows], NAMES, factors, test, sources=arrays["sources"][rows])
