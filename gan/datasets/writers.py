"""Writers: digits by six hands, each with a slant, a pen, a roundness and forms of its own.

Grey pictures of 28 × 28 pixels like `strokes`, from the same pen: 5,000 of each writer to train on and 1,000 to test
with, every digit equally often. A writer writes each digit in one way, bends its lines more or less, leans and pulls
letters wide or narrow, and holds one of several pens; within a hand all that scatters little. One writer alone can be
chosen, and a second one to translate to. The factors are those of `strokes`, and `writer`, from 1 on. Nothing is
downloaded; the pictures are made once, from a fixed seed, and kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gan import hardware
from gan.datasets import Data, Progress, _cache, strokes
from gan.datasets._glyphs import GLYPHS
from gan.datasets._hand import FACTORS, Habit, template, write

LICENCE = "The pictures are made by Forger itself, under the MIT licence."
SHAPE = (1, 28, 28)
WRITERS = 6
COUNT = 30000
COUNT_EACH, TEST_EACH = 5000, 1000
LABELS = True
OTHER = True
FILES = ()
NAMES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
EXTRA = {
    "writer": {
        "label": "Writer",
        "help": "Whose hand the pictures are of, 1 to 6; 0: all of them.",
        "default": 0,
        "low": 0,
        "high": 6,
    },
    "writer_b": {
        "label": "Second writer",
        "help": "Whose hand a translation goes to, 1 to 6; 0: none.",
        "default": 0,
        "low": 0,
        "high": 6,
    },
}

FOLDER = "writers-v1"  # counts up when the same seed would give other pictures
OWN_FORM = 4.0  # units of a glyph by which the control points of a writer's forms lie off the common ones


@dataclass(frozen=True)
class Writer:
    """A writer: which form of each digit (its place among the glyphs of that digit), the pen in pixels, the habit."""

    forms: tuple[int, ...]
    pen: tuple[float, float]
    habit: Habit


def _habit(slant: float, aspect: float, bend: float) -> Habit:
    """The habit of one hand, which scatters less than many do."""
    return Habit(slant, 3.5, aspect, 0.05, bend, 1.6)


HANDS = (
    Writer((0, 0, 0, 0, 0, 0, 0, 0, 0, 0), (1.5, 1.9), _habit(slant=-14, aspect=-0.2, bend=0.3)),
    Writer((1, 2, 2, 1, 1, 2, 3, 2, 3, 3), (3.2, 3.8), _habit(slant=24, aspect=0.15, bend=1.25)),
    Writer((2, 1, 1, 2, 2, 1, 1, 3, 1, 1), (2.2, 2.6), _habit(slant=5, aspect=0.3, bend=0.0)),
    Writer((0, 2, 3, 0, 1, 0, 2, 1, 2, 2), (1.5, 1.9), _habit(slant=30, aspect=-0.25, bend=1.0)),
    Writer((1, 0, 1, 1, 0, 1, 3, 0, 0, 3), (3.4, 4.0), _habit(slant=-8, aspect=0.25, bend=0.6)),
    Writer((2, 1, 0, 2, 2, 2, 0, 2, 3, 0), (2.4, 2.8), _habit(slant=14, aspect=-0.05, bend=1.4)),
)


def load(root: Path, writer: int = 0, writer_b: int = 0) -> Data:
    """Makes the pictures where they are missing. Raises DataError when no folder can keep them."""
    arrays = _cache.made(root, FOLDER, _right, make)
    other = _data(arrays, writer_b) if writer_b else None
    return replace(_data(arrays, writer), other=other)


def make(root: Path) -> Iterator[Progress]:
    """Writes and keeps the pictures; at its end at once where they are. Raises DataError."""
    each = COUNT_EACH + TEST_EACH
    total = each * WRITERS
    if _cache.find(root, FOLDER, _right) is None:
        made: dict[str, np.ndarray] = {
            "images": np.empty((total, *SHAPE), np.uint8),
            "labels": np.empty(total, np.int64),
            "factors": np.empty((total, len(FACTORS)), np.float32),
        }
        for k, writer in enumerate(HANDS):
            for part, (start, count) in enumerate(((0, COUNT_EACH), (COUNT_EACH, TEST_EACH))):
                first = k * each + start
                rows = {name: column[first : first + count] for name, column in made.items()}
                for done in written(writer, k, rows, 100 + 2 * k + part):
                    yield Progress(first + done, total, "pictures", "Six writers write")
        _cache.keep(made, root, FOLDER, _right)
    yield Progress(total, total, "pictures", "Six writers have written")


def written(writer: Writer, k: int, rows: dict[str, np.ndarray], seed: int) -> Iterator[int]:
    """Fills images, labels and factors by writer number k; yields how many are done."""
    digits = np.random.default_rng(seed).permutation(np.arange(len(rows["images"])) % 10)
    forms = np.array([_form(digit, writer.forms[digit]) for digit in range(10)])

    def hand(style: int, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        offsets = np.random.default_rng([7, k, style]).standard_normal(template(style)[0].shape)
        habit = replace(writer.habit, offsets=OWN_FORM * offsets)
        pictures, factors = write(style, n, rng, habit, writer.pen)
        return {"images": pictures[:, None], "factors": factors}

    yield from strokes.fill_by(hand, rows, seed, hardware.cores(), forms[digits])


def _form(digit: int, place: int) -> int:
    """The number of a glyph by its place among those of its digit."""
    return [style for style, glyph in enumerate(GLYPHS) if glyph.digit == digit][place]


def _right(arrays: dict[str, np.ndarray]) -> bool:
    return arrays["images"].shape == ((COUNT_EACH + TEST_EACH) * WRITERS, *SHAPE)


def _data(arrays: dict[str, np.ndarray], writer: int) -> Data:
    """One writer's pictures, or those of all."""
    each = COUNT_EACH + TEST_EACH
    chosen = [writer - 1] if writer else [*range(WRITERS)]
    train, test = (
        np.concatenate([np.arange(k * each + first, k * each + last) for k in chosen])
        for first, last in ((0, COUNT_EACH), (COUNT_EACH, each))
    )
    return replace(_rows(arrays, train), test=_rows(arrays, test))


def _rows(arrays: dict[str, np.ndarray], rows: np.ndarray) -> Data:
    factors = dict(zip(FACTORS, arrays["factors"][rows].T, strict=True))
    factors["style"] = factors["style"].astype(np.int64)
    factors["writer"] = rows // (COUNT_EACH + TEST_EACH) + 1
    return Data(arrays["images"][rows], arrays["labels"][rows], NAMES, factors)
