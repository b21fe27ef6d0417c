"""RngStreams: a function of (seed, purpose, update) and of nothing else."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from gan.rng import RngStreams


@given(st.integers(1, 40), st.integers(1, 60), st.integers(0, 2**31 - 1))
def test_an_epoch_shows_every_image_once(count, size, seed):
    rng = RngStreams(seed)
    needed = -(-3 * count // size)  # three epochs
    read = torch.cat([rng.batch(update, size, count) for update in range(needed)])
    for epoch in range(3):
        shown = read[epoch * count : (epoch + 1) * count]
        assert sorted(shown.tolist()) == list(range(count))


def test_epochs_differ_from_each_other_and_from_those_of_another_seed():
    one, other = RngStreams(0), RngStreams(1)
    assert not torch.equal(one.batch(0, 50, 50), one.batch(1, 50, 50))
    assert not torch.equal(one.batch(0, 50, 50), other.batch(0, 50, 50))


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12))
def test_a_batch_does_not_depend_on_what_was_drawn_before(updates):
    fresh, used = RngStreams(3), RngStreams(3)
    for update in updates:
        used.z("z for D", update, 2, 2)
        drawn = used.batch(update, 7, 10)
    assert torch.equal(drawn, fresh.batch(updates[-1], 7, 10))


def test_a_draw_is_named_by_seed_purpose_and_update():
    names = [(0, "z for D", 0), (1, "z for D", 0), (0, "z for G", 0), (0, "z for D", 1)]
    drawn = [RngStreams(seed).z(purpose, update, 2, 3) for seed, purpose, update in names]
    assert all(not torch.equal(drawn[0], other) for other in drawn[1:])
    assert len({RngStreams(s)._key(p, u) for s in (1, 11) for p in ("a", "1/a") for u in (1, 11)}) == 8
    again = RngStreams(0)
    again.z("anything", 5, 100, 3)
    assert torch.equal(again.z("z for D", 0, 2, 3), drawn[0])


def test_noise_is_standard_normal():
    z = RngStreams(0).z("z for D", 0, 1000, 20)
    assert z.shape == (1000, 20)
    assert z.dtype == torch.float32
    assert abs(float(z.mean())) < 0.03
    assert abs(float(z.std()) - 1) < 0.03


def test_the_global_generator_is_neither_read_nor_moved():
    before = torch.get_rng_state()
    one = RngStreams(0).z("z for D", 0, 4, 4)
    RngStreams(0).batch(0, 4, 10)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(123)
    assert torch.equal(RngStreams(0).z("z for D", 0, 4, 4), one)
    torch.set_rng_state(before)
