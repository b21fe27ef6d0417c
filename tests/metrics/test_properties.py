"""What has to hold of the pure functions for any numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gan.metrics._components import principal, project
from gan.metrics._near import BLOCK, blocks, nearest, radii
from gan.metrics.classes import divergence, effective, shares
from gan.metrics.classifier_score import classifier_score
from gan.metrics.copying import copying_z, rank_z, very_near
from gan.metrics.density_coverage import density_coverage
from gan.metrics.diversity import spread, spreads
from gan.metrics.kernel import mmd2
from gan.metrics.precision_recall import precision_recall
from gan.metrics.sharpness import edges

SEEDS = st.integers(0, 2**32 - 1)
COUNTS = st.lists(st.integers(0, 1000), min_size=2, max_size=12).filter(any)
NUMBERS = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=30).map(np.array)


def cloud(seed, n=40, d=6):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, d)) * rng.uniform(0.5, 3) + rng.uniform(-2, 2)).astype("f")


# -- classes ---------------------------------------------------------------------------------------


def law(counts):
    return np.array(counts) / sum(counts)


@given(COUNTS)
def test_effective_classes_lie_between_one_and_all(counts):
    assert 1 - 1e-9 <= effective(law(counts)) <= len(counts) + 1e-9


@given(st.integers(1, 50))
def test_equally_frequent_classes_all_count(k):
    assert effective(np.full(k, 1 / k)) == pytest.approx(k)


@given(COUNTS, st.data())
def test_the_divergence_is_zero_for_equal_shares_and_positive_otherwise(counts, data):
    p = law(counts)
    q = law(data.draw(st.lists(st.integers(1, 1000), min_size=len(p), max_size=len(p))))
    assert divergence(p, p) == pytest.approx(0, abs=1e-9)
    assert divergence(p, q) >= -1e-12
    assert divergence(p, q) > 1e-9 or np.allclose(p, q, atol=1e-4)
    assert np.isfinite(divergence(q, p)), "also where the training images have none"


@given(st.lists(st.integers(0, 6), max_size=50))
def test_shares_are_shares(classes):
    found = shares(np.array(classes, np.int64), 7)
    assert found.shape == (7,)
    assert found.sum() == pytest.approx(1 if classes else 0)


@given(SEEDS, st.integers(2, 10), st.floats(0.01, 20))
def test_the_classifier_score_lies_between_one_and_the_number_of_classes(seed, k, sharp):
    logits = np.random.default_rng(seed).standard_normal((30, k)) * sharp
    p = np.exp(logits - logits.max(1, keepdims=True))
    assert 1 - 1e-9 <= classifier_score(p / p.sum(1, keepdims=True)) <= k + 1e-9
    assert classifier_score(np.eye(k)) == pytest.approx(k)
    assert classifier_score(np.full((5, k), 1 / k)) == pytest.approx(1)


# -- copying ---------------------------------------------------------------------------------------


@given(NUMBERS, NUMBERS)
def test_the_rank_test_is_antisymmetric(a, b):
    assert rank_z(a, b) == pytest.approx(-rank_z(b, a), abs=1e-9)
    assert rank_z(a, a) == pytest.approx(0, abs=1e-9)
    assert rank_z(a - 100, b) <= rank_z(a, b) <= rank_z(a + 100, b)
    assert rank_z(np.exp(a), np.exp(b)) == pytest.approx(rank_z(a, b)), "ranks alone count"


def test_the_rank_test_has_a_normal_law():
    """Under equal laws: mean 0 and deviation 1, over 2,000 pairs of samples."""
    rng = np.random.default_rng(0)
    z = [rank_z(rng.random(40), rng.random(60)) for _ in range(2000)]
    assert abs(np.mean(z)) < 3 / np.sqrt(2000)
    assert np.std(z) == pytest.approx(1, abs=0.05)


def test_classes_are_tested_apart_and_averaged_by_how_frequent_they_are():
    rng = np.random.default_rng(0)
    low, high = rng.random(300), rng.random(100) + 5
    pairs = [(low[:100] - 1, low), (high + 1, high)]
    assert copying_z(pairs) == pytest.approx((300 * rank_z(*pairs[0]) + 100 * rank_z(*pairs[1])) / 400)
    assert very_near(pairs) == pytest.approx(0.5, abs=0.01)
    assert very_near([(low, low), (high, high)]) == pytest.approx(0.01, abs=0.005)


# -- neighbours ------------------------------------------------------------------------------------


def apart(a, b):
    return np.square(a[:, None].astype(float) - b[None]).sum(-1)


@given(SEEDS, SEEDS)
def test_distances_and_neighbours_are_those_of_brute_force(one, other):
    a, b = cloud(one), cloud(other, n=30)
    squares = apart(a, b)
    (found,) = blocks(a, b, lambda rows, part: part.numpy())
    np.testing.assert_allclose(found, squares, rtol=1e-4, atol=1e-4)
    distance, which = nearest(a, b)
    np.testing.assert_allclose(distance, np.sqrt(squares.min(1)), rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(squares[np.arange(40), which], squares.min(1), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(radii(a, 3), np.sort(apart(a, a))[:, 3], rtol=1e-3, atol=1e-4)


def test_blocks_hang_together():
    a, b = cloud(0, n=BLOCK + 7), cloud(1, n=50)
    whole = np.concatenate(blocks(a, b, lambda rows, part: part.numpy()))
    np.testing.assert_allclose(whole, apart(a, b), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(radii(a, 1), np.sort(apart(a, a))[:, 1], rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(nearest(a, a)[1], np.arange(len(a)))


def test_far_from_the_origin_near_neighbours_are_still_told_apart():
    a = cloud(0) / 100 + 1000
    assert nearest(a, a)[0].max() < 1e-4


def test_too_few_images_for_their_neighbours():
    with pytest.raises(ValueError, match="5 neighbours need more than 5 images, not 5"):
        radii(cloud(0, n=5), 5)


@given(SEEDS, SEEDS, st.permutations(range(40)))
def test_the_order_of_images_does_not_matter(one, other, order):
    real, fake = cloud(one), cloud(other)
    for measure in (precision_recall, density_coverage):
        told = measure(real, fake)
        assert measure(real, fake[order]) == told
        assert measure(real[order], fake) == told
    assert mmd2(real, fake[order]) == pytest.approx(mmd2(real, fake), rel=1e-3, abs=1e-4)


@given(SEEDS, SEEDS)
def test_precision_and_recall_change_places_with_real_and_generated(one, other):
    real, fake = cloud(one), cloud(other, n=30)
    assert precision_recall(real, fake) == precision_recall(fake, real)[::-1]
    assert all(0 <= value <= 1 for value in precision_recall(real, fake))
    assert precision_recall(real, real) == (1, 1)
    density, coverage = density_coverage(real, fake)
    assert density >= 0
    assert 0 <= coverage <= 1
    assert density_coverage(real, real)[1] == 1
    assert precision_recall(real, fake + 1000) == density_coverage(real, fake + 1000) == (0, 0)


def test_equal_laws_reach_the_known_coverage():
    """1 - 2^-5 for as many real as generated images: the floor that evaluations compare with."""
    both = cloud(0, n=4000)
    coverage = density_coverage(both[:2000], both[2000:])[1]
    assert coverage == pytest.approx(1 - 2**-5, abs=0.012)


@given(SEEDS, SEEDS)
def test_the_kernel_distance_is_that_of_brute_force(one, other):
    x, y = cloud(one).astype(float), cloud(other, n=30).astype(float)
    k = [(a @ b.T / 6 + 1) ** 3 for a, b in ((x, x), (y, y), (x, y))]
    within = [(m.sum() - np.trace(m)) / (len(m) * (len(m) - 1)) for m in k[:2]]
    size = sum(within) + 2 * k[2].mean()
    assert mmd2(x, y) == pytest.approx(sum(within) - 2 * k[2].mean(), abs=1e-5 * abs(size))
    assert mmd2(y, x) == pytest.approx(mmd2(x, y), abs=1e-5 * abs(size))


# -- pixels ----------------------------------------------------------------------------------------


@given(SEEDS, st.floats(0.1, 10), st.permutations(range(40)))
def test_the_spread_grows_with_the_differences_and_knows_no_order(seed, factor, order):
    x = cloud(seed).astype(float)
    told = spread(x)
    assert told == pytest.approx(np.sqrt(apart(x, x))[np.triu_indices(40, 1)].mean())
    assert spread(x * factor) == pytest.approx(told * factor)
    assert spread(x[order]) == pytest.approx(told)
    assert spread(np.repeat(x[:1], 9, 0)) == pytest.approx(0, abs=1e-5)


def test_spreads_are_those_of_the_classes():
    x, classes = cloud(0), np.arange(40) % 4
    classes[classes == 3] = np.where(np.arange(10) < 6, 0, 3)  # only four left
    found = spreads(x, classes, 5)
    assert found[1] == spread(x[classes == 1])
    assert np.isnan(found).tolist() == [False, False, False, True, True]
    assert spreads(x, None, 5).tolist() == [spread(x)]


@given(arrays(np.uint8, (3, 1, 6, 7)), st.integers(0, 100))
def test_edges_depend_neither_on_brightness_nor_on_contrast(images, lift):
    assume(images.std() > 20)
    half = images // 2 * 2
    assert edges(half) == pytest.approx(edges(half // 2 + np.uint8(lift)), rel=1e-4)
    assert edges(images) >= 0


def test_edges_of_known_pictures():
    rows, columns = np.indices((28, 28))
    board = ((rows + columns) % 2 * 255).astype(np.uint8)[None, None]
    assert edges(board) == pytest.approx(4, rel=1e-3)  # every pixel is the opposite of its four
    assert edges(np.full((2, 3, 8, 8), 77, np.uint8)) == 0
    ramp = np.broadcast_to(np.arange(28, dtype=np.uint8), (1, 1, 28, 28))
    assert edges(ramp) == pytest.approx(0, abs=1e-9)
    noise = np.random.default_rng(0).integers(0, 256, (50, 1, 28, 28), dtype=np.uint8)
    assert edges(noise) == pytest.approx(1.25, rel=0.02)


def test_components_are_those_of_the_singular_values():
    rng = np.random.default_rng(0)
    scale = 0.93 ** np.arange(100)
    flat = np.clip(np.linspace(60, 200, 100) + 20 * rng.standard_normal((500, 100)) * scale, 0, 255).astype(np.uint8)
    images = flat.reshape(500, 1, 10, 10)
    centre, basis = principal(images)
    x = flat / 127.5 - 1
    np.testing.assert_allclose(centre, x.mean(0), atol=1e-5)
    np.testing.assert_allclose(basis.T @ basis, np.eye(64), atol=1e-4)
    seen = project(images, centre, basis)
    best = np.linalg.svd(x - x.mean(0), compute_uv=False)
    assert np.square(seen).sum() == pytest.approx(np.square(best[:64]).sum(), rel=1e-4)


@pytest.mark.parametrize("shape", [(200, 1, 4, 4), (20, 1, 16, 16)])
def test_components_of_few_pixels_or_images_are_filled_up_with_nothing(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    centre, basis = principal(images)
    assert basis.shape == (shape[2] * shape[3], 64)
    seen = project(images, centre, basis)
    assert np.square(seen).sum() == pytest.approx(
        np.square(images.reshape(len(images), -1) / 127.5 - 1 - centre).sum(), rel=1e-3
    )
