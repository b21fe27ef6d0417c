"""Sharpness: have edges the contrast of real ones?

The mean squared Laplacian of the pixels over their variance within an image, generated over real: 1 is right, well
below means blurred, well above grain, jagged edges or a checkerboard. Paleness alone does not change it. Classes and
features forgive a blur that every viewer sees.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gan.metrics import MetricInputs, spaced

SCORES = {
    "sharpness": {"label": "Sharpness", "better": "one", "report": 110, "compare": 110},
}
MAX_IMAGES = 5000  # images looked at, evenly spaced


def edges(images: NDArray[np.uint8]) -> float:
    """The energy of the edges of images N,C,H,W for their contrast; 0 for flat ones, about 1.25 for white noise.

    The mean squared difference of a pixel and its four neighbours' mean, over the mean variance within an image.
    """
    x = spaced(images, MAX_IMAGES).astype(np.float32) / 255
    around = x[..., :-2, 1:-1] + x[..., 2:, 1:-1] + x[..., 1:-1, :-2] + x[..., 1:-1, 2:]
    energy = np.square(x[..., 1:-1, 1:-1] - around / 4).mean()
    contrast = x.var((2, 3)).mean()
    return float(energy / contrast) if contrast > 0 else 0.0


def measure(inputs: MetricInputs) -> dict[str, float]:
    return {"sharpness": edges(inputs.fake.images) / inputs.real.sharpness}
