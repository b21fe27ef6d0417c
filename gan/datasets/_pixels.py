"""Whole data sets resized, antialiased by two matrix products like Pillow's bilinear filter, and made grey."""

from __future__ import annotations

import numpy as np

from gan.datasets import _paged


def resize(images: np.ndarray, size: int) -> np.ndarray:
    """uint8 N,C,H,W -> uint8 N,C,size,size. Shrinking averages over all pixels that are covered."""
    _, C, H, W = images.shape
    if H == W == size:
        return images
    rows, columns = _weights(H, size), _weights(W, size).T  # size,H and W,size
    return _paged.by_rows(lambda block: np.rint(rows @ (block.astype(np.float32) @ columns)), images, (C, size, size))


def grey(images: np.ndarray) -> np.ndarray:
    """uint8 N,1,H,W: the mean of the colours of N,C,H,W."""
    if images.shape[1] == 1:
        return images

    def mean(some: np.ndarray) -> np.ndarray:
        return some.mean(1, keepdims=True, dtype=np.float32).round()

    return _paged.by_rows(mean, images, (1, *images.shape[2:]))


def _weights(before: int, after: int) -> np.ndarray:
    """float32 after,before: how much each old pixel gives to each new one; rows sum to 1."""
    scale = before / after
    reach = max(scale, 1.0)  # a triangle as wide as what one new pixel covers
    centres = (np.arange(after) + 0.5) * scale
    distance = np.abs(np.arange(before) + 0.5 - centres[:, None]) / reach
    weights = np.maximum(1.0 - distance, 0.0)
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)
