"""What generated images are compared with: made from data, kept, and refused when it belongs to another evaluator."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from gan import metrics, tensor_files
from gan.config import RunConfig
from gan.datasets import Data
from gan.evaluation import evalnet, reference
from gan.evaluation.evalnet import EvalNetError
from gan.metrics import Unavailable
from tests import digits

pytestmark = pytest.mark.usefixtures("quick_disk")
COLOUR = RunConfig(dataset="cifar10")  # a data set without an evaluator


@pytest.fixture
def home(world, tmp_path):
    """A copy of the evaluator and its reference that may be spoiled."""
    return Path(shutil.copytree(world.home, tmp_path / "home"))


def colours(count, test=None):
    """Coloured pictures with labels: smooth, so that they have principal components."""
    rng = np.random.default_rng(count)
    coarse = rng.integers(0, 256, (count, 3, 4, 4), dtype=np.uint8)
    images = coarse.repeat(3, 2).repeat(3, 3)
    return Data(images, np.arange(count) % 5, tuple("abcde"), test=test)


# -- made ------------------------------------------------------------------------------------------


def test_with_a_test_split_that_is_what_images_are_compared_with(world):
    real, data = world.reference.real, world.data
    assert real.split == "1,500 images of the test split"
    assert len(real) == len(real.features) == 1500
    assert (real.labels == data.test.labels).all()
    np.testing.assert_allclose(real.prior, np.full(10, 0.1))
    features = world.reference.evalnet.read(data.test.images)[0]
    np.testing.assert_allclose(real.features, features, rtol=1e-3, atol=1e-2)  # kept as float16
    assert world.reference.shape == (1, 28, 28)


def test_the_floor_has_every_score_and_they_are_those_of_real_images(world):
    floor = world.reference.real_baseline
    assert floor.keys() == digits.SCORES
    assert abs(floor["ct"]) < 3
    assert floor["near_copies"] < 0.05
    assert abs(floor["fd"]) < floor["fd_raw"] * 2
    assert floor["diversity"] == pytest.approx(1, abs=0.05)
    assert floor["coverage"] == pytest.approx(1 - 2**-5, abs=0.02)


def test_the_same_data_give_the_same_reference(world):
    again = reference.make("strokes", world.data, world.reference.evalnet)
    assert again.real_baseline == world.reference.real_baseline
    assert (again.basis == world.reference.basis).all()


def test_without_an_evaluator_there_are_pixels():
    found = reference.make("cifar10", colours(700, colours(300)), None)
    assert found.real.split == "300 images of the test split"
    assert (found.real.features, found.real.labels, found.real.prior) == (None, None, None)
    assert found.real_baseline.keys() >= {"fd_pca", "fd_pca_raw", "diversity", "sharpness"}
    assert "fd" not in found.real_baseline
    assert found.real_baseline["diversity"] == pytest.approx(1, abs=0.05), "labels nobody can read"
    assert found.real_baseline["sharpness"] == pytest.approx(1, abs=0.05)
    assert found.real_baseline["fd_pca"] < 0.2 * found.real_baseline["fd_pca_raw"]


def test_without_a_test_split_one_half_is_compared_with_the_other():
    found = reference.make("cifar10", colours(401), None)
    assert found.real.split == "200 images of the training split"
    assert found.real_baseline["diversity"] == pytest.approx(1, abs=0.05)


def test_an_evaluator_without_a_test_split_compares_with_what_it_was_tested_with(world):
    data = dataclasses.replace(world.data, test=None)
    found = reference.make("strokes", data, world.reference.evalnet)
    assert found.real.split == "300 images of the training split"
    assert found.real_baseline["precision"] > 0.8
    assert "ct" not in found.real_baseline, "too few of each class"


def test_of_fewer_than_two_hundred_images_all_are_compared_with():
    assert reference.make("cifar10", colours(200), None).real.split == "100 images of the training split"
    assert reference.make("cifar10", colours(199), None).real.split == "199 images of the training split, all there are"
    with pytest.raises(Unavailable, match="takes 20 real images to compare with; there are 19"):
        reference.make("cifar10", colours(19), None)
    with pytest.raises(Unavailable, match="there are 20"):
        reference.make("cifar10", colours(20, colours(300)), None)


def test_points_are_no_images():
    points = Data(np.zeros((300, 2, 1, 1), np.float32))
    with pytest.raises(Unavailable, match="points of the plane are no images"):
        reference.of(RunConfig(dataset="ring"), points)


def test_the_reference_of_a_run_is_the_kept_one_or_made(world, monkeypatch):
    world.enter(monkeypatch)
    assert reference.of(digits.CONFIG).real_baseline == world.reference.real_baseline
    assert reference.of(digits.CONFIG) is reference.of(digits.CONFIG)
    assert reference.of(COLOUR, colours(300)).shape == (3, 12, 12)


def test_one_that_is_made_anew_is_taken_at_once(world, home, monkeypatch):
    monkeypatch.setattr(evalnet, "HOME", home)
    before = reference.of(digits.CONFIG)
    changed = dataclasses.replace(before, real_baseline={**before.real_baseline, "fd": 7.0})
    reference.save(changed, home)
    assert reference.of(digits.CONFIG).real_baseline["fd"] == 7


# -- seen ------------------------------------------------------------------------------------------


def test_images_of_another_size_are_resized(world):
    images = np.array(world.data.images[:30])
    large = images.repeat(2, 2).repeat(2, 3)
    assert world.reference.extract(large).images.shape == (30, 1, 28, 28)
    assert np.abs(world.reference.fit(large).astype(int) - images).mean() < 12
    assert world.reference.fit(images) is images


@pytest.mark.parametrize("shape", [(5, 3, 28, 28), (5, 28, 28), (5, 28, 28, 1)])
def test_images_of_other_channels_are_refused(shape, world):
    with pytest.raises(ValueError, match="strokes has images N,1,H,W, not "):
        world.reference.extract(np.zeros(shape, np.uint8))


# -- kept ------------------------------------------------------------------------------------------


def test_what_was_kept_is_what_was_made(world, home):
    found = reference.load("strokes", evalnet.load("strokes", home), home)
    for name in ("features", "labels", "prior", "spread"):
        np.testing.assert_array_equal(getattr(found.real, name), getattr(world.reference.real, name))
    assert found.real_baseline == world.reference.real_baseline
    assert found.real.split == world.reference.real.split
    one, other = (ruler.extract(world.data.images[:50]) for ruler in (found, world.reference))
    assert (one.components == other.components).all()
    np.testing.assert_array_equal(one.features, other.features)


def test_that_of_another_evaluator_is_refused(home):
    told = evalnet.load("mnist")
    with pytest.raises(EvalNetError, match=r"belongs to another evaluator\. Make both anew"):
        reference.load("strokes", told, home)


@pytest.mark.parametrize("how", ["changed", "cut", "missing"])
def test_a_damaged_one_is_refused(how, home):
    path = reference.path("strokes", home)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content[: len(content) // 2] if how == "cut" else content)
    if how == "missing":
        path.unlink()
    with pytest.raises(EvalNetError, match="The reference of strokes cannot be used"):
        reference.load("strokes", evalnet.load("strokes", home), home)


def test_one_that_lacks_a_part_is_refused(home):
    path = reference.path("strokes", home)
    tensors, about = tensor_files.read_tensors(path)
    del tensors["basis"]
    tensor_files.write_tensors(path, tensors, about)
    with pytest.raises(EvalNetError, match=r"cannot be used.*basis"):
        reference.load("strokes", evalnet.load("strokes", home), home)


def test_an_evaluator_that_reads_it_worse_than_is_told_is_refused(home):
    """As somebody who edits the accuracy would find."""
    path = reference.path("strokes", home)
    tensors, about = tensor_files.read_tensors(path)
    tensors["labels"][:15] = (tensors["labels"][:15] + 1) % 10
    tensor_files.write_tensors(path, tensors, about)
    with pytest.raises(EvalNetError, match=r"classifies only 9[89]\.\d+ % of 1,500 real images"):
        reference.load("strokes", evalnet.load("strokes", home), home)


def test_the_shipped_reference_of_strokes_is_what_its_data_give():
    """The test split is made anew, from its own seed."""
    made = evalnet.load("strokes")
    real = reference.load("strokes", made).real
    test = digits.write(10_000, seed=1)
    assert real.features is not None
    np.testing.assert_array_equal(real.labels, test.labels)
    features = made.read(test.images[:2000])[0]
    np.testing.assert_allclose(real.features[:2000], features, rtol=1e-2, atol=0.1)


@pytest.mark.parametrize("name", ["mnist", "strokes"])
def test_the_shipped_floors_are_those_of_real_images(name):
    found = reference.load(name, evalnet.load(name))
    assert found.real_baseline.keys() <= metrics.catalogue().keys()  # one that was added later has none
    assert found.real.split == "10,000 images of the test split"
    assert found.real_baseline["classes"] == 10
    assert abs(found.real_baseline["ct"]) < 2
    assert found.real_baseline["near_copies"] == pytest.approx(0.01, abs=0.005)
    assert abs(found.real_baseline["fd"]) < 2
    assert 0.8 < found.real_baseline["precision"] < 0.95
    assert 0.8 < found.real_baseline["recall"] < 0.95
    assert 0.93 < found.real_baseline["coverage"] < 0.98
