"""Captions: digits of `strokes` at different places, each with a caption that says what it looks like.

"a thick seven, slanted to the left, at the top": digit, thickness, slant and place, in several phrasings, and often
only some of them. Ten of the 40 combinations of a digit, a thickness and a slant, one for each digit, are in no
training picture, so that one can see whether a network has understood the words or learned the combinations by heart.
What each picture was made from comes along, with the pixels by which it was moved to the right and down.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan.datasets import Data, strokes
from gan.datasets._captions import PLACES, Wish, numbers, phrased

LICENCE = "The pictures are made by Forger itself, under the MIT licence."
SHAPE = (1, 28, 28)
COUNT = 55797  # without the held-out combinations
TEST_COUNT = 10000
LABELS = True
FILES = ()
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
VOCABULARY = (
    "a", "digit", "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "thick", "bold", "thin", "fine", "slanted", "leaning", "to", "the", "left", "right",
    "at", "in", "top", "bottom", "middle",
)  # fmt: skip

SHEET = (  # captions of all sorts, with a place for the class
    "a {}",
    "a thick {}",
    "a thin {}",
    "a {}, slanted to the left",
    "a {}, slanted to the right",
    "a {}, at the top",
    "a {}, at the bottom",
    "a thick {}, slanted to the left",
    "a thin {}, slanted to the right",
    "a thick {}, slanted to the right, at the top",
)

THIN, THICK = 1.9, 2.7  # pixels, below and above which a caption calls a line so
LEFT, RIGHT = 0.0, 16.0  # degrees of slant, likewise
NEAR, FAR = 3, 5  # pixels by which a digit is moved to a side, at least and at most
SAID = 0.85  # probability that a caption says what could be said
HELD_OUT = frozenset(
    (digit, ("thick", "thin")[digit % 2], ("left", "right")[digit // 2 % 2]) for digit in range(10)
)  # digit, thickness and slant that are never together in a training picture
EDGE = 40  # 0..255, from which a pixel counts as ink


def load(root: Path) -> Data:
    """The digits of `strokes`, moved and described. Raises DataError as `strokes` does."""
    data = strokes.load(root)
    assert data.test is not None
    train = _described(data, 0)
    return dataclasses.replace(train.take(np.flatnonzero(~held_out(train))), test=_described(data.test, 1))


def held_out(data: Data) -> NDArray[np.bool_]:
    """Which pictures (N) are of a combination that is held out of training."""
    digit, thickness, slant, _ = wishes(data).values()
    return np.any([(digit == k) & (thickness == width) & (slant == side) for k, width, side in HELD_OUT], 0)


def wishes(data: Data) -> dict[str, NDArray[Any]]:
    """All that a caption could say of each picture: digit, thickness, slant and place, N each; "" for neither side."""
    assert data.labels is not None
    assert data.factors is not None
    right, down = data.factors["right"], data.factors["down"]
    place = np.where(down < 0, "top", np.where(down > 0, "bottom", "middle"))
    return {
        "digit": data.labels,
        "thickness": _thickness(data.factors["thickness"]),
        "slant": _slant(data.factors["slant"]),
        "place": np.where(right < 0, "left", np.where(right > 0, "right", place)),
    }


def _described(data: Data, seed: int) -> Data:
    """The pictures of a split, each moved to a place, and captions of them."""
    rng = np.random.default_rng([20, seed])
    images, right, down = _moved(np.asarray(data.images), rng)
    moved = Data(images, data.labels, NAMES, {**(data.factors or {}), "right": right, "down": down})
    spoken = rng.random((len(data), 3)) < SAID
    ways = rng.integers(2, size=(len(data), 4)).tolist()
    digits, *aspects = wishes(moved).values()
    said = [np.where(spoken[:, k], column, "").tolist() for k, column in enumerate(aspects)]
    captions = [_numbers(*row) for row in zip(digits.tolist(), *said, map(tuple, ways), strict=True)]
    return dataclasses.replace(moved, captions=np.stack(captions))


@cache
def _numbers(digit: int, thickness: str, slant: str, place: str, ways: tuple[int, ...]) -> NDArray[np.int64]:
    return numbers(phrased(Wish(digit, thickness, slant, place), ways), VOCABULARY)


def _moved(
    images: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Pictures N,1,H,W moved to a place each, and by how many pixels to the right and down.

    Nothing is cut off: a picture with too little room on the side of its place stays in the middle.
    """
    ink = images[:, 0] > EDGE
    rows, columns = np.asarray(ink.any(2)), np.asarray(ink.any(1))
    room = {
        "top": rows.argmax(1),
        "bottom": rows[:, ::-1].argmax(1),
        "left": columns.argmax(1),
        "right": columns[:, ::-1].argmax(1),
    }
    places = rng.choice(PLACES, len(images))
    down, right = np.zeros(len(images), np.int64), np.zeros(len(images), np.int64)
    for place, free in room.items():
        here = (places == place) & (free >= NEAR)
        by = np.minimum(free[here], FAR) * (-1 if place in ("top", "left") else 1)
        (down if place in ("top", "bottom") else right)[here] = by
    H, W = images.shape[2:]
    y, x = (np.arange(H) - down[:, None]) % H, (np.arange(W) - right[:, None]) % W
    picture = np.arange(len(images))[:, None, None]
    return np.ascontiguousarray(images[:, 0][picture, y[:, :, None], x[:, None]][:, None]), right, down


def _thickness(pixels: NDArray[np.float32]) -> NDArray[np.str_]:
    return np.where(pixels < THIN, "thin", np.where(pixels > THICK, "thick", ""))


def _slant(degrees: NDArray[np.float32]) -> NDArray[np.str_]:
    return np.where(degrees < LEFT, "left", np.where(degrees > RIGHT, "right", ""))
