"""Attributes measured in pictures of strokes: slant, thickness, width, height, size, rotation. NumPy only.

Light ink on a dark ground is assumed, as in MNIST; of colour pictures the mean of the channels is taken. On photographs
they are still numbers of brightness, but not what they are called.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

UNITS = {"slant": "°", "thickness": "px", "width": "px", "height": "px", "size": "px", "rotation": "°"}
MAX_FLAT_DEGREES = 30  # degrees from the horizontal up to which an edge belongs to a horizontal stroke
CHUNK_IMAGES = 256  # pictures at once: what is made of them stays in the cache
EPSILON = 1e-9


def measure(images: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
    """The attributes (N each, in `UNITS`) of images uint8 N,C,H,W; 0 for an empty picture, never NaN.

    With x the ink 0..1, M its sum, mu the central moments divided by M, x to the right and y down:
    slant      atan(-mu11 / mu02): what a shear in x would have to undo; positive leans right
    thickness  2 M / sum |grad x|: area over half the outline, the width of a long stroke
    width      sqrt(12 (mu20 - mu11^2 / mu02) + 1): of the box with as much spread, once the slant is undone
    height     sqrt(12 mu02 + 1), likewise
    size       rows or columns that hold ink, whichever are more; one with only faint ink counts in part
    rotation   mean angle of the edges within 30 degrees of horizontal, once the slant is undone, positive clockwise:
               a shear in x leaves horizontal strokes horizontal, a rotation does not. Uncertain with few of them
    """
    parts = [_measure(_ink(images[k : k + CHUNK_IMAGES])) for k in range(0, len(images), CHUNK_IMAGES)]
    return {name: np.concatenate([part[name] for part in parts] or [_EMPTY]) for name in UNITS}


_EMPTY = np.zeros(0)


def _ink(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """N,H,W in 0..1."""
    return images.mean(1, dtype=np.float32) / 255


def _measure(ink: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
    mass = ink.sum((1, 2), dtype=np.float64)
    there = mass > EPSILON
    mu20, mu11, mu02 = _moments(ink, mass + EPSILON)
    shear = mu11 / (mu02 + EPSILON)  # x - shear * y stands upright
    dx, dy = _slopes(ink)
    values = {
        "slant": np.degrees(np.arctan(-shear)),
        "thickness": 2 * mass / (_outline(ink) + EPSILON),
        "width": np.sqrt(12 * (mu20 - shear * mu11).clip(0) + 1),
        "height": np.sqrt(12 * mu02 + 1),
        "size": np.maximum(*(_rows(ink.max(axis)) for axis in (1, 2))),
        "rotation": _tilt(dx, dy + shear[:, None, None].astype(np.float32) * dx),
    }
    return {name: np.where(there, value, 0).astype(np.float64) for name, value in values.items()}


def _moments(ink: NDArray[Any], mass: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """mu20, mu11, mu02 (N each), in pixels squared."""
    H, W = ink.shape[1:]
    y, x = np.arange(H) - (H - 1) / 2, np.arange(W) - (W - 1) / 2  # small numbers lose less
    columns, rows = ink.sum(1, dtype=np.float64), ink.sum(2, dtype=np.float64)  # N,W and N,H
    cx, cy = columns @ x / mass, rows @ y / mass
    product = ((ink @ x.astype(np.float32)) @ y) / mass
    square = columns @ x**2 / mass, rows @ y**2 / mass
    return (square[0] - cx**2).clip(0), product - cx * cy, (square[1] - cy**2).clip(0)


def _outline(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sum of the gradient's length, N; the picture stands on a dark ground."""
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    right = padded[:, :-1, 1:] - padded[:, :-1, :-1]
    down = padded[:, 1:, :-1] - padded[:, :-1, :-1]
    return np.hypot(right, down).sum((1, 2))


def _slopes(ink: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[Any]]:
    """d/dx and d/dy after Sobel, N,H,W."""
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    down = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    across = padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]
    return (down[:, :, 2:] - down[:, :, :-2]) / 8, (across[:, 2:] - across[:, :-2]) / 8


def _tilt(dx: NDArray[Any], dy: NDArray[Any]) -> NDArray[Any]:
    """The mean angle in degrees of edges that are nearly horizontal, each as much as it is steep."""
    slope = -dx / np.where(np.abs(dy) < EPSILON, np.inf, dy)
    steep = np.hypot(dx, dy)
    flat = steep * (np.abs(slope) < np.tan(np.radians(MAX_FLAT_DEGREES))) * (np.abs(dy) >= EPSILON)
    angle = np.degrees(np.arctan(slope))
    return (angle * flat).sum((1, 2)) / (flat.sum((1, 2)) + EPSILON)


def _rows(lightest: NDArray[np.float32]) -> NDArray[np.float32]:
    """How many of the lines hold ink, by their lightest pixels N,L."""
    return (2 * lightest).clip(0, 1).sum(1)
