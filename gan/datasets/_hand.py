"""A hand: writes one glyph many times, each time a little differently, and tells how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gan.datasets._glyphs import GLYPHS
from gan.datasets._pen import FADE, SIDE, ink, parse, spline

SPACING = 2.5  # units of a glyph between pen positions: half a pixel
JITTER = 3.2  # units by which a control point of an ordinary hand wanders
TREMOR = 0.010  # of half a digit's height
BEND = 0.09  # size of each quadratic term of the warp, at the edge of a digit
PRESSURE = 0.06  # by which the width of a line waves around 1
BOLD = (2.75, 2.75, 2.35, 2.35, 2.15, 2.2, 2.25, 2.4, 2.15, 2.0)  # median width of each, pixels
FACTORS = ("slant", "rotation", "scale", "thickness", "style")


@dataclass(frozen=True, eq=False)
class Habit:
    """What one hand has of its own; the defaults are those of `strokes`, where many hands write.

    slant: degrees, and how they scatter. aspect: logarithm of width over height. bend: 1 for smooth lines, 0 for
    straight ones from point to point, more than 1 for rounder ones. jitter: units by which a control point wanders.
    offsets: P,2, how far the control points of its forms lie off the common ones, or None.
    """

    slant: float = 9
    slant_spread: float = 13
    aspect: float = 0.0
    aspect_spread: float = 0.18
    bend: float = 1.0
    jitter: float = JITTER
    offsets: np.ndarray | None = None


ANY_HAND = Habit()


@lru_cache
def template(style: int, bend: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """(control points P,2; matrix K,P) of a glyph; strokes one below the other."""
    pieces = [piece for stroke in GLYPHS[style].strokes for piece in parse(stroke)]
    points: list[np.ndarray] = []
    blocks = []
    for piece in pieces:
        joined = bool(points) and np.array_equal(points[-1], piece[0])
        start = len(points) - joined
        points.extend(piece[int(joined) :])
        blocks.append((start, spline(piece, SPACING, bend)))
    matrix = np.zeros((sum(len(block) for _, block in blocks), len(points)))
    row = 0
    for start, block in blocks:
        matrix[row : row + len(block), start : start + block.shape[1]] = block
        row += len(block)
    return np.array(points), matrix


def write(
    style: int, n: int, rng: np.random.Generator, habit: Habit = ANY_HAND, pen: tuple[float, float] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """n pictures of one glyph: uint8 n,28,28, and the float32 n,5 FACTORS they were made from.

    `pen`: the thinnest and the thickest line in pixels; without it as thick as that digit is in general.

    slant, rotation: degrees, positive leaning right and turning clockwise. scale: pixels of the
    longer side. thickness: pixels. style: index into STYLES.
    """

    def thickness() -> np.ndarray:
        if pen:
            return rng.uniform(*pen, n)[None]
        return np.clip(BOLD[GLYPHS[style].digit] * np.exp(0.27 * rng.standard_normal(n)), 1.3, 5.0)[None]

    pictures, factors = _written(style, n, rng, thickness, habit)
    return pictures[0], factors


def write_pair(
    style: int, n: int, rng: np.random.Generator, widths: tuple[tuple[float, float], tuple[float, float]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same n pen lines drawn by two pens: uint8 n,28,28 twice, and the factors of the second.

    `widths` are the thinnest and the thickest of each pen, in pixels. The second pen places both on the paper.
    """
    pictures, factors = _written(style, n, rng, lambda: np.stack([rng.uniform(*width, n) for width in widths]))
    return pictures[0], pictures[1], factors


