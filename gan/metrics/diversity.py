"""Diversity within classes: do two generated threes differ as much as two real ones?

The mean distance of two images of one class in 64 principal components of the pixels, generated over real, averaged
over the classes. 1: as varied as real images; near 0: one picture a class, which class counts do not notice. Without
labels all images count as one class.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan.metrics import MetricInputs, Unavailable, spaced

SCORES = {
    "diversity": {"label": "Diversity within classes", "better": "one", "report": 100, "compare": 100},
}
MIN_CLASS_IMAGES, MAX_CLASS_IMAGES = 5, 1000  # images of a class from which a mean is taken, and at most


def spread(components: NDArray[Any]) -> float:
    """The mean Euclidean distance of two different rows of N,d; at most 1,000 of them, evenly spaced."""
    x = spaced(np.asarray(components, np.float64), MAX_CLASS_IMAGES)
    squares = np.square(x).sum(1)
    apart = np.sqrt((squares[:, None] + squares - 2 * x @ x.T).clip(0))
    return float(apart[np.triu_indices(len(x), 1)].mean())


def spreads(components: NDArray[Any], classes: NDArray[Any] | None, count: int) -> NDArray[np.float64]:
    """`spread` of each class, (count,); NaN for one with fewer than 5 images. Without classes, of all: (1,)."""
    if classes is None:
        return np.array([spread(components)])
    parts = [components[classes == k] for k in range(count)]
    return np.array([spread(part) if len(part) >= MIN_CLASS_IMAGES else np.nan for part in parts])


def measure(inputs: MetricInputs) -> dict[str, float]:
    fake, real = inputs.fake, inputs.real.spread
    classes = fake.classes if fake.probabilities is not None and len(real) > 1 else None
    own = spreads(fake.components, classes, len(real))
    there = np.isfinite(own) & (real > 0)  # False for NaN
    if not there.any():
        raise Unavailable(f"no class has {MIN_CLASS_IMAGES} images")
    return {"diversity": float((own[there] / real[there]).mean())}
