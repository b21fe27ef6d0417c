"""A pen: control points become smooth lines, lines become ink on 28 x 28 pixels, in batches."""

from __future__ import annotations

import numpy as np

SIDE = 28
FADE = 1  # pixels over which ink turns to paper at pressure 1


def parse(stroke: str) -> list[np.ndarray]:
    """The smooth pieces of a stroke, each float64 P,2; a corner point ends one and starts the next."""
    pieces: list[list[list[float]]] = [[]]
    for word in stroke.split():
        if word == "/":
            pieces.append([pieces[-1][-1]])
        else:
            pieces[-1].append([float(number) for number in word.split(",")])
    return [np.array(piece) for piece in pieces]


def spline(points: np.ndarray, spacing: float, bend: float = 1.0) -> np.ndarray:
    """K,P: what turns P control points into K points of the natural cubic spline through them.

    The K points lie about `spacing` apart. `bend` scales how far the lines leave the chords between the control points:
    0 is a polygon. The matrix stays right when the points are moved a little.
    """
    P = len(points)
    chords = np.linalg.norm(np.diff(points, axis=0), axis=1)
    knots = np.concatenate([[0.0], np.cumsum(chords)])
    t = np.linspace(0.0, knots[-1], max(2, int(np.ceil(knots[-1] / spacing)) + 1))
    bends = np.zeros((P, P))  # second derivatives at the knots, as a linear map of the points
    if P > 2:
        system, right = np.zeros((P - 2, P - 2)), np.zeros((P - 2, P))
        for i in range(P - 2):
            a, b = chords[i], chords[i + 1]
            system[i, i] = 2 * (a + b)
            if i:
                system[i, i - 1] = a
            if i < P - 3:
                system[i, i + 1] = b
            right[i, i : i + 3] = 6 / a, -6 / a - 6 / b, 6 / b
        bends[1:-1] = np.linalg.solve(system, right)
    k = np.clip(np.searchsorted(knots, t, side="right") - 1, 0, P - 2)
    h = chords[k]
    v = (t - knots[k]) / h
    u, v, square = (1 - v)[:, None], v[:, None], (h**2 / 6)[:, None]
    chord = u * np.eye(P)[k] + v * np.eye(P)[k + 1]
    return chord + bend * square * ((u**3 - u) * bends[k] + (v**3 - v) * bends[k + 1])


def ink(x: np.ndarray, y: np.ndarray, pressure: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """uint8 B,28,28 from K pen positions for each of B pictures.

    x, y: float32 K,B in pixels, 0 at the outer edge of the first pixel. pressure: K,B, the width there
    relative to `radius`: B, half the stroke's width in pixels.
    """
    grid = np.arange(SIDE, dtype=np.float32)[:, None] + np.float32(0.5)
    nearest = np.full((SIDE, SIDE, x.shape[1]), np.inf, np.float32)  # squared distances, batch last
    distance = np.empty_like(nearest)
    for k in range(len(x)):
        across = ((grid - x[k]) / pressure[k]) ** 2
        down = ((grid - y[k]) / pressure[k]) ** 2
        np.add(down[:, None], across[None], out=distance)
        np.minimum(nearest, distance, out=nearest)
    np.sqrt(nearest, out=nearest)
    np.subtract(radius, nearest, out=nearest)
    cover = np.clip(nearest * np.float32(255 / FADE) + np.float32(127.5), 0, 255, out=nearest)
    return np.ascontiguousarray(np.rint(cover).astype(np.uint8).transpose(2, 0, 1))
