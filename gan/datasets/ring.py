"""Ring: points on a circle.

The simplest shape with a hole: a straight cloud of noise has to be bent around it, and the generator shows at each
moment how far it has come. Made here, 2-D, nothing to fetch.
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
RADIUS, SPREAD = 0.75, 0.02


def load(root: Path) -> Data:
    """Points at 0.75 from the centre, with a spread of 0.02; `root` is not needed."""

    def draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, None]:
        angle = rng.uniform(0, 2 * np.pi, n)
        centre = RADIUS * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return centre + SPREAD * rng.standard_normal((n, 2)), None

    return data(draw)
