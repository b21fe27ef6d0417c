"""Line: points on a straight line.

The easiest task there is: noise in two directions has to become one. Good for watching single steps of D and of G.
Made here, 2-D, nothing to fetch.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gan.datasets import Data
from gan.datasets._points import data

LICENCE = "The points are made by Forger itself, under the MIT licence."
POINTS = True
SHAPE = (2, 1, 1)
COUNT = 20_000
ENDS, SPREAD = np.array([[-0.8, -0.5], [0.8, 0.5]]), 0.02


def load(root: Path) -> Data:
    """Points between (-0.8, -0.5) and (0.8, 0.5), with a spread of 0.02; `root` is not needed."""

    def draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, None]:
        along = rng.uniform(0, 1, (n, 1))
        centre = (1 - along) * ENDS[0] + along * ENDS[1]
        return centre + SPREAD * rng.standard_normal((n, 2)), None

    return data(draw)
