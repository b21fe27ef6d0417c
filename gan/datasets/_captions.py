"""A grammar of captions: what one can say of a digit, the words that there are, and captions as numbers.

    caption    [a] [thickness] digit [slant] [place], parted by commas or not
    thickness  thick, bold; thin, fine
    digit      zero … nine, or its numeral
    slant      slanted or leaning, [to the] left or right
    place      at the top, bottom, left or right; in the middle

What a caption leaves unsaid is left to chance. No torch: pages read captions, too.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
THICKNESS = {"thick": ("thick", "bold"), "thin": ("thin", "fine")}
SLANTS = ("left", "right")
PLACES = ("top", "bottom", "left", "right", "middle")
LENGTH = 16  # words of the longest caption


class UnknownWord(ValueError):
    """A word that no caption of the training data has; `word` as it was typed, `near` the nearest known one, or ""."""

    def __init__(self, word: str, near: str) -> None:
        hint = f" Did you mean '{near}'?" if near else ""
        super().__init__(f"The word '{word}' is not one that this generator has learned.{hint}")
        self.word, self.near = word, near


@dataclass(frozen=True)
class Wish:
    """What a caption says of a digit: "" (for the digit None) is left to chance."""

    digit: int | None = None
    thickness: str = ""
    slant: str = ""
    place: str = ""

    @property
    def text(self) -> str:
        """The wish as a caption: a thick seven, slanted to the left, at the top."""
        digit = "digit" if self.digit is None else DIGITS[self.digit]
        words = [" ".join(filter(None, ("a", self.thickness, digit)))]
        words += [f"slanted to the {self.slant}"] if self.slant else []
        words += [_place(self.place)] if self.place else []
        return ", ".join(words)


def phrased(wish: Wish, pick: Sequence[int]) -> str:
    """The wish as a caption, one of the ways in which people would say it: `pick` are four choices between 0 and 1."""
    thickness = THICKNESS[wish.thickness][pick[0]] if wish.thickness else ""
    digit = "digit" if wish.digit is None else DIGITS[wish.digit]
    parts = [f"{('slanted', 'leaning')[pick[1]]} {('', 'to the ')[pick[2]]}{wish.slant}"] if wish.slant else []
    parts += [_place(wish.place)] if wish.place else []
    if pick[3]:
        parts.reverse()
    return ", ".join([" ".join(filter(None, ("a", thickness, digit))), *parts])


def _place(place: str) -> str:
    return "in the middle" if place == "middle" else f"at the {place}"


def words_of(text: str) -> list[str]:
    """The words of a caption in small letters; a numeral is the digit's word, and an article is "a"."""
    words = re.findall(r"[^\W_]+", text.lower())
    return [DIGITS[int(word)] if re.fullmatch("[0-9]", word) else "a" if word == "an" else word for word in words]


def numbers(text: str, vocabulary: tuple[str, ...]) -> NDArray[np.int64]:
    """A caption as int64 LENGTH: places in the vocabulary from 1 on, then zeros.

    Raises UnknownWord, and ValueError for a caption without words or with more than LENGTH.
    """
    words = words_of(text)
    if not 1 <= len(words) <= LENGTH:
        raise ValueError(f"A caption has 1 to {LENGTH} words, not {len(words)}.")
    place = {word: k for k, word in enumerate(vocabulary, 1)}
    row = np.zeros(LENGTH, np.int64)
    for k, word in enumerate(words):
        if word not in place:
            near = difflib.get_close_matches(word, vocabulary, 1, 0.5)
            raise UnknownWord(word, near[0] if near else "")
        row[k] = place[word]
    return row