def _written(
    style: int, n: int, rng: np.random.Generator, thicknesses: Callable[[], np.ndarray], habit: Habit = ANY_HAND
) -> tuple[list[np.ndarray], np.ndarray]:
    """The pictures of n lines by each pen, and their factors. `thicknesses` draws the pens' widths, pixels, pens,n.

    The last pen decides where a line lies and is centred, so that the others lie where it does.
    """
    control, matrix = template(style, habit.bend)
    control = control if habit.offsets is None else control + habit.offsets
    normal = rng.standard_normal
    sloppy = np.exp(0.4 * normal((n, 1, 1)))
    moved = control + habit.jitter * sloppy * normal((n, *control.shape))
    pen = (matrix @ moved - 50) / 50  # n,K,2 in about -1..1
    pen += TREMOR * sloppy * _waves(rng, n, len(matrix), (9.0, 23.0))
    x, y = _bent(pen[..., 0], pen[..., 1], BEND * normal((6, n, 1)))

    x *= np.exp(habit.aspect + habit.aspect_spread * normal((n, 1)))
    slant = np.clip(habit.slant + habit.slant_spread * normal(n), -30, 45)
    x -= np.tan(np.radians(slant))[:, None] * y
    rotation = 4 * normal(n)
    cos, sin = np.cos(np.radians(rotation))[:, None], np.sin(np.radians(rotation))[:, None]
    x, y = cos * x - sin * y, sin * x + cos * y

    pens = thicknesses()
    thickness = pens[-1]
    scale = 20 - (normal(n) > 1.3) - (normal(n) > 1.8)
    pressure = 1 + PRESSURE * _waves(rng, n, len(matrix), (5.0, 13.0, 40.0))[..., 0]
    pressure = np.clip(pressure, 0.7, 1.35)
    x, y = _boxed(x, y, scale, pressure * (thickness[:, None] + FADE) / 2 - FADE / 2)
    across, down, force = (np.ascontiguousarray(part.T, np.float32) for part in (x, y, pressure))
    pictures = [ink(across, down, force, (pen / 2).astype(np.float32)) for pen in pens]
    factors = np.stack([slant, rotation, scale, thickness, np.full(n, style)], 1)
    return _centred(pictures), factors.astype(np.float32)


def _waves(rng: np.random.Generator, n: int, K: int, pace: tuple[float, ...]) -> np.ndarray:
    """n,K,2: smooth noise of size about 1 along the line, one sine of random phase for each pace."""
    along = np.linspace(0, 1, K)[:, None]
    waves = np.zeros((n, K, 2))
    for radians in pace:
        size, phase = rng.standard_normal((n, 1, 2)), rng.uniform(0, 2 * np.pi, (n, 1, 2))
        waves += size * np.sin(radians * along + phase)
    return waves


def _bent(x: np.ndarray, y: np.ndarray, bend: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A smooth warp of the whole picture: every quadratic term, each with its own strength."""
    return (
        x + bend[0] * y * y + bend[1] * x * y + 0.6 * bend[2] * x * x,
        y + 0.6 * bend[3] * x * x + bend[4] * x * y + bend[5] * y * y,
    )


def _boxed(x: np.ndarray, y: np.ndarray, scale: np.ndarray, edge: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels: the ink fills a box whose longer side is `scale`, in the middle, on whole pixels.

    x, y, edge (how far the ink reaches from the pen, in pixels): n,K.
    """
    axes = np.stack([x, y])  # 2,n,K
    span = np.ptp(axes, 2).max(0)
    zoom = (scale - 2 * edge.mean(1)) / span
    for _ in range(2):  # the widest ink need not be where the line ends
        pen = axes * zoom[:, None]
        low, high = (pen - edge).min(2), (pen + edge).max(2)
        zoom = zoom + (scale - (high - low).max(0)) / span
    start = np.floor((SIDE - (high - low)) / 2) - low
    placed = axes * zoom[:, None] + start[:, :, None]
    return placed[0], placed[1]


def _centred(pictures: list[np.ndarray]) -> list[np.ndarray]:
    """Moved by whole pixels, at most the margin of 4, until the last one's centre of mass is at pixel 14, 14."""
    grid = np.arange(SIDE)
    last = pictures[-1]
    mass = last.sum((1, 2))
    rows = 14 - (last.sum(2) @ grid) / mass
    columns = 14 - (last.sum(1) @ grid) / mass
    down, right = (np.clip(np.rint(shift), -4, 4).astype(int)[:, None] for shift in (rows, columns))
    picture = np.arange(len(last))[:, None, None]
    to = ((grid - down) % SIDE)[:, :, None], ((grid - right) % SIDE)[:, None]
    return [each[picture, *to] for each in pictures]
