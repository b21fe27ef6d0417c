"""A photo of one handwritten sign as MNIST would show it: light ink on black, cropped, centred by its mass.

As LeCun, Cortes, Burges (1998) made MNIST: the ink fitted into 20 of 28 pixels, its centre of mass in the middle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

INK, SIDE = 20, 28  # pixels that the ink is long, of those the picture is
SPECK = 0.15  # of the ink of a mean row or column: what one may have and still count as empty
FAINT = 0.08  # of the range from black to white that ink has to stand out by


def centred(grey: NDArray[np.floating], side: int) -> NDArray[np.uint8]:
    """uint8 side,side of a grey picture (H,W in 0..1), dark on light paper or light on dark.

    Raises ValueError where no ink stands out from the paper.
    """
    ink = _ink(grey)
    rows, columns = _span(ink.sum(1)), _span(ink.sum(0))
    ink = ink[rows, columns]
    long = max(1, round(side * INK / SIDE))
    scale = long / max(ink.shape)
    height, width = (max(1, round(length * scale)) for length in ink.shape)
    small = Image.fromarray(ink.astype(np.float32)).resize(
        (width, height), Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    )
    return _placed(np.clip(np.asarray(small), 0, 1), side)


def _ink(grey: NDArray[np.floating]) -> NDArray[np.float64]:
    """How much ink there is, 0..1, with the light that falls across the paper taken off."""
    g = np.asarray(grey, np.float64)
    if np.median(g) > 0.5:
        g = 1 - g
    y, x = np.mgrid[: g.shape[0], : g.shape[1]]
    plane = np.stack([np.ones(g.size), y.ravel() / g.shape[0], x.ravel() / g.shape[1]], 1)
    paper = np.ones(g.size, bool)
    flat = g.ravel()
    for _ in range(3):  # paper is what hardly stands out from a plane through the paper
        rest = flat - plane @ np.linalg.lstsq(plane[paper], flat[paper], rcond=None)[0]
        paper = rest < max(FAINT / 2, 2 * float(rest[paper].std()))
    full = float(np.quantile(rest, 0.999)) if paper.any() else 0.0
    full = max(full, float(np.median(rest[~paper])) if (~paper).any() else 0.0)
    if full < FAINT:
        raise ValueError("no ink stands out from the paper")
    low = max(FAINT / 2, 0.25 * full)
    return np.clip((rest - low) / (0.85 * full - low), 0, 1).reshape(g.shape)


def _span(mass: NDArray[np.float64]) -> slice:
    """From the first to the last place with ink."""
    there = np.flatnonzero(mass > SPECK * mass.mean())
    return slice(int(there[0]), int(there[-1]) + 1)


def _placed(ink: NDArray[np.floating], side: int) -> NDArray[np.uint8]:
    """Ink (h,w in 0..1) on black, its centre of mass in the middle as far as it stays inside."""
    sheet = np.zeros((side, side), np.uint8)
    corner = []
    for axis, length in enumerate(ink.shape):
        mass = ink.sum(1 - axis)
        centre = float((mass * (np.arange(length) + 0.5)).sum() / mass.sum())
        corner.append(int(np.clip(round(side / 2 - centre), 0, side - length)))
    top, left = corner
    sheet[top : top + ink.shape[0], left : left + ink.shape[1]] = np.rint(255 * ink)
    return sheet
