"""EvalNet-64: trained, measured, kept, and refused when it is not what it says."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gan import datasets, registry
from gan.datasets import Data, DataError
from gan.evaluation import evalnet, reference, train_evalnet
from gan.evaluation.evalnet import About, EvalNet, EvalNetError
from tests import digits

SHIPPED = ["mnist", "strokes"]
HERE = datasets.root()  # before a test moves it
pytestmark = pytest.mark.usefixtures("quick_disk")


@pytest.fixture(scope="module")
def few():
    """A labelled set: 600 strokes, and 200 to test with."""
    return dataclasses.replace(digits.write(600, 3), test=digits.write(200, 4))


def taught(data, home, seed=0, epochs=2):
    return list(train_evalnet.train("strokes", data, epochs, seed, home))


@pytest.fixture(scope="module")
def kept(few, tmp_path_factory):
    """The folder of an evaluator that was trained on it."""
    home = tmp_path_factory.mktemp("kept") / "new folder"
    told = taught(few, home, epochs=4)
    assert [step.done for step in told] == sorted(step.done for step in told)
    assert told[-1].done == told[-1].total == 16
    return home


@pytest.fixture
def home(kept, tmp_path):
    """A copy of it that may be spoiled."""
    return Path(shutil.copytree(kept, tmp_path / "home"))


def edit(home: Path, **changes) -> None:
    path = home / "strokes.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


# -- training --------------------------------------------------------------------------------------


def test_its_accuracy_is_measured_on_images_never_trained_on(few, kept):
    made = evalnet.load("strokes", kept)
    assert (made.about.tested, made.about.trained, made.about.epochs) == (200, 600, 4)
    assert made.about.names == few.names
    right = made.read(few.test.images)[1].argmax(1) == few.test.labels
    assert made.about.accuracy == right.mean() > 0.4
    assert made.about.sha256 == evalnet.checksum(kept / "strokes.safetensors")
    content = (kept / "strokes.safetensors").read_bytes()
    assert made.about.sha256 == hashlib.sha256(content).hexdigest()
    assert sorted(path.name for path in kept.iterdir()) == ["strokes.json", "strokes.safetensors"]


def test_the_same_seed_gives_the_same_file_and_leaves_the_global_randomness_alone(few, tmp_path):
    state = torch.random.get_rng_state()
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        taught(few, tmp_path / name, seed, epochs=1)
    assert torch.equal(torch.random.get_rng_state(), state)
    a, b, c = (evalnet.checksum(tmp_path / name / "strokes.safetensors") for name in "abc")
    assert a == b != c


def test_without_a_test_split_a_tenth_is_kept_out_of_training(few, tmp_path):
    data = dataclasses.replace(digits.write(1000, 5), test=None)
    taught(data, tmp_path, epochs=1)
    told = evalnet.about("strokes", tmp_path)
    assert told
    assert (told.trained, told.tested) == (900, 100)
    learn, test = train_evalnet.split(data)
    parts = np.concatenate([learn.images, test.images])
    assert {p.tobytes() for p in parts} == {p.tobytes() for p in data.images}
    assert len(parts) == len({p.tobytes() for p in parts}) == 1000


def test_the_one_before_is_kept_beside_the_new_one(few, home):
    before = {path.suffix: path.read_bytes() for path in home.iterdir()}
    taught(few, home, seed=9, epochs=1)
    assert evalnet.load("strokes", home).about.seed == 9
    kept = {path.suffix: path.read_bytes() for path in home.glob("strokes.previous.*")}
    assert kept == before
    shutil.move(home / "strokes.previous.safetensors", home / "strokes.safetensors")
    shutil.move(home / "strokes.previous.json", home / "strokes.json")
    assert evalnet.load("strokes", home).about.seed == 0


def test_an_interrupted_training_changes_nothing(few, home):
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    work = train_evalnet.train("strokes", few, 2, 9, home)
    next(work)
    work.close()
    assert {path.name: path.read_bytes() for path in home.iterdir()} == before


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"labels": None}, "needs pictures with labels"),
        ({"names": ("all",)}, "needs pictures with labels"),
        ({"test": digits.write(99, 0)}, "tested with 100 images or more, not 99"),
    ],
)
def test_what_is_no_task_for_a_classifier_is_refused(changes, told, few, tmp_path):
    with pytest.raises(DataError, match=told):
        taught(dataclasses.replace(few, **changes), tmp_path)
    assert not list(tmp_path.iterdir())


def test_points_are_refused(tmp_path):
    points = Data(np.zeros((300, 2, 1, 1), np.float32), np.zeros(300, np.int64), ("a", "b"))
    with pytest.raises(DataError, match="needs pictures with labels"):
        taught(points, tmp_path)


def test_a_folder_that_cannot_be_written_is_found_out_before_training(few, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        next(train_evalnet.train("strokes", few, 1, 0, tmp_path / "file"))


# -- what it reads ---------------------------------------------------------------------------------


def test_an_image_is_read_the_same_alone_and_among_others(few, kept):
    made = evalnet.load("strokes", kept)
    features, chances = made.read(few.images[:300])
    assert features.shape == (300, 64)
    np.testing.assert_allclose(chances.sum(1), 1, rtol=1e-5)
    alone = made.read(few.images[140:141])
    np.testing.assert_allclose(alone[0], features[140:141], rtol=1e-4, atol=1e-4)
    assert (made.classify(features) == chances.argmax(1)).all()
    assert not any(p.requires_grad for p in made.net.parameters())


def test_other_sizes_are_resized_and_other_channels_refused(few, kept):
    made = evalnet.load("strokes", kept)
    large = few.images[:20].repeat(2, 2).repeat(2, 3)
    assert (made.read(large)[1].argmax(1) == made.read(few.images[:20])[1].argmax(1)).mean() > 0.8
    with pytest.raises(ValueError, match="reads 1 channels, not 3"):
        made.read(few.images[:3].repeat(3, 1))


# -- refused ---------------------------------------------------------------------------------------

OTHER = "0" * 64


def test_one_that_is_not_there_says_how_to_make_it(tmp_path):
    assert evalnet.about("strokes", tmp_path) is None
    with pytest.raises(EvalNetError, match="python -m gan evaluator --dataset strokes"):
        evalnet.load("strokes", tmp_path)


@pytest.mark.parametrize("place", [100, 5000, -1])
def test_a_changed_weights_file_is_refused(place, home):
    evalnet.load("strokes", home)
    path = home / "strokes.safetensors"
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))
    with pytest.raises(EvalNetError, match=r"strokes\.safetensors was changed: .* Make one: "):
        evalnet.load("strokes", home)


def test_missing_weights_are_refused(home):
    (home / "strokes.safetensors").unlink()
    with pytest.raises(EvalNetError, match=r"strokes\.safetensors cannot be used"):
        evalnet.load("strokes", home)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"sha256": OTHER}, "was changed"),
        ({"sha256": 7}, "out of range"),
        ({"accuracy": 1.01}, "out of range"),
        ({"accuracy": None}, "out of range"),
        ({"tested": "many"}, "out of range"),
        ({"shape": [1, 28]}, "out of range"),
        ({"shape": [1, 10**9, 28]}, "out of range"),
        ({"shape": [1, 32, 32]}, "is .*, and .* is needed"),
        ({"names": ["only"]}, "out of range"),
        ({"names": list("abc")}, "is .*, and .* is needed"),
        ({"dataset": "mnist"}, "belongs to mnist"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_changed_description_is_refused(changes, told, home):
    edit(home, **changes)
    with pytest.raises(EvalNetError, match=told):
        evalnet.load("strokes", home)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.sampled_from([f.name for f in dataclasses.fields(About)]), JSON)
def test_whatever_the_description_says_it_is_used_or_refused(tmp_path_factory, field, value):
    home = tmp_path_factory.mktemp("about")
    shutil.copy(evalnet.path("strokes").with_suffix(".json"), home)
    edit(home, **{field: value})
    with contextlib.suppress(EvalNetError):
        found = evalnet.about("strokes", home)
        assert isinstance(found, About)
        assert found.name.startswith("EvalNet-64 for strokes (")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"3", b"\xff", b"[" * 100_000])
def test_a_description_that_is_none_is_refused(text, home):
    (home / "strokes.json").write_bytes(text)
    with pytest.raises(EvalNetError, match=r"strokes\.json cannot be used"):
        evalnet.about("strokes", home)


def test_one_that_reads_worse_than_it_says_is_refused():
    told = dataclasses.replace(evalnet.load("mnist").about, accuracy=0.995, tested=1000)
    made = evalnet.TrainedEvalNet(told, EvalNet(told.shape, 10))
    labels = np.arange(1000) % 10

    def misread(count, images=1000):
        classes = labels[:images].copy()
        classes[:count] += 1
        made.check(classes, labels[:images])

    misread(0)
    misread(5)
    misread(7)
    with pytest.raises(EvalNetError, match=r"only 99\.20 % of 1,000 real images.*Make one"):
        misread(8)
    misread(3, images=300)  # as many as chance may give in some of the images
    with pytest.raises(EvalNetError, match=r"only 90\.00 % of 300"):
        misread(30, images=300)


# -- the shipped ones ------------------------------------------------------------------------------


def test_these_are_shipped():
    assert {path.stem for path in evalnet.HOME.glob("*.json")} == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_evaluator_is_good_small_and_unchanged(name):
    made = evalnet.load(name)
    assert made.about.accuracy >= 0.993
    assert made.about.tested == 10_000
    assert made.about.shape == registry.card("datasets", name).facts["SHAPE"]
    assert evalnet.path(name).stat().st_size < 1_500_000
    assert sum(p.numel() for p in made.net.parameters()) == pytest.approx(230_000, rel=0.05)
    assert evalnet.checksum(evalnet.path(name)) == made.about.sha256
    told = f"EvalNet-64 for {name} ({100 * made.about.accuracy:.2f} %, {made.about.sha256[:8]})"
    assert made.about.name == told


@pytest.mark.parametrize("name", SHIPPED)
def test_it_reads_its_reference_as_well_as_it_says(name):
    made = evalnet.load(name)
    real = reference.load(name, made).real
    assert real.features is not None
    right = made.classify(real.features) == real.labels
    assert len(right) == 10_000
    assert right.mean() == pytest.approx(made.about.accuracy, abs=1e-4)


def test_the_accuracy_on_mnist_is_the_one_that_is_told(monkeypatch):
    if registry.missing(registry.card("datasets", "mnist"), HERE):
        pytest.skip("no MNIST under $GAN_DATA")
    test = registry.load("datasets", "mnist").load(HERE).test
    made = evalnet.load("mnist")
    assert test is not None
    right = made.read(test.images)[1].argmax(1) == test.labels
    assert right.mean() == pytest.approx(made.about.accuracy, abs=2e-4)
