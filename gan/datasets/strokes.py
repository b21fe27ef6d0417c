"""Strokes: handwritten-looking digits 0-9 that this project writes itself.

70,000 grey pictures of 28 × 28 pixels, as in MNIST: 60,000 to train on and 10,000 to test with. A pen
follows control points, several ways of writing for each digit, and every picture has its own slant,
rotation, size, thickness, pressure and slips of the hand. Nothing is downloaded; the pictures are
made once, from a fixed seed, and kept. What each was made from comes along: slant and rotation in
degrees, scale and thickness in pixels, and the number of its style.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import numpy as np

from gan import hardware
from gan.datasets import Data, Progress, _cache
from gan.datasets._glyphs import GLYPHS
from gan.datasets._hand import FACTORS, write

LICENCE = "The pictures are made by Forger itself, under the MIT licence."
SHAPE = (1, 28, 28)
COUNT = 60000
TEST_COUNT = 10000
LABELS = True
FILES = ()

FOLDER = "strokes-v1"  # counts up when the same seed would give other pictures
BLOCK = 256  # pictures of one style made in one go: their distances fit the cache of a core
Hand = Callable[[int, int, np.random.Generator], dict[str, np.ndarray]]  # columns of n examples of one style
NAMES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")


def load(root: Path) -> Data:
    """Makes the pictures where they are missing. Raises DataError when no folder can keep them."""
    arrays = _cache.made(root, FOLDER, _right, make)
    return _data(arrays, slice(COUNT), _data(arrays, slice(COUNT, COUNT + TEST_COUNT)))


def is_kept(root: Path) -> bool:
    """Whether the pictures are made already, so that they are read at once."""
    return _cache.find(root, FOLDER, _right) is not None


def make(root: Path) -> Iterator[Progress]:
    """Writes and keeps the pictures; at its end at once where they are. Raises DataError."""
    total = COUNT + TEST_COUNT
    if _cache.find(root, FOLDER, _right) is None:
        made: dict[str, np.ndarray] = {
            "images": np.empty((total, *SHAPE), np.uint8),
            "labels": np.empty(total, np.int64),
            "factors": np.empty((total, len(FACTORS)), np.float32),
        }
        for seed, start, count in ((0, 0, COUNT), (1, COUNT, TEST_COUNT)):
            rows = {name: column[start : start + count] for name, column in made.items()}
            for done in fill(rows, seed, hardware.cores()):
                yield Progress(start + done, total, "pictures", "Writing digits")
        _cache.keep(made, root, FOLDER, _right)
    yield Progress(total, total, "pictures", "Digits are written")


def fill(rows: dict[str, np.ndarray], seed: int, workers: int) -> Iterator[int]:
    """Fills images (uint8 N,1,28,28), labels (N) and factors (N,5); yields how many are done.

    The same seed gives the same bytes whatever the number of workers; classes are equally frequent.
    """

    def hand(style: int, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        pictures, factors = write(style, n, rng)
        return {"images": pictures[:, None], "factors": factors}

    yield from fill_by(hand, rows, seed, workers)


def fill_by(
    hand: Hand, rows: dict[str, np.ndarray], seed: int, workers: int, styles: np.ndarray | None = None
) -> Iterator[int]:
    """The same by any hand, which says what of `rows` it fills; `styles` are the glyphs, else those of `plan`."""
    styles = plan(len(rows["images"]), seed) if styles is None else styles
    rows["labels"][:] = np.array([glyph.digit for glyph in GLYPHS])[styles]

    def work(number: int, block: np.ndarray) -> int:
        written = hand(styles[block[0]], len(block), np.random.default_rng([seed, number]))
        for name, column in written.items():
            rows[name][block] = column
        return len(block)

    pool, done = ThreadPoolExecutor(workers), 0
    try:
        jobs = [pool.submit(work, number, block) for number, block in enumerate(_blocks(styles))]
        for job in as_completed(jobs):
            done += job.result()
            yield done
    finally:
        pool.shutdown(cancel_futures=True)


def plan(n: int, seed: int) -> np.ndarray:
    """n indices into GLYPHS: as many of each digit, in random order, styles by their shares."""
    rng = np.random.default_rng(seed)
    digits = rng.permutation(np.arange(n) % 10)
    styles = np.empty(n, np.int64)
    for digit in range(10):
        ways = [i for i, glyph in enumerate(GLYPHS) if glyph.digit == digit]
        shares = np.array([GLYPHS[i].share for i in ways])
        here = np.flatnonzero(digits == digit)
        styles[here] = rng.choice(ways, len(here), p=shares / shares.sum())
    return styles


def _blocks(styles: np.ndarray) -> Iterator[np.ndarray]:
    for style in range(len(GLYPHS)):
        rows = np.flatnonzero(styles == style)
        yield from (rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK))


def _right(arrays: dict[str, np.ndarray]) -> bool:
    return arrays["images"].shape == (COUNT + TEST_COUNT, *SHAPE)


def _data(arrays: dict[str, np.ndarray], rows: slice, test: Data | None = None) -> Data:
    factors = dict(zip(FACTORS, arrays["factors"][rows].T, strict=True))
    factors["style"] = factors["style"].astype(np.int64)
    return Data(arrays["images"][rows], arrays["labels"][rows], NAMES, factors, test)
