"""A reader of captioned pictures: is a picture what its caption says, and do the pictures of one caption differ?

A picture is moved to the middle, by its centre of mass, which tells the place. EvalNet of `strokes` reads the digit.
Slant and thickness are linear in EvalNet's features, the second moments of the ink and its area over its outline, with
weights fitted for each digit to test images whose slant and thickness are known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gan.datasets import Data, captions
from gan.datasets._captions import PLACES, Wish, numbers
from gan.evaluation.evalnet import TrainedEvalNet

Pixels = NDArray[np.uint8]
Draw = Callable[[NDArray[np.int64]], Pixels]  # captions N,L -> pictures N,1,H,W
ASPECTS = ("digit", "thickness", "slant", "place")
BORDERS = (2.3, 8.0, 2.0)  # of thickness in pixels, slant in degrees, distance from the middle in pixels
MIN_PICTURES = 4  # real pictures of one caption from which their spread is taken
SHAPE = (1, 28, 28)  # of the pictures that it reads
RIDGE = 1.0
MAX_IMAGES = 5_000  # test images; a second on one core


@dataclass(frozen=True)
class Reading:
    """What pictures look like, N each: the digit, thick or thin, the side of the slant, the place."""

    digit: NDArray[np.int64]
    thickness: NDArray[np.str_]
    slant: NDArray[np.str_]
    place: NDArray[np.str_]


class CaptionReader:
    """Reads pictures of 28 x 28 pixels; `real` are the accuracies on test images that it was not fitted to, `spread`
    the standard deviation of a pixel (0..1) among real pictures of one held-out caption."""

    def __init__(self, data: Data, net: TrainedEvalNet) -> None:
        test = data.test or data
        self.net = net
        test = test.take(np.arange(min(len(test), MAX_IMAGES)))
        assert test.labels is not None
        images = np.asarray(test.images)
        numbers_of = self._numbers(_centred(images)[0])
        self.mean, self.scale = numbers_of.mean(0), numbers_of.std(0) + 1e-6
        assert test.factors is not None
        wanted = np.stack([test.factors["thickness"], test.factors["slant"]], 1)
        fitted = np.arange(len(images)) % 2 == 0
        self.weights = np.stack([self._fit(numbers_of, wanted, fitted & (test.labels == k)) for k in range(10)])
        truth = captions.wishes(test)
        clear = ~fitted & (truth["thickness"] != "") & (truth["slant"] != "")
        self.real = _shares(self.read(images[clear]), {name: column[clear] for name, column in truth.items()})
        self.spread = float(np.sqrt(np.mean([*_real_variances(images, truth)])))

    def read(self, images: Pixels) -> Reading:
        """What pictures uint8 N,1,H,W look like."""
        middle, right, down = _centred(images)
        features, probabilities = self.net.read(middle)
        digit = probabilities.argmax(1)
        scaled = self._scaled(self._numbers(middle, features))
        thickness, slant = np.einsum("nf,nfk->kn", scaled, self.weights[digit])
        sideways = np.abs(right) > np.abs(down)
        place = np.where(sideways, np.where(right < 0, "left", "right"), np.where(down < 0, "top", "bottom"))
        place = np.where(np.maximum(np.abs(right), np.abs(down)) < BORDERS[2], "middle", place)
        return Reading(
            digit,
            np.where(thickness < BORDERS[0], "thin", "thick"),
            np.where(slant < BORDERS[1], "left", "right"),
            place,
        )

    def score(self, draw: Draw, each: int) -> dict[str, float]:
        """Shares of pictures of the held-out captions that are what they should be, by aspect and in `all`; and the
        spread of the pictures of one caption, as a share of that of real ones. `each` are drawn of every caption."""
        wishes = [wish for wish in held_out() for _ in range(each)]
        images = draw(np.stack([numbers(wish.text, captions.VOCABULARY) for wish in wishes]))
        asked = {name: np.array([getattr(wish, name) for wish in wishes]) for name in ASPECTS}
        alike = images.reshape(-1, each, images[0].size) / 255
        spread = float(np.sqrt(alike.var(1, ddof=1).mean()))
        return {**_shares(self.read(images), asked), "spread": spread / self.spread}

    def _numbers(self, images: Pixels, features: NDArray[np.float32] | None = None) -> NDArray[np.float64]:
        """What slant and thickness are read from, N,F."""
        measured = _measured(images[:, 0] / 255)
        features = self.net.read(images)[0] if features is None else features
        return np.concatenate([measured, measured**2, features], 1)

    def _scaled(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        scaled = (columns - self.mean) / self.scale
        return np.concatenate([scaled, np.ones((len(scaled), 1))], 1)

    def _fit(
        self, columns: NDArray[np.float64], wanted: NDArray[np.float64], rows: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """The weights F+1,2 of a ridge regression."""
        a = self._scaled(columns[rows])
        return np.asarray(np.linalg.solve(a.T @ a + RIDGE * np.eye(a.shape[1]), a.T @ wanted[rows]))


def _measured(ink: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of ink N,H,W in 0..1 with its centre of mass in the middle: moments, the slope of its axis, area over outline."""
    y, x = np.mgrid[: ink.shape[1], : ink.shape[2]] - 14.0
    mass = ink.sum((1, 2)) + 1e-9
    xx, xy, yy = ((ink * square).sum((1, 2)) / mass for square in (x * x, x * y, y * y))
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    right, down = padded[:, :-1, 1:] - padded[:, :-1, :-1], padded[:, 1:, :-1] - padded[:, :-1, :-1]
    outline = np.hypot(right, down).sum((1, 2)) + 1e-9
    return np.stack([xx, xy, yy, np.arctan2(-xy, yy + 1e-9), 2 * mass / outline, mass], 1)


def held_out() -> list[Wish]:
    """The wishes that no training picture shows, at every place."""
    return [Wish(*combination, place) for combination in sorted(captions.HELD_OUT) for place in PLACES]


def _shares(read: Reading, asked: dict[str, NDArray[np.generic]]) -> dict[str, float]:
    right = {name: getattr(read, name) == asked[name] for name in ASPECTS}
    return {
        **{name: float(each.mean()) for name, each in right.items()},
        "all": float(np.all([*right.values()], 0).mean()),
    }


def _centred(images: Pixels) -> tuple[Pixels, NDArray[np.float64], NDArray[np.float64]]:
    """Pictures moved by whole pixels until their centre of mass is at 14, 14; how far off it was, right and down."""
    ink = images[:, 0].astype(np.float64)
    mass, axis = ink.sum((1, 2)) + 1e-9, np.arange(ink.shape[1])
    down, right = ink.sum(2) @ axis / mass - 14, ink.sum(1) @ axis / mass - 14
    y = (axis + np.rint(down).astype(int)[:, None]) % len(axis)
    x = (axis + np.rint(right).astype(int)[:, None]) % len(axis)
    picture = np.arange(len(images))[:, None, None]
    return np.ascontiguousarray(images[:, 0][picture, y[:, :, None], x[:, None]][:, None]), right, down


def _real_variances(images: Pixels, truth: dict[str, NDArray[np.generic]]) -> list[float]:
    """The variance of a pixel (0..1) among the real pictures of each held-out caption of which there are enough."""
    variances = []
    for wish in held_out():
        same = np.all([truth[name] == getattr(wish, name) for name in ASPECTS], 0)
        if same.sum() >= MIN_PICTURES:
            variances.append(float((images[same] / 255).var(0, ddof=1).mean()))
    return variances
