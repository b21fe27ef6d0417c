"""Sharpness: have edges the contrast of real ones?

The mean squared Laplacian of the pixels, generated over real: 1 is right, well below means blurred, well above means
grain or a checkerboard. Classes and features forgive a blur that every viewer sees.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gan.metrics import Evidence

SCORES = {"sharpness": ("Sharpness", "one")}
MANY = 5000


def laplacian(images: NDArray[np.uint8]) -> float:
    """The mean squared difference of a pixel (0 to 1) and its neighbours' mean; of the first 5,000 images."""
    x = images[:MANY].astype(np.float32) / 255
    inner = x[..., 1:-1, 1:-1]
    around = x[..., :-2, 1:-1] + x[..., 2:, 1:-1] + x[..., 1:-1, :-2] + x[..., 1:-1, 2:]
    return float(np.square(inner - around / 4).mean())


def measure(evidence: Evidence) -> dict[str, float]:
    return {"sharpness": laplacian(evidence.fake.images) / evidence.real.sharpness}
