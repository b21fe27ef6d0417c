"""Modes of stacked digits, by hand and in a small world of strokes."""

from __future__ import annotations

import numpy as np
import pytest

from gan import metrics
from gan.config import RunConfig
from gan.datasets import Data, _stacked, mnist
from gan.evaluation import reference
from gan.metrics import Features, MetricInputs, NotMeant, modes
from tests import digits

SOME = 400


@pytest.fixture(scope="module")
def stacked(world):
    """Stacks of the world's strokes, and the reference of such data."""
    data = _stacked.stack(world.data, 0, _stacked.stack(world.data.test, 1))
    return data, reference.of(RunConfig(dataset="stacked-strokes"), data)


def test_a_mode_is_the_number_that_the_digits_write():
    assert modes.codes(np.array([[0, 0, 7], [9, 1, 0], [9, 9, 9]]), 10).tolist() == [7, 910, 999]
    assert modes.codes(np.array([[1, 2, 1]]), 3).tolist() == [16]


def test_the_expected_shares_are_products_of_those_of_each_colour():
    shares = modes.prior(np.array([[0, 0, 1], [0, 1, 1], [1, 1, 1], [0, 1, 1]]), 2)
    assert shares == pytest.approx([0, 3 / 16, 0, 9 / 16, 0, 1 / 16, 0, 3 / 16])  # of 000, 001, ... 111
    assert shares.sum() == pytest.approx(1)


def test_counts_against_hand_computed_ones():
    found = modes.counted(np.array([0, 0, 0, 5]), np.full(8, 1 / 8))
    assert found["modes"] == 2
    assert found["modes_kl"] == pytest.approx(0.75 * np.log(6) + 0.25 * np.log(2))
    assert modes.expected(np.array([0.5, 0.5]), 2) == pytest.approx(1.5)


def test_26_000_draws_of_equal_law_have_all_modes_and_the_known_divergence():
    """999 / 52,000; the digits of MNIST are uneven, which costs 0.004 more when compared with equal shares."""
    rng = np.random.default_rng(0)
    counts = np.array([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])  # of MNIST's training digits
    labels = np.repeat(np.arange(10), counts)
    data = _stacked.stack(Data(np.zeros((len(labels), 1, 1, 1), np.uint8), labels, mnist.NAMES), 0)
    assert data.factors is not None
    triples = np.stack([*data.factors.values()], 1)
    some = modes.codes(triples[rng.permutation(len(triples))[: modes.N_IMAGES]], 10)
    own = modes.counted(some, modes.prior(triples, 10))
    equal = modes.counted(some, np.full(1000, 1e-3))
    assert own["modes"] == 1000
    assert own["modes_kl"] == pytest.approx(0.0192, abs=0.001)
    assert equal["modes_kl"] - own["modes_kl"] == pytest.approx(0.0043, abs=0.001)
    assert modes.expected(modes.prior(triples, 10), modes.N_IMAGES) == pytest.approx(1000, abs=0.01)


def test_real_stacks_are_read_as_what_they_are(stacked):
    data, ruler = stacked
    seen = ruler.extract(data.test.images[:SOME])
    truth = modes.codes(np.stack([*data.test.factors.values()], 1)[:SOME], 10)
    found = modes.measure(MetricInputs(seen, ruler.real))
    assert (modes.codes(seen.channels.argmax(2), 10) == truth).mean() > 0.98
    assert found["modes"] == pytest.approx(len(np.unique(truth)), abs=4)
    assert found["modes"] == pytest.approx(modes.expected(ruler.real.modes, SOME), abs=30)
    assert 0.9 * found["modes"] < found["modes_sure"] <= found["modes"]


def test_a_collapse_and_a_blot_are_told_from_the_real_thing(stacked):
    data, ruler = stacked
    same = modes.measure(MetricInputs(ruler.extract(data.images[:2].repeat(50, 0)), ruler.real))
    assert same["modes"] == 2
    assert same["modes_kl"] > 5
    grey = modes.measure(MetricInputs(ruler.extract(np.full((50, 3, 28, 28), 100, np.uint8)), ruler.real))
    assert grey["modes"] == 1
    assert grey["modes_sure"] <= 1


def test_the_scores_of_a_stack_have_modes_and_what_real_ones_have(stacked):
    data, ruler = stacked
    inputs = MetricInputs(ruler.extract(digits.noisy(data.test.images[:SOME], 3)), ruler.real)
    scores = {key: value for _, some, _ in metrics.measure(inputs) for key, value in some.items()}
    assert {"modes", "modes_sure", "modes_kl", "fd_pca", "diversity", "sharpness"} <= scores.keys()
    assert ruler.real_baseline["modes"] > 900, "3,000 stacks"
    assert ruler.real_baseline["modes_kl"] == pytest.approx(999 / 6000, abs=0.03)
    assert "modes_sure" not in ruler.real_baseline, "real ones are counted by their labels"


def test_other_data_have_no_modes_and_nothing_is_said_of_it(world):
    inputs = world.evidence(world.data.images[:200])
    with pytest.raises(NotMeant):
        modes.measure(inputs)
    assert "modes" not in [name for name, _, _ in metrics.measure(inputs)]
    assert Features(world.data.images[:1], np.zeros((1, 64), np.float32)).channels is None
