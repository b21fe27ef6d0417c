"""Findings by name: known faults, in several strengths, are called what they are, and new real images pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan import metrics
from gan.diagnostics.findings import findings_of
from gan.evaluation import evaluate
from tests import digits

FLOOR = {
    "precision": 0.88,
    "recall": 0.88,
    "density": 1.0,
    "coverage": 0.97,
    "diversity": 1.0,
    "sharpness": 1.0,
    "kl": 0.0,
    "effective_classes": 10.0,
    "ct": 0.0,
    "near_copies": 0.01,
    "fd": 0.5,
    "fd_raw": 3.0,
    "fd_pca": 0.1,
    "fd_pca_raw": 0.5,
}
NAMES = tuple("0123456789")
PRIOR = np.full(10, 0.1)
FINDINGS = {
    "noise",
    "copies",
    "unlike real ones",
    "one class only",
    "missing classes",
    "blurred",
    "grainy",
    "little variety",
    "uneven classes",
    "close to training images",
    "partly unlike real ones",
    "less variety",
    "no fault found",
}


def found(shares: Any = PRIOR, floor=FLOOR, prior=PRIOR, **changes) -> list[str]:
    """The names of what is found in scores like those of real images, but for the changes."""
    return [f["name"] for f in findings_of({**FLOOR, **changes}, floor, shares, NAMES, prior)]


def only(*digits: int) -> Any:
    shares = np.zeros(10)
    shares[list(digits)] = 1 / len(digits)
    return shares


# -- the rules -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ["no fault found"]),
        ({"near_copies": 0.06}, ["copies"]),
        ({"near_copies": 0.04}, ["no fault found"]),
        ({"ct": -3.5}, ["close to training images"]),
        ({"ct": 40.0}, ["no fault found"]),
        ({"precision": 0.0, "sharpness": 9.4}, ["noise", "unlike real ones"]),
        ({"precision": 0.0, "sharpness": 9.4, "shares": only(8)}, ["noise", "unlike real ones"]),
        ({"precision": 0.0, "shares": only(8)}, ["unlike real ones"]),
        ({"precision": 0.6, "sharpness": 5.5}, ["noise"]),
        ({"precision": 0.6, "sharpness": 3.0}, ["grainy"]),
        ({"sharpness": 1.35}, ["grainy"]),
        ({"sharpness": 0.6}, ["blurred"]),
        ({"sharpness": 0.76, "shares": only(1)}, ["one class only"]),
        ({"shares": only(2, 3), "recall": 0.05}, ["missing classes"]),
        ({"kl": 0.2, "sharpness": 0.1}, ["blurred", "uneven classes"]),
        ({"shares": only(*range(9))}, ["missing classes"]),
        ({"shares": [0.018, *[0.982 / 9] * 9]}, ["uneven classes"]),
        ({"kl": 0.11}, ["uneven classes"]),
        ({"kl": 0.11, "prior": None}, ["no fault found"]),
        ({"diversity": 0.4}, ["little variety"]),
        ({"recall": 0.05}, ["little variety"]),
        ({"recall": 0.05, "precision": 0.3}, ["unlike real ones"]),
        ({"diversity": 0.7}, ["less variety"]),
        ({"recall": 0.5}, ["less variety"]),
        ({"precision": 0.4}, ["unlike real ones"]),
        ({"precision": 0.7}, ["partly unlike real ones"]),
        ({"fd": 9.0, "fd_raw": 11.5}, ["partly unlike real ones"]),
        ({"fd": 7.0, "fd_raw": 9.5}, ["no fault found"]),
        ({"fd_pca": 1.9, "fd_pca_raw": 2.3}, ["partly unlike real ones"]),
        ({"fd_pca": 1.9, "fd_pca_raw": 2.3, "precision": 1.0}, ["no fault found"]),  # real ones, but neater
        ({"fd_pca": 2.7, "fd_pca_raw": 3.1, "precision": 1.0}, ["partly unlike real ones"]),
        ({"near_copies": 0.5, "shares": only(1), "diversity": 0.1}, ["copies", "one class only", "little variety"]),
    ],
)
def test_a_rule(changes, names):
    assert found(**changes) == names


def test_what_is_found_is_told_in_numbers():
    (copies,) = findings_of({**FLOOR, "near_copies": 0.4, "ct": -12.3}, FLOOR)
    assert copies["level"] == "bad"
    assert "40 % of the images are nearly identical to a training image" in copies["text"]
    assert "C_T -12.3" in copies["text"]
    (one,) = findings_of(FLOOR, FLOOR, only(3), NAMES, PRIOR)
    assert "classified as “3”" in one["text"]
    (missing,) = findings_of(FLOOR, FLOOR, only(0, 1, 2, 3, 4, 5, 6, 8), NAMES, PRIOR)
    assert missing["text"] == "Missing (under 1 %): 7, 9."
    (fine,) = findings_of(FLOOR, FLOOR, PRIOR.tolist(), NAMES, PRIOR)
    assert fine["level"] == "good"
    assert "not a proof" in fine["text"]


def test_a_class_that_is_rare_in_the_training_images_may_be_rare():
    prior = np.array([0.004, *[0.996 / 9] * 9])
    assert found(prior=prior, shares=prior) == ["no fault found"]
    assert found(prior=prior, shares=[0, *[1 / 9] * 9]) == ["missing classes"]


def test_without_an_evaluator_pixels_alone_are_judged():
    pixels = {key: FLOOR[key] for key in ("fd_pca", "fd_pca_raw", "diversity", "sharpness")}
    assert [f["name"] for f in findings_of(pixels, pixels)] == ["no fault found"]
    assert [f["name"] for f in findings_of({**pixels, "sharpness": 9.0}, pixels)] == ["noise"]
    assert [f["name"] for f in findings_of({**pixels, "sharpness": 0.2}, pixels)] == ["blurred"]


@pytest.mark.parametrize(
    ("changes", "names"),
    [({}, "no fault found"), ({"modes": 940.0}, "lost modes"), ({"modes": 980.0, "modes_kl": 0.6}, "uneven modes")],
)
def test_modes_of_stacked_digits_are_judged_by_those_of_real_ones(changes, names):
    pixels = {key: FLOOR[key] for key in ("fd_pca", "fd_pca_raw", "diversity", "sharpness")}
    real = {**pixels, "modes": 1000.0, "modes_kl": 0.019}
    (finding,) = findings_of({**real, "modes_kl": 0.1, **changes}, real)
    assert finding["name"] == names
    if names == "lost modes":
        assert finding["text"] == "Of 1,000 different numbers in real images 940 are drawn."


@given(
    st.dictionaries(st.sampled_from(sorted(FLOOR)), st.floats(0, 1e6)),
    st.dictionaries(st.sampled_from(sorted(FLOOR)), st.floats(0, 1e6)),
    st.lists(st.floats(0, 1), min_size=10, max_size=10),
)
def test_whatever_the_scores_are_something_is_said(scores, floor, shares):
    """Of scores as measures give them: a measure has all of its own, or none."""
    for key in ("fd", "fd_pca"):
        scores |= {f"{key}_raw": scores[key] + 1} if key in scores else {}
    scores |= {"ct": -9.0} if "near_copies" in scores else {}
    told = [*findings_of(scores, floor, shares, NAMES, PRIOR)]
    assert told
    assert {finding["name"] for finding in told} <= FINDINGS
    assert len({finding["name"] for finding in told}) == len(told)
    assert all(finding["level"] in ("good", "warn", "bad") for finding in told)
    assert all(finding["text"].endswith(".") for finding in told)


# -- images with a known fault, judged as the command line judges them --------------------------------


@pytest.fixture(scope="module")
def fresh():
    return digits.write(800, seed=7)


@pytest.fixture(scope="module")
def many():
    return digits.write(4000, seed=8)


@pytest.fixture
def said(world, monkeypatch):
    """Judges images; the names of the findings."""
    world.enter(monkeypatch)

    def say(images):
        work = evaluate.score_images(np.ascontiguousarray(images, np.uint8), digits.CONFIG)
        while True:
            try:
                next(work)
            except StopIteration as end:
                return [finding["name"] for finding in end.value[0].verdict]

    return say


@pytest.mark.parametrize("seed", [7, 11, 12])
@pytest.mark.parametrize("count", [200, 1500])
def test_new_real_images_pass(seed, count, said):
    assert said(digits.write(count, seed).images) == ["no fault found"]


def test_the_held_out_images_pass(said, world):
    assert said(world.data.test.images) == ["no fault found"]


@pytest.mark.parametrize("share", [1, 0.5, 0.1])
@pytest.mark.parametrize("noise", [0, 3])
def test_copies_are_found(share, noise, said, fresh, world):
    copied = digits.noisy(world.data.images[: int(800 * share)], noise)
    assert said(np.concatenate([copied, fresh.images[len(copied) :]])) == ["copies"]


def test_a_few_copied_again_and_again_are_found(said, world):
    assert said(np.repeat(world.data.images[:20], 30, 0))[0] == "copies"


@pytest.mark.parametrize(
    ("classes", "name"),
    [([1], "one class only"), ([8], "one class only"), ([2, 3], "missing classes"), (range(9), "missing classes")],
)
def test_missing_classes_are_found(classes, name, said, many):
    assert said(digits.only(many, *classes)[:800]) == [name]


def test_many_more_ones_than_others_are_found(said, many, fresh):
    assert said(np.concatenate([fresh.images[:400], digits.only(many, 1)])) == ["uneven classes"]


@pytest.mark.parametrize("sigma", [0.5, 0.7, 1, 1.5, 2.5, 4])
def test_blur_is_found(sigma, said, fresh):
    names = said(digits.blurred(fresh.images, sigma))
    assert "blurred" in names
    assert names[0] == ("blurred" if sigma < 2 else "unlike real ones")


def test_one_blurred_class_has_both_faults(said, many):
    assert said(digits.blurred(digits.only(many, 1), 1))[:2] == ["one class only", "blurred"]


NOISES = {
    "uniform": lambda rng, real: rng.integers(0, 256, real.shape),
    "black and white": lambda rng, real: rng.integers(0, 2, real.shape) * 255,
    "sparse": lambda rng, real: (rng.random(real.shape) < 0.13) * 255,
    "grey": lambda rng, real: digits.noisy(np.full(real.shape, 128), 30),
    "shuffled pixels": lambda rng, real: rng.permuted(real.reshape(len(real), -1), axis=1).reshape(real.shape),
    "salt and pepper": lambda rng, real: digits.speckled(real, 0.5),
    "over digits": lambda rng, real: digits.noisy(real, 80),
}


@pytest.mark.parametrize("kind", NOISES)
def test_noise_is_found(kind, said, fresh):
    names = said(NOISES[kind](np.random.default_rng(0), fresh.images))
    assert names == ["noise", "unlike real ones"]


@pytest.mark.parametrize("share", [0.01, 0.02])
def test_grain_is_found(share, said, fresh):
    assert said(digits.speckled(fresh.images, share)) == ["grainy"]


def test_jagged_edges_are_found(said, fresh):
    assert said((fresh.images > 127) * 255) == ["grainy"]


@pytest.mark.parametrize("kind", ["inverted", "black", "white", "smooth"])
def test_what_is_no_digit_is_not_called_a_class(kind, said, fresh):
    images = {
        "inverted": 255 - fresh.images,
        "black": 0 * fresh.images,
        "white": 0 * fresh.images + 255,
        "smooth": digits.blurred(NOISES["uniform"](np.random.default_rng(0), fresh.images), 2),
    }[kind]
    names = said(images)
    assert names[0] == "unlike real ones"
    assert not set(names) & {"one class only", "missing classes", "noise", "copies"}


def test_one_picture_a_class_is_found(said, fresh):
    first = [np.flatnonzero(fresh.labels == k)[0] for k in range(10)]
    assert said(np.repeat(fresh.images[first], 60, 0)) == ["little variety"]


@pytest.mark.parametrize("by", [0.5, 0.7, 1])
def test_images_like_the_mean_of_their_class_are_found(by, said, fresh):
    assert {"blurred", "little variety"} <= set(said(digits.shrunk(fresh, by)))


def test_pale_images_are_not_called_blurred(said, fresh):
    names = said(fresh.images * 0.7)
    assert names != ["no fault found"]
    assert not set(names) & {"blurred", "grainy", "noise"}


def test_the_names_of_scores_in_the_rules_are_those_of_measures():
    assert FLOOR.keys() <= metrics.catalogue().keys()
