"""Principal components of pixels: the features of images without an EvalNet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan.images import to_unit

COMPONENTS = 64
MAX_NUMBERS = 1 << 25  # of the images from which they are computed: 128 MB
CHUNK = 10_000


def principal(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean (P,) and the first 64 principal components (P,64) of images N,C,H,W with P = C*H*W pixels in [-1, 1].

    Of the first 32 million pixels, by subspace iteration from a fixed start; where P or N is below 64 the rest is 0.
    Halko, Martinsson, Tropp, "Finding Structure with Randomness" (2011, arXiv:0909.4061).
    """
    x = _flat(images[: max(COMPONENTS, MAX_NUMBERS // images[0].size)])
    centre = x.mean(0)
    x -= centre
    q = np.random.RandomState(0).standard_normal((x.shape[1], COMPONENTS + 16)).astype(np.float32)
    for _ in range(8):
        q = np.linalg.qr(x.T @ (x @ q))[0]
    basis = q @ np.linalg.svd(x @ q, full_matrices=False)[2][:COMPONENTS].T
    return centre, np.pad(basis, ((0, 0), (0, COMPONENTS - basis.shape[1])))


def project(images: NDArray[np.uint8], centre: NDArray[np.float32], basis: NDArray[np.float32]) -> NDArray[np.float32]:
    """The components, N,64, of images uint8 N,C,H,W."""
    step = min(CHUNK, max(1, MAX_NUMBERS // images[0].size))
    parts = (images[k : k + step] for k in range(0, len(images), step))
    return np.concatenate([(_flat(part) - centre) @ basis for part in parts])


def _flat(images: NDArray[Any]) -> NDArray[np.float32]:
    return to_unit(np.asarray(images, np.float32)).reshape(len(images), -1)
