"""Generators with a known fault: the measures made for it have to show it, and new real images have to pass."""

from __future__ import annotations

import numpy as np
import pytest

from gan import metrics
from gan.metrics.density_coverage import density_coverage
from gan.metrics.precision_recall import precision_recall
from tests import digits


@pytest.fixture(scope="module")
def score(world):
    """The scores of images, all in one dict."""

    def scores(images):
        return {k: v for _, s, _ in metrics.measure(world.evidence(images)) for k, v in s.items()}

    return scores


@pytest.fixture(scope="module")
def fresh():
    return digits.write(1000, seed=7)


@pytest.fixture(scope="module")
def real(score, fresh):
    """The scores of new real images."""
    return score(fresh.images)


def test_new_real_images_show_no_fault(real, world):
    floor = world.reference.real_baseline
    assert abs(real["ct"]) < 2
    assert real["near_copies"] < 0.05
    assert real["classes"] == 10
    assert real["kl"] < 0.01
    assert real["fd"] < floor["fd"] + 5
    assert real["fd_pca"] < floor["fd_pca"] + 1
    assert abs(real["fd_pca"]) < 0.3 * real["fd_pca_raw"], "what chance gives is taken off"
    for key in ("precision", "recall", "density", "diversity", "sharpness"):
        assert real[key] == pytest.approx(floor[key], rel=0.1), key


@pytest.mark.parametrize("noise", [0, 3])
def test_a_copier_of_the_training_set(noise, score, world):
    """It has the best precision, recall and FD there are: only the distance to the training images gives it away."""
    found = score(digits.noisy(world.data.images[:1000], noise))
    assert found["ct"] < -10
    assert found["near_copies"] > 0.9
    assert found["fd"] < world.reference.real_baseline["fd"] + 5


def test_a_few_copies_among_good_images(score, fresh, world):
    mixed = np.concatenate([world.data.images[:100], fresh.images[100:]])
    assert score(mixed)["near_copies"] > 0.08


def test_only_ones(score, real):
    found = score(digits.only(digits.write(4000, seed=8), 1))
    assert found["classes"] == 1
    assert found["effective_classes"] < 1.2
    assert found["kl"] > 2
    assert found["recall"] < 0.2 * real["recall"]
    assert found["coverage"] < 0.2 * real["coverage"]
    assert found["precision"] == pytest.approx(real["precision"], abs=0.1), "what it fools"


def test_no_nines(score, real):
    found = score(digits.only(digits.write(1000, seed=8), *range(9)))
    assert found["classes"] == 9
    assert 0.08 < found["kl"] < 0.2
    assert found["precision"] == pytest.approx(real["precision"], abs=0.1), "what it fools"


def test_shrunk_to_the_means_of_their_classes(score, fresh):
    found = score(digits.shrunk(fresh, 0.95))
    assert found["recall"] < 0.02
    assert found["coverage"] < 0.1
    assert found["diversity"] < 0.15
    assert found["sharpness"] < 0.3


def test_shrunk_features_are_in_the_midst_of_the_real_ones(world):
    """Inside every ball there is: precision and density grow, which is why recall stands beside them."""
    real, labels = world.reference.real.features, world.reference.real.labels
    means = np.stack([real[labels == k].mean(0) for k in range(10)])[labels]
    fake = means + 0.3 * (real - means)
    assert density_coverage(real, fake)[0] > 2
    precision, recall = precision_recall(real, fake)
    assert precision > 0.99
    assert recall < 0.05


def test_blurred(score, fresh, real):
    slight, strong = (score(digits.blurred(fresh.images, sigma)) for sigma in (0.7, 2))
    assert slight["sharpness"] < 0.4
    assert slight["fd"] > real["fd"] + 100
    assert slight["fd_pca"] > real["fd_pca"] + 5
    assert strong["sharpness"] < 0.05
    assert strong["precision"] < 0.3 * real["precision"]


@pytest.mark.parametrize("kind", ["uniform", "grey", "binary"])
def test_noise(kind, score, fresh):
    rng, shape = np.random.default_rng(0), fresh.images.shape
    noise = {
        "uniform": rng.integers(0, 256, shape),
        "grey": digits.noisy(np.full(shape, 128), 30),
        "binary": rng.integers(0, 2, shape) * 255,
    }
    found = score(noise[kind].astype(np.uint8))
    assert found["precision"] == 0
    assert found["recall"] == 0
    assert found["sharpness"] > 5
    assert found["ct"] > 3, "it is no copy"


def test_one_picture_of_every_class(score, fresh, real):
    """What the class counts do not notice."""
    first = [np.flatnonzero(fresh.labels == k)[0] for k in range(10)]
    found = score(np.repeat(fresh.images[first], 50, 0))
    assert found["classes"] == 10
    assert found["classifier_score"] > 9
    assert found["diversity"] < 1e-6
    assert found["recall"] < 0.02


def test_paleness_is_no_blur(score, fresh, real):
    found = score((fresh.images * 0.6).astype(np.uint8))
    assert found["sharpness"] == pytest.approx(real["sharpness"], rel=0.05)
    assert found["fd"] > real["fd"] + 100
