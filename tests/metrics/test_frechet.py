"""The Fréchet distance: what is known of it, and that the expected bias is what equal laws give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.metrics import Moments
from gan.metrics.frechet import distance, expected_bias

SEEDS = st.integers(0, 2**32 - 1)


def moments(seed, d=5, rank=None):
    """Some mean and covariance; of less than full rank if asked to."""
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((d, d if rank is None else rank)) * rng.uniform(0.1, 10)
    return Moments(rng.standard_normal(d), root @ root.T, 100)


def about(value, *laws):
    """As exact as roots of eigenvalues near 0 can be."""
    return pytest.approx(value, abs=1e-6 * sum(np.trace(law.covariance) for law in laws))


@given(SEEDS, SEEDS, st.integers(1, 5))
def test_it_is_a_distance(one, other, rank):
    a, b = moments(one), moments(other, rank=rank)
    assert distance(a, b) == about(distance(b, a), a, b)
    assert distance(a, b) >= 0
    assert distance(a, a) == about(0, a)
    assert distance(b, b) == about(0, b)


@given(SEEDS, SEEDS)
def test_where_axes_are_independent_it_is_a_sum_over_them(one, other):
    a, b = (np.random.default_rng(seed).uniform(0, 9, (2, 6)) for seed in (one, other))
    told = distance(Moments(a[0], np.diag(a[1]), 9), Moments(b[0], np.diag(b[1]), 9))
    known = ((a[0] - b[0]) ** 2).sum() + ((np.sqrt(a[1]) - np.sqrt(b[1])) ** 2).sum()
    assert told == pytest.approx(known, rel=1e-6, abs=1e-6)


@given(SEEDS, SEEDS, SEEDS)
def test_turning_the_space_changes_nothing(one, other, turn):
    a, b = moments(one), moments(other)
    q = np.linalg.qr(np.random.default_rng(turn).standard_normal((5, 5)))[0]
    turned = [Moments(q @ m.mean, q @ m.covariance @ q.T, m.n) for m in (a, b)]
    assert distance(*turned) == about(distance(a, b), a, b)


def test_moments_are_those_of_numpy():
    x = np.random.default_rng(0).standard_normal((50, 3)).astype(np.float32)
    found = Moments.of(x)
    np.testing.assert_allclose(found.mean, x.mean(0, dtype=np.float64))
    np.testing.assert_allclose(found.covariance, np.cov(x.astype(np.float64).T))
    values, vectors = found.spectrum
    np.testing.assert_allclose((vectors * values) @ vectors.T, found.covariance)


@pytest.mark.parametrize(("n", "m"), [(600, 600), (400, 1200)])
def test_the_null_is_what_two_samples_of_one_law_give(n, m):
    """Simulated: the mean over 400 pairs differs by less than three of its standard errors."""
    law = moments(3, d=6)
    values, vectors = law.spectrum
    root, rng = vectors * np.sqrt(values), np.random.default_rng(1)

    def sample(count):
        return Moments.of(law.mean + rng.standard_normal((count, 6)) @ root.T)

    raw = np.array([distance(sample(n), sample(m)) for _ in range(400)])
    error = raw.std(ddof=1) / np.sqrt(len(raw))
    assert abs(raw.mean() - expected_bias(law, n, m)) < 3 * error
    assert error < 0.03 * expected_bias(law, n, m), "precise enough to notice a wrong term"


def test_the_null_falls_with_the_number_of_images():
    law = moments(0)
    assert expected_bias(law, 100, 100) == pytest.approx(10 * expected_bias(law, 1000, 1000))
    assert expected_bias(law, 100, 10**9) == pytest.approx(expected_bias(law, 200, 200), rel=1e-6)
