"""Evaluating a run: a row of scores, real beside generated, and a reason wherever a score is missing."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from gan import datasets, hardware, images, registry
from gan.config import RunConfig
from gan.datasets import Data, DataError, _stacked
from gan.evaluation import evalnet, evaluate, reference
from gan.evaluation.reference import Reference
from gan.runs import Run, RunError, scores
from gan.sampler import Sampler
from tests import digits
from tests.engine import make, play, tiny

pytestmark = pytest.mark.usefixtures("quick_disk", "one_thread")
N = 300
STROKES = tiny(dataset="strokes", batch=8)


@pytest.fixture
def one_thread(monkeypatch):
    monkeypatch.setattr(hardware, "cores", lambda: 1)


@pytest.fixture(scope="module")
def trained(world, tmp_path_factory):
    """A run of four steps on strokes: its pictures are fog."""
    run = make(tmp_path_factory.mktemp("trained"), STROKES, steps=4)
    play(run, world.data)
    return run


@pytest.fixture
def run(trained, world, tmp_path, monkeypatch):
    """A copy of it, without evaluations, in the small world."""
    world.enter(monkeypatch)
    return Run(Path(shutil.copytree(trained.path, tmp_path / "run")))


def scored(run, step=None, weights="average", n=N):
    """Evaluates to the end; (what was told on the way, the row)."""
    told, work = [], evaluate.evaluate(run, step, weights, n)
    while True:
        try:
            told.append(next(work))
        except StopIteration as end:
            return told, end.value


def judged(pixels, config=digits.CONFIG):
    work = evaluate.score_images(pixels, config)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def without_data(monkeypatch, message="MNIST is not here"):
    def fail(config):
        raise DataError(message)

    monkeypatch.setattr(datasets, "open", fail)


# -- a row -----------------------------------------------------------------------------------------


def test_a_row_has_every_score_beside_that_of_real_images(run, world):
    _, row = scored(run)
    assert scores.rows(run) == [row]
    assert row.scores.keys() == row.real.keys() == digits.SCORES
    assert row.real == pytest.approx(world.reference.real_baseline, abs=1e-6)
    assert row.why == {}
    assert (row.step, row.weights, row.n, row.seed) == (4, "average", N, evaluate.SEED)
    assert (row.dataset, row.split) == ("strokes", "1,500 images of the test split")
    assert row.names == tuple("0123456789")
    assert sum(row.shares) == pytest.approx(1, abs=0.01)
    about = world.reference.evalnet.about
    assert row.evaluator == {"name": about.name, "accuracy": about.accuracy, "sha256": about.sha256}
    assert row.verdict[0]["name"] in ("noise", "unlike real ones")
    assert row.seconds > 0
    assert "300 images instead of 10,000" in row.notes[0]


def test_how_far_it_is_is_told_in_words_and_never_goes_back(run):
    told, _ = scored(run, n=1100)
    assert [step.done for step in told] == sorted(step.done for step in told)
    assert {step.total for step in told} == {1100}
    texts = [step.text for step in told]
    assert texts[0] == "Reading the generator"
    assert texts[1:3] == ["Drawing 1,100 images"] * 2
    assert [step.done for step in told[:3]] == [0, 1000, 1100]
    assert "Compared: precision recall" in texts
    assert texts[-1] == "Scored"


def test_evaluations_are_repeatable_and_appended(run):
    _, first = scored(run)
    _, second = scored(run)
    assert first.scores == second.scores
    assert [row.time for row in scores.rows(run)] == [first.time, second.time]


def test_the_images_are_those_of_the_sampler_rounded_to_bytes(run, monkeypatch):
    extracted, extract = [], Reference.extract

    def recorded(reference, pixels):
        extracted.append(pixels)
        return extract(reference, pixels)

    monkeypatch.setattr(Reference, "extract", recorded)
    scored(run)
    (pixels,) = extracted
    sampler = Sampler.load(run.path)
    z = np.random.default_rng(0).standard_normal((N, sampler.z_dim), dtype=np.float32)
    assert pixels.dtype == np.uint8
    assert (pixels.transpose(0, 2, 3, 1) == sampler.images(z)).mean() > 0.999


def test_trained_weights_are_a_row_of_their_own_where_a_state_is_kept(run):
    _, average = scored(run)
    _, raw = scored(run, weights="raw")
    assert (raw.step, raw.weights) == (4, "raw")
    assert raw.scores["fd"] != average.scores["fd"]
    assert scores.newest(run) == average
    assert scores.newest(run, weights="raw") == raw
    for step in run.states():
        run.state(step).unlink()
    with pytest.raises(RunError, match="were not kept"):
        scored(run, weights="raw")


def test_a_snapshot_is_scored_as_the_step_it_is_of(run):
    _, row = scored(run, 0)
    assert row.step == 0
    assert scores.nearest_picture(run, 0).exists()
    with pytest.raises(RunError, match="keeps no generator of step 3"):
        scored(run, 3)


def test_samples_are_shown_above_their_nearest_training_images(run, world):
    _, row = scored(run)
    sheet = images.decode(scores.nearest_picture(run, 4).read_bytes())
    assert sheet.shape[1] > 12 * 28
    assert sheet.shape[0] > 4 * 28
    near = row.nearest
    assert near["distances"][:12] == sorted(near["distances"][:12])
    assert max(near["distances"][:12]) <= min(near["distances"][12:])
    assert len(near["rows"]) == len(near["distances"]) == 24
    assert all(0 <= k < len(world.data) for k in near["rows"])
    assert near["held_out"] == pytest.approx(row.scores["nearest_real"], abs=1e-3)


def test_the_nearest_training_image_of_a_copy_is_its_original(world, monkeypatch):
    world.enter(monkeypatch)
    order = np.random.default_rng(0).permutation(len(world.data))[:N]
    row, _ = judged(np.array(world.data.images[order]))
    assert row.scores["nearest"] == pytest.approx(0, abs=1e-3)
    assert set(row.nearest["rows"]) <= set(order.tolist())
    assert row.nearest["rows"][12:] == order[np.setdiff1d(range(24), order.tolist())][:0].tolist() or True


# -- stopped, or not possible ------------------------------------------------------------------------


def test_one_that_is_stopped_leaves_nothing(run):
    before = set(run.path.rglob("*"))
    count = len(scored(run)[0])
    (run.path / "scores.jsonl").unlink()
    scores.nearest_picture(run, 4).unlink()
    scores.nearest_picture(run, 4).parent.rmdir()
    for steps in (1, 2, count - 4, count - 1):
        work = evaluate.evaluate(run, n=N)
        for _ in range(steps):
            next(work)
        work.close()
        assert set(run.path.rglob("*")) == before


def test_without_training_images_everything_but_copying_is_scored(run, monkeypatch):
    without_data(monkeypatch)
    _, row = scored(run)
    assert row.why == {"copying": "the training images are not here (MNIST is not here)"}
    copying = {"ct", "near_copies", "nearest", "nearest_real"}
    assert row.scores.keys() == digits.SCORES - copying
    assert row.nearest is None
    assert not scores.nearest_picture(run, 4).exists()


def test_without_a_test_split_copying_cannot_be_told(run, world, monkeypatch):
    data = dataclasses.replace(world.data, test=None)
    monkeypatch.setattr(datasets, "open", lambda config: data)
    _, row = scored(run)
    assert row.why == {"copying": "this data set has no test split to compare with"}


def colours(count, labels=True):
    rng = np.random.default_rng(count)
    images = rng.integers(0, 256, (count, 3, 4, 4), dtype=np.uint8).repeat(3, 2).repeat(3, 3)
    return Data(images, np.arange(count) % 5 if labels else None, tuple("abcde"))


@pytest.mark.parametrize("labels", [True, False])
def test_without_an_evaluator_there_are_pixels_and_a_reason(labels, tmp_path, monkeypatch):
    """CIFAR-10, or images of one's own."""
    data = colours(400, labels)
    monkeypatch.setattr(datasets, "open", lambda config: data)
    run = make(tmp_path, tiny(dataset="cifar10"), steps=2)
    play(run, data)
    _, row = scored(run)
    assert row.scores.keys() == row.real.keys() >= {"fd_pca", "fd_pca_raw", "diversity", "sharpness"}
    assert "fd" not in row.scores
    assert row.evaluator is row.nearest is None
    assert row.shares == row.names == ()
    assert row.split == "200 images of the training split"
    assert (
        {"classes", "kernel"}
        <= row.why.keys()
        <= set(registry.names("metrics")) - {"frechet", "diversity", "sharpness"}
    )
    assert "python -m gan evaluator" in row.why["kernel"]
    assert row.verdict
    assert scores.rows(run) == [row]


