"""Ways through the latent space: turns keep the length, paths meet their keys, walks stay where samples are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gan.latents import interpolation

NUMBERS = st.floats(-5, 5, allow_subnormal=False).map(lambda x: round(x, 3))
VECTORS = arrays(np.float64, 6, elements=NUMBERS)
SHARES = st.floats(0, 1)


def noise(n, d=64, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


@given(VECTORS, VECTORS)
def test_mixtures_begin_and_end_with_their_vectors(a, b):
    for mix in (interpolation.lerp, interpolation.slerp):
        assert mix(a, b, 0) == pytest.approx(a, abs=1e-9)
        assert mix(a, b, 1) == pytest.approx(b, abs=1e-9)


@given(VECTORS, VECTORS, SHARES)
def test_mixtures_are_the_same_from_the_other_end(a, b, t):
    for mix in (interpolation.lerp, interpolation.slerp):
        assert mix(a, b, t) == pytest.approx(mix(b, a, 1 - t), abs=1e-6)


@given(VECTORS, VECTORS, SHARES)
def test_a_turn_keeps_the_length_and_is_steady(a, b, t):
    sizes = np.linalg.norm(a), np.linalg.norm(b)
    if min(sizes) < 0.1:
        return
    a, b = a / sizes[0], b / sizes[1]
    angle = np.arccos(np.clip(a @ b, -1, 1))
    if not 1e-3 < angle < np.pi - 1e-3:
        return
    found = interpolation.slerp(a, b, t)
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-6)
    assert np.arccos(np.clip(a @ found, -1, 1)) == pytest.approx(t * angle, abs=1e-5)


def test_half_way_a_turn_is_typical_and_a_straight_line_is_not():
    a, b = noise(500), noise(500, seed=1)
    assert interpolation.slerp(a, b, 0.5).std() == pytest.approx(1, abs=0.02)
    assert interpolation.lerp(a, b, 0.5).std() == pytest.approx(0.5**0.5, abs=0.02)


@pytest.mark.parametrize("b", [[2.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]])
def test_where_no_one_turn_leads_it_goes_straight(b):
    a = np.array([1.0, 0.0])
    assert interpolation.slerp(a, b, 0.25) == pytest.approx(interpolation.lerp(a, b, 0.25))


def test_many_are_mixed_at_once():
    a, b, t = noise(7), noise(7, seed=1), np.linspace(0, 1, 7)
    each = [interpolation.slerp(*row) for row in zip(a, b, t, strict=True)]
    assert interpolation.slerp(a, b, t) == pytest.approx(np.stack(each))


def test_truncation_scales():
    z = noise(3)
    assert (interpolation.truncate(z, 1) == z).all()
    assert (interpolation.truncate(z, 0) == 0).all()
    assert interpolation.truncate(z, [0.5, 1, 2]) == pytest.approx(z * [[0.5], [1], [2]])


@given(st.integers(1, 6), st.integers(0, 8), st.booleans())
def test_a_path_meets_its_keys(count, between, loop):
    keys = noise(count, 5)
    legs = count if loop else count - 1
    frames = legs * (between + 1) + (0 if loop else 1)
    found = interpolation.path(keys, frames, loop)
    assert found.shape == (frames, 5)
    assert found[:: between + 1] == pytest.approx(keys)


def test_a_loop_has_no_seam():
    found = interpolation.path(noise(3), 60, loop=True)
    steps = np.linalg.norm(np.diff(np.concatenate([found, found[:1]]), axis=0), axis=1)
    assert steps.max() < 1.5 * steps.min()


@pytest.mark.parametrize(("keys", "frames"), [(np.zeros((0, 3)), 5), (np.zeros(3), 5), (np.zeros((2, 3)), 0)])
def test_a_path_without_keys_or_frames_is_refused(keys, frames):
    with pytest.raises(ValueError, match="a path needs keys"):
        interpolation.path(keys, frames)


def test_a_walk_stays_where_samples_are():
    walks = np.stack([interpolation.walk(z, 200, 0.1, seed) for seed, z in enumerate(noise(50))])
    spread = walks.std((0, 2))
    assert (np.abs(spread - 1) < 0.06).all()
    assert np.abs(walks[:, -1].mean()) < 0.06


def test_a_walk_goes_smoothly_at_its_speed_and_gets_away():
    z = noise(1, 400)[0]
    for speed in (0.02, 0.1):
        found = interpolation.walk(z, 300, speed, seed=3)
        assert (found[0] == z).all()
        steps = np.diff(found, axis=0)
        assert np.linalg.norm(steps, axis=1) / 20 == pytest.approx(speed, rel=0.15)
        cosines = (steps[1:] * steps[:-1]).sum(1) / np.prod(
            [np.linalg.norm(part, axis=1) for part in (steps[1:], steps[:-1])], axis=0
        )
        assert cosines.min() > 0.8  # never a corner
    assert abs(found[-1] @ z) / (z @ z) < 0.5


def test_a_walk_is_the_one_of_its_seed():
    z = noise(1)[0]
    one, same, other = (interpolation.walk(z, 20, 0.1, seed) for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one[1:] != other[1:]).any(1).all()
    assert (interpolation.walk(z, 5, 0.0, 1) == z).all()
    assert (interpolation.walk(z, 10, 0.1, 1) == one[:10]).all()
    with pytest.raises(ValueError, match="one vector"):
        interpolation.walk(noise(2), 5, 0.1, 1)
