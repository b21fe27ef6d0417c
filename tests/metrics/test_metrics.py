"""Every measure in the folder: it keeps to the contract, stands still for new real images, and moves for a fault."""

from __future__ import annotations

from math import inf, isfinite
from typing import Any

import numpy as np
import pytest

from gan import metrics, registry
from gan.metrics import Features, MetricInputs, Moments, Real, TrainDistances, Unavailable
from tests import digits

NAMES = digits.measures()
SHARE = (0.0, 1.0)
RANGES = {  # what the docstrings say
    "classes": (0, 10),
    "effective_classes": (1, 10),
    "kl": (0, inf),
    "classifier_score": (1, 10),
    "ct": (-100, 100),
    "near_copies": SHARE,
    "nearest": (0, inf),
    "nearest_real": (0, inf),
    "density": (0, inf),
    "coverage": SHARE,
    "precision": SHARE,
    "recall": SHARE,
    "diversity": (0, 3),
    "fd_raw": (0, inf),
    "fd_pca_raw": (0, inf),
    "sharpness": (0, inf),
}
DESCRIBE = {"nearest_real"}  # tells of the data alone


@pytest.fixture(scope="module")
def scored(world):
    """What each measure finds in new real images, three times, and in spoiled ones."""
    fresh = [digits.write(1000, seed).images for seed in (7, 8, 9)]
    train = np.array(world.data.images)
    kinds = {
        "copies": train[:1000],
        "ones": digits.only(digits.write(4000, 10), 1),
        "blurred": digits.blurred(fresh[0], 1.5),
        "noise": np.random.default_rng(0).integers(0, 256, (500, 1, 28, 28), dtype=np.uint8),
        "repeated": np.repeat(fresh[0][:10], 50, 0),
    }
    told = {f"fresh {k}": images for k, images in enumerate(fresh)} | kinds
    return {kind: {name: s for name, s, _ in metrics.measure(world.evidence(images))} for kind, images in told.items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_measure_tells_what_its_card_promises(name, scored):
    card = registry.card("metrics", name)
    labels = card.facts["SCORES"]
    assert card.text
    for key in labels:
        assert metrics.catalogue()[key].label
        assert metrics.catalogue()[key].better in ("lower", "higher", "one", "")
    for found in scored.values():
        assert found[name].keys() == labels.keys() <= metrics.catalogue().keys()
        for key, value in found[name].items():
            low, high = RANGES.get(key, (-inf, inf))
            assert isfinite(value), key
            assert low <= value <= high, key


@pytest.mark.parametrize("name", NAMES)
def test_new_real_images_score_like_real_ones_and_some_fault_shows(name, scored, world):
    """No score is shipped that takes a fault for chance."""
    for key in registry.card("metrics", name).facts["SCORES"].keys() - DESCRIBE:
        floor = world.reference.real_baseline[key]
        chance = max(abs(scored[f"fresh {k}"][name][key] - floor) for k in range(3))
        fault = max(abs(found[name][key] - floor) for kind, found in scored.items() if "fresh" not in kind)
        assert fault > 8 * chance, key


def test_no_two_measures_give_the_same_score():
    keys = [key for n in registry.names("metrics") for key in registry.card("metrics", n).facts["SCORES"]]
    assert len(keys) == len(set(keys)) == len(metrics.catalogue())


def test_a_measure_says_where_it_is_prominent():
    known = metrics.catalogue()
    assert metrics.prominent("report", known)[:3] == ["fd", "fd_pca", "precision"]
    assert metrics.prominent("compare", known)[-2:] == ["sharpness", "near_copies"]
    assert metrics.prominent("compare", ["near_copies", "kd", "fd"]) == ["fd", "near_copies"]
    for page in ("report", "compare"):
        places = [getattr(score, page) for score in known.values() if getattr(score, page) is not None]
        assert len(places) == len(set(places))


def evidence(n=300, **real) -> MetricInputs:
    """Of random images, with neither an evaluator nor training images."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (n, 1, 8, 8), dtype=np.uint8)
    components = rng.standard_normal((n, 64)).astype(np.float32)
    told: dict[str, Any] = {"spread": np.array([10.0]), "sharpness": 1.0, "split": "all"} | real
    return MetricInputs(Features(images, components), Real(Moments.of(components), **told))


@pytest.mark.parametrize("name", NAMES)
def test_without_an_evaluator_a_measure_says_why_or_makes_do_with_pixels(name):
    labels = registry.card("metrics", name).facts["SCORES"].keys()
    (found,) = [(s, why) for n, s, why in metrics.measure(evidence()) if n == name]
    scores, why = found
    assert scores.keys() <= labels
    assert scores or "no evaluator" in why
    assert scores or name not in ("frechet", "diversity", "sharpness")


def test_a_metric_that_fails_says_where_and_takes_nothing_along(plugins):
    text = (
        '"""Odd: it fails."""\n\nSCORES = {"odd": {"label": "Odd"}}\n\n\ndef measure(inputs):\n    return inputs.odd\n'
    )
    (plugins / "metrics" / "odd.py").write_text(text)
    found = {name: (scores, why) for name, scores, why in metrics.measure(evidence())}
    scores, why = found["odd"]
    assert scores == {}
    assert why.startswith("it failed with AttributeError: ")
    assert why.endswith("(metrics/odd.py, line 7)")
    assert found["frechet"][0]


def test_without_training_images_copying_says_so(world):
    seen = world.reference.extract(digits.write(300, 3).images)
    told = MetricInputs(seen, world.reference.real, None, "they are gone")
    assert {n: why for n, _, why in metrics.measure(told) if why} == {"copying": "they are gone"}


def test_too_few_of_every_class_to_test_copying(world):
    seen = world.reference.extract(world.data.images[:100])
    few = TrainDistances(world.reference.real.features, np.ones(30, np.float32), np.arange(30) % 10)
    why = {n: w for n, _, w in metrics.measure(MetricInputs(seen, world.reference.real, few))}["copying"]
    assert why == "no class has 20 images to test"


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_what_is_not_finite_is_left_out_and_said():
    """Flat real images have no edges: nothing can be as sharp as they are."""
    told = {n: (s, why) for n, s, why in metrics.measure(evidence(sharpness=np.float64(0)))}
    assert told["sharpness"] == ({}, "these images give it nothing to measure")


def test_evenly_spaced_rows_keep_their_order():
    rows = np.arange(1001)
    assert metrics.spaced(rows, 2000) is rows
    assert metrics.spaced(rows, 4).tolist() == [0, 250, 500, 750]
    assert len(metrics.spaced(rows, 1000)) == 1000


def test_what_is_needed_and_not_there_is_said():
    assert metrics.needed(0, "why") == 0
    with pytest.raises(Unavailable, match="why"):
        metrics.needed(None, "why")