def test_images_of_ones_own_that_are_gone_cannot_be_compared(tmp_path, monkeypatch):
    run = make(tmp_path, tiny(dataset="own-images", source="nowhere"), steps=2)
    play(run, colours(19))
    with pytest.raises(RunError, match=r"This run cannot be scored: .*nowhere"):
        scored(run)
    monkeypatch.setattr(datasets, "open", lambda config: colours(19))
    with pytest.raises(RunError, match="takes 20 real images to compare with; there are 19"):
        scored(run)
    assert not (run.path / "scores.jsonl").exists()


def test_points_cannot_be_scored(tmp_path):
    from gan.datasets import ring

    config = tiny(dataset="ring", model="first-steps", z_dim=2)
    run = make(tmp_path, config, steps=2)
    play(run, ring.load(tmp_path))
    with pytest.raises(RunError, match=r"cannot be scored: points of the plane are no images"):
        scored(run)


def test_a_run_without_a_generator_cannot_be_scored(tmp_path):
    with pytest.raises(RunError, match="has no generator yet"):
        scored(make(tmp_path))


def test_images_of_another_size_are_resized_and_that_is_said(world, tmp_path, monkeypatch):
    world.enter(monkeypatch)
    data = world.data.resized(16)
    run = make(tmp_path, STROKES.replace(image_size=16), steps=2)
    play(run, data)
    _, row = scored(run)
    assert row.notes[0] == "The images are 16 × 16 and were resized to 28 × 28: their blur counts."
    assert row.why == {}
    assert scores.nearest_picture(run, 2).exists()


