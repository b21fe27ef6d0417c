"""Copies of training images among samples, where there are few enough training images to look at all of them.

A sample counts as a copy when it is less than half as far from its nearest training image as training images are from
theirs (median): in pixels, so it needs no evaluator. A generator that has learned by heart does so with nearly all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gan.images import to_unit
from gan.metrics._near import nearest, radii

MAX_IMAGES = 2000  # training images up to which copies are looked for while training
NEAR = 0.5  # of the usual distance of a training image to its nearest neighbour


class Copies:
    """Training images uint8 N,C,H,W, and how far each is from the nearest other one."""

    def __init__(self, images: NDArray[np.uint8]):
        self.train = np.unique(_flat(images), axis=0)
        self.usual = float(np.median(np.sqrt(radii(self.train, 1).clip(0)))) if len(self.train) > 1 else 0.0

    def share(self, samples: NDArray[np.uint8]) -> float:
        """The share of samples uint8 N,C,H,W that are nearly a training image, 0.0 to 1.0."""
        distances, _ = nearest(_flat(samples), self.train)
        return float((distances < NEAR * self.usual).mean()) if self.usual else 1.0


def looked_for(images: NDArray[np.uint8]) -> Copies | None:
    """What looks for copies of these training images; None where they are too many or no pictures."""
    fits = images.dtype == np.uint8 and 2 <= len(images) <= MAX_IMAGES
    return Copies(np.asarray(images)) if fits else None


def _flat(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return to_unit(np.asarray(images, np.float32)).reshape(len(images), -1)
