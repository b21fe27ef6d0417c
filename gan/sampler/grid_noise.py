"""The noise behind a published grid, drawn again from the seed of its run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gan.config import RunConfig
from gan.rng import RngStreams


def grid_noise(config: RunConfig, sort: str, step: int, count: int) -> NDArray[np.float32]:
    """The z of every picture of a grid of `count`, float32 count,z_dim, as a run on a CPU drew it."""
    return RngStreams(config.seed).grid_z(sort, step, count, config.z_dim).numpy()
