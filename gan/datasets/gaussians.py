"""Gaussians: eight clouds around a circle.

The classic test for mode collapse: with eight separate clouds one sees at a glance which of them G has found, which it
has forgotten, and whether it jumps from one to the next. After Metz et al., "Unrolled GANs" (2017, arXiv:1611.02163).
Made here, 2-D, nothing to fetch; the labels tell the cloud.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gan.datasets import Data
from gan.datasets._points import data

LICENCE = "The points are made by Forger itself, under the MIT licence."
POINTS = True
LABELS = True
SHAPE = (2, 1, 1)
COUNT = 20_000
CLOUDS, RADIUS, SPREAD = 8, 0.75, 0.03


def load(root: Path) -> Data:
    """Eight clouds at 0.75 from the centre, each with a spread of 0.03; `root` is not needed."""

    def draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        cloud = rng.integers(CLOUDS, size=n)
        angle = 2 * np.pi * cloud / CLOUDS
        centre = RADIUS * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return centre + SPREAD * rng.standard_normal((n, 2)), cloud

    return data(draw, tuple(str(k + 1) for k in range(CLOUDS)))