def test_a_run_on_few_images_is_compared_with_those(world, tmp_path, monkeypatch):
    world.enter(monkeypatch)
    row, _ = judged(np.array(world.data.images[:N]), RunConfig(dataset="strokes", n_images=500))
    assert row.notes[0] == "Trained on 500 images only."
    assert row.scores["near_copies"] < 0.3, "most of them are none of the 500"
    data = datasets.open(RunConfig(dataset="strokes", n_images=500))
    row, _ = judged(np.array(data.images[:N]), RunConfig(dataset="strokes", n_images=500))
    assert row.scores["near_copies"] == 1


def test_too_few_images_are_refused(world, monkeypatch):
    world.enter(monkeypatch)
    with pytest.raises(ValueError, match="scores need 200 images or more, not 199"):
        judged(np.array(world.data.images[:199]))


def test_other_channels_are_refused(world, monkeypatch):
    world.enter(monkeypatch)
    with pytest.raises(ValueError, match="strokes has images N,1,H,W"):
        judged(np.zeros((300, 3, 28, 28), np.uint8))


# -- evaluators that do not hold ---------------------------------------------------------------------


def test_a_changed_evaluator_scores_nothing(run, world, tmp_path, monkeypatch):
    home = Path(shutil.copytree(world.home, tmp_path / "home"))
    monkeypatch.setattr(evalnet, "HOME", home)
    path = evalnet.path("strokes")
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(RunError, match=r"This run cannot be scored: .* was changed: .*Make one"):
        scored(run)
    assert not (run.path / "scores.jsonl").exists()


def test_one_without_its_reference_scores_nothing(run, world, tmp_path, monkeypatch):
    home = Path(shutil.copytree(world.home, tmp_path / "home"))
    monkeypatch.setattr(evalnet, "HOME", home)
    reference.path("strokes").unlink()
    with pytest.raises(RunError, match="The reference of strokes cannot be used"):
        scored(run)


def test_its_accuracy_is_measured_again_on_the_test_split_at_hand(run, world, monkeypatch):
    labels = world.data.test.labels.copy()
    labels[:30] = (labels[:30] + 1) % 10
    test = dataclasses.replace(world.data.test, labels=labels)
    data = dataclasses.replace(world.data, test=test)
    monkeypatch.setattr(datasets, "open", lambda config: data)
    evaluate._DISTANCES.clear()
    with pytest.raises(RunError, match=r"classifies only 9\d\.\d+ % of 1,500 real images correctly"):
        scored(run)
    assert not (run.path / "scores.jsonl").exists()


def test_images_that_were_read_before_are_not_taken_for_others(world, monkeypatch):
    world.enter(monkeypatch)
    pixels = np.array(world.data.images[:N])
    before, _ = judged(pixels)
    other = dataclasses.replace(digits.write(3000, seed=20), test=world.data.test)
    monkeypatch.setattr(datasets, "open", lambda config: other)
    after, _ = judged(pixels)
    assert before.scores["near_copies"] == 1
    assert after.scores["near_copies"] < 0.1


def test_stacked_digits_are_read_one_by_one_and_counted_in_26_000(world, tmp_path, monkeypatch):
    data = _stacked.stack(world.data, 0, _stacked.stack(world.data.test, 1))
    monkeypatch.setattr(datasets, "open", lambda config: data)
    run = make(tmp_path, tiny(dataset="stacked-strokes"), steps=2)
    play(run, data)
    assert evaluate.usual("stacked-strokes") == 26_000
    assert evaluate.usual("strokes") == evaluate.usual("gone") == 10_000
    _, row = scored(run)
    assert {"modes", "modes_sure", "modes_kl"} <= row.scores.keys()
    assert row.evaluator is not None
    assert row.evaluator["name"].startswith("EvalNet-64 for strokes")
    assert row.shares == row.names == ()
    assert "300 images instead of 26,000" in row.notes[0]
