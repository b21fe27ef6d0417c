"""Interpolation in the latent space: lerp, slerp, truncation, paths and walks. Pure functions of arrays; NumPy only.

    keys = np.random.default_rng(0).standard_normal((3, 100))
    frames = latents.path(keys, 48, loop=True)  # 48,100: round by the three and back

What they make of N(0, 1) noise is N(0, 1) noise again (lerp and truncate apart), so every frame is a typical sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Latents = NDArray[np.float64]
MIN_SINE = 1e-6  # sine of an angle below which a turn and a straight line are the same, or there is no one turn


def lerp(a: ArrayLike, b: ArrayLike, t: ArrayLike) -> Latents:
    """The straight mixture (1 - t) a + t b of vectors ...,d; t (...) is 0 at a, 1 at b. For w, not for z.

    Half way between two random z it is shorter than any random z by a factor of about 0.7.
    """
    a, b, t = _vectors(a), _vectors(b), np.asarray(t, np.float64)[..., None]
    return (1 - t) * a + t * b


def slerp(a: ArrayLike, b: ArrayLike, t: ArrayLike) -> Latents:
    """The turn from a (t = 0) to b (t = 1) at a steady angle, of vectors ...,d; t has shape (...).

    (sin((1 - t) A) a + sin(t A) b) / sin A with A the angle between them: Shoemake, "Animating Rotation with
    Quaternion Curves" (1985); for latents White, "Sampling Generative Networks" (2016, arXiv:1609.04468). Vectors of
    one direction, or of opposite ones, which no one turn joins, and zero are mixed straight.
    """
    a, b, t = _vectors(a), _vectors(b), np.asarray(t, np.float64)[..., None]
    lengths = np.linalg.norm(a, axis=-1, keepdims=True) * np.linalg.norm(b, axis=-1, keepdims=True)
    cosine = (a * b).sum(-1, keepdims=True) / np.where(lengths > 0, lengths, 1)
    angle = np.arccos(np.clip(cosine, -1, 1))
    sine = np.sin(angle)
    straight = (sine < MIN_SINE) | (lengths == 0)
    sine = np.where(straight, 1, sine)
    first = np.where(straight, 1 - t, np.sin((1 - t) * angle) / sine)
    second = np.where(straight, t, np.sin(t * angle) / sine)
    return first * a + second * b


def truncate(z: ArrayLike, psi: ArrayLike) -> Latents:
    """z (...,d) drawn towards its mean: psi (...) 1 leaves it, 0 makes it the mean, which is zero for z.

    Gives up variety for quality, as the truncation trick of Marchesi (2017, arXiv:1706.00082) and Brock et al., "Large
    Scale GAN Training" (2019, arXiv:1809.11096), which draws far components anew. Scaling, as Karras et al., "A
    Style-Based Generator Architecture" (2019, arXiv:1812.04948) do it in w, moves smoothly under a slider.
    """
    return np.asarray(psi, np.float64)[..., None] * _vectors(z)


def path(keys: ArrayLike, frames: int, loop: bool = False) -> Latents:
    """`frames` vectors (frames,d) on turns through keys (K,d), as many on each turn.

    Begins at the first key and ends at the last one; with `loop` it goes on to the first and ends one frame before
    it. Raises ValueError for no key or no frame.
    """
    keys = _vectors(keys)
    if keys.ndim != 2 or not len(keys) or frames < 1:
        raise ValueError(f"a path needs keys K,d and a frame, not {keys.shape} and {frames}")
    at = np.linspace(0, len(keys) if loop else len(keys) - 1, frames, endpoint=not loop)
    start = at.astype(int)
    return slerp(keys[start % len(keys)], keys[(start + 1) % len(keys)], at - start)


def walk(z: ArrayLike, frames: int, speed: float, seed: int) -> Latents:
    """A smooth random walk from z (d,): `frames` vectors (frames,d), `speed` radians a frame; z comes first.

    A turn towards a velocity that is noise itself and forgets its heading after about a radian (an Ornstein-Uhlenbeck
    process in the velocity). From a random z every frame is N(0, 1). The same seed takes the same way.
    """
    z, rng = _vectors(z), np.random.default_rng(seed)
    if z.ndim != 1 or frames < 1:
        raise ValueError(f"a walk needs one vector and a frame, not {z.shape} and {frames}")
    return np.stack([*_strides(z, frames, speed, rng)])


def _strides(z: Latents, frames: int, speed: float, rng: np.random.Generator) -> Iterator[NDArray[Any]]:
    velocity = rng.standard_normal(z.shape)
    cos, sin, persistence = np.cos(speed), np.sin(speed), np.exp(-abs(speed))
    for _ in range(frames):
        yield z
        z, velocity = cos * z + sin * velocity, cos * velocity - sin * z
        velocity = persistence * velocity + np.sqrt(1 - persistence**2) * rng.standard_normal(z.shape)


def _vectors(values: ArrayLike) -> Latents:
    return np.asarray(values, np.float64)
