"""From pictures back to z: what the generator made is found again, what is not seen is left open."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from gan.config import RunConfig
from gan.datasets import Data
from gan.latents import inversion
from gan.latents.inversion import filled, invert, masked, shrunk, whole
from gan.models import build
from gan.sampler import Sampler
from tests.engine import make, pictures, play, points, tiny

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"
pytestmark = pytest.mark.usefixtures("quick_disk")


@pytest.fixture(scope="module")
def sampler() -> Sampler:
    return Sampler.load(CHECKPOINTS / "lean-mnist")


@pytest.fixture(scope="module")
def made(sampler) -> np.ndarray:
    """A picture of the generator, uint8 28,28,1."""
    return sampler.images(np.random.default_rng(4).standard_normal((1, sampler.z_dim)))[0]


def last(*args, **options):
    return list(invert(*args, **options))[-1]


def half(side: int = 28) -> np.ndarray:
    """Knows the left half."""
    known = np.zeros((side, side), bool)
    known[:, : side // 2] = True
    return known


def test_a_picture_of_the_generator_is_found_again(sampler, made):
    found = last(sampler, made)
    assert found.errors[0] < 0.01
    assert np.abs(found.images[0].astype(int) - made).mean() < 4
    assert found.errors[0] < 0.3 * last(sampler, made, steps=1).errors[0]  # so it was searched


def test_the_last_tick_has_the_best_first(sampler, made):
    found = last(sampler, made, restarts=5, steps=20)
    assert (found.step, found.steps) == (20, 20)
    assert found.z.shape == (5, sampler.z_dim)
    assert found.images.shape == (5, 28, 28, 1)
    assert found.images.dtype == np.uint8
    assert found.z.dtype == found.errors.dtype == np.float32
    assert (np.diff(found.errors) >= 0).all()
    assert found.classes is None


def test_errors_and_pictures_are_those_of_z(sampler, made):
    found = last(sampler, made, steps=20)
    assert np.abs(sampler.images(found.z).astype(int) - found.images).max() <= 1
    x, target = (p.astype(float) / 127.5 - 1 for p in (found.images, made))
    assert ((x - target) ** 2).mean((1, 2, 3)) == pytest.approx(found.errors, rel=0.02, abs=1e-4)


def test_z_stays_where_samples_are(sampler):
    """A picture no generator of digits can make pulls far out."""
    odd = np.random.default_rng(0).integers(0, 256, (28, 28, 1), dtype=np.uint8)
    lengths = np.linalg.norm(last(sampler, odd, restarts=3).z, axis=1)
    assert lengths.max() < sampler.z_dim**0.5 + 1.001
    assert lengths.max() > sampler.z_dim**0.5 + 0.9


def test_ticks_come_while_it_works(sampler, made, monkeypatch):
    monkeypatch.setattr(inversion, "TICK_SECONDS", 0.0)
    ticks = list(invert(sampler, made, restarts=3, steps=12, candidates=200))
    assert [tick.step for tick in ticks] == [0] * 4 + list(range(1, 13))  # 64 candidates at once
    assert all(len(tick.z) == len(tick.images) == len(tick.errors) == 3 for tick in ticks)
    best = [tick.errors.min() for tick in ticks]
    assert all(b <= a for a, b in pairwise(best[:4]))
    assert best[-1] < best[3]


def test_starts_are_the_nearest_of_many(sampler, made, monkeypatch):
    monkeypatch.setattr(inversion, "TICK_SECONDS", 0.0)
    first = next(iter(invert(sampler, made, restarts=2, candidates=64)))
    z = torch.randn(64, sampler.z_dim, generator=torch.Generator().manual_seed(0)).numpy()
    off = ((sampler.images(z).astype(float) - made) ** 2).mean((1, 2, 3))
    assert (first.z == z[np.argsort(off)[:2]]).all()


def test_more_candidates_start_better_than_the_first_ones(sampler, made):
    chosen = last(sampler, made, steps=1, restarts=4)
    first = last(sampler, made, steps=1, restarts=4, candidates=0)
    assert chosen.errors.mean() < first.errors.mean()


def test_one_seed_one_result(sampler, made):
    before = torch.get_rng_state()
    one, same = (last(sampler, made, steps=8, seed=3) for _ in range(2))
    assert (one.z == same.z).all()
    assert (one.images == same.images).all()
    assert (one.z != last(sampler, made, steps=8, seed=4).z).any()
    assert torch.equal(torch.get_rng_state(), before)


def test_the_clock_changes_nothing(sampler, made, monkeypatch):
    seldom = last(sampler, made, steps=8)
    monkeypatch.setattr(inversion, "TICK_SECONDS", 0.0)
    assert (last(sampler, made, steps=8).z == seldom.z).all()


def test_an_answer_does_not_depend_on_the_others(sampler, made):
    few = last(sampler, made, restarts=1, steps=8)
    many = last(sampler, made, restarts=6, steps=8)
    near = np.abs(many.z - few.z[0]).max(1)
    assert near.min() < 0.02


def test_the_sampler_stays_as_it_is(sampler, made):
    before = {k: v.clone() for k, v in sampler._G.state_dict().items()}
    last(sampler, made, masked(half()), steps=3)
    assert all(torch.equal(v, before[k]) for k, v in sampler._G.state_dict().items())
    assert all(p.grad is None and not p.requires_grad for p in sampler._G.parameters())


def test_closing_ends_it(sampler, made, monkeypatch):
    monkeypatch.setattr(inversion, "TICK_SECONDS", 0.0)
    ticks = invert(sampler, made, steps=10**6)
    for _ in range(12):
        tick = next(ticks)
    ticks.close()
    assert tick.step == 4
    assert list(ticks) == []


def test_nothing_stays_switched_between_ticks(sampler, made, monkeypatch):
    """Whoever takes ticks may compute in between, in any mode."""
    monkeypatch.setattr(inversion, "TICK_SECONDS", 0.0)
    ticks = invert(sampler, made, steps=3)
    with torch.no_grad():
        for _ in ticks:
            assert not torch.is_grad_enabled()
    for _ in invert(sampler, made, steps=3):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


def test_two_searches_at_once_do_not_meet(sampler, made):
    alone = last(sampler, made, steps=10)
    found = {}

    def search(seed):
        torch.set_num_threads(1)
        found[seed] = last(sampler, made, steps=10, seed=seed)

    threads = [threading.Thread(target=search, args=(seed,)) for seed in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0].z == pytest.approx(alone.z, abs=1e-3)
    assert (found[0].z != found[1].z).any()


def test_a_mask_hides_what_it_does_not_know(sampler, made):
    """Whatever stands in the hole, the answers are the same."""
    known = half()
    other = np.where(known[..., None], made, np.uint8(200))
    found = last(sampler, made, masked(known), steps=15)
    assert (last(sampler, other, masked(known), steps=15).z == found.z).all()
    x, target = (p.astype(float) / 127.5 - 1 for p in (found.images, made))
    off = ((x - target) ** 2)[:, known].mean((1, 2))
    assert off == pytest.approx(found.errors, rel=0.02, abs=1e-4)
    assert (last(sampler, made, masked(~known), steps=15).z != found.z).any()


def test_a_hole_has_several_answers(sampler, made):
    found = last(sampler, made, masked(half()))
    holes = found.images[:, :, 14:].astype(float)
    differ = [np.abs(a - b).mean() for k, a in enumerate(holes) for b in holes[:k]]
    assert np.median(differ) > 5


def test_what_fills_a_hole_is_ranked_by_what_the_answers_agree_on(sampler, made):
    by_error = last(sampler, made, masked(half(), spread=0), steps=20)
    ranked = last(sampler, made, masked(half(), spread=0.01), steps=20)
    assert (np.diff(by_error.errors) >= 0).all()
    assert (np.sort(ranked.errors) == by_error.errors).all()
    x = ranked.images.reshape(8, -1) / 127.5 - 1
    weights = np.exp(-ranked.errors / 0.01) / np.exp(-ranked.errors / 0.01).sum()
    cost = ((x[:, None] - x) ** 2).sum(2) @ weights
    assert (np.diff(cost) > -0.1).all()
    assert (ranked.errors != by_error.errors).any()


def test_what_is_known_stays_in_what_is_filled(made, sampler):
    answers = sampler.images(np.zeros((3, sampler.z_dim)))
    shown = filled(made, half(), answers)
    assert (shown[:, :, :14] == made[None, :, :14]).all()
    assert (shown[:, :, 14:] == answers[:, :, 14:]).all()


def test_a_small_picture_is_enlarged(sampler, made):
    found = last(sampler, made, shrunk(4))
    small = made.reshape(7, 4, 7, 4, 1).astype(float).mean((1, 3))
    again = found.images.reshape(-1, 7, 4, 7, 4, 1).astype(float).mean((2, 4))
    off = np.abs(again - small).mean((1, 2, 3))
    assert off[0] < 4
    assert ((off / 127.5) ** 2 <= found.errors + 1e-3).all()


def test_a_picture_may_come_as_it_is_seen(sampler, made):
    small = made.reshape(7, 4, 7, 4, 1).astype(float).mean((1, 3))
    found = last(sampler, np.rint(small).astype(np.uint8), shrunk(4), steps=20)
    assert found.errors == pytest.approx(last(sampler, made, shrunk(4), steps=20).errors, abs=3e-3)


def test_points_are_found_too(tmp_path):
    run = make(tmp_path, tiny(model="first-steps", z_dim=2), steps=2)
    play(run, points())
    sampler = Sampler.load(run.path)
    target = sampler.images(np.array([[0.5, -1.0]]))[0]
    assert last(sampler, target, steps=60).errors[0] < 1e-3


def test_colour_and_classes(tmp_path):
    data = Data(pictures(channels=3).images, np.arange(10) % 2, ("even", "odd"))
    run = make(tmp_path, tiny(conditional=True), steps=2)
    play(run, data)
    sampler = Sampler.load(run.path)
    found = last(sampler, data.images[0].transpose(1, 2, 0), masked(half(8)), restarts=6, steps=5)
    assert found.classes is not None
    again = sampler.images(found.z, found.classes)
    assert np.abs(again.astype(int) - found.images).max() <= 1


def test_a_broken_generator_breaks_nothing(tmp_path):
    """A run that has diverged has NaN for weights."""
    run = make(tmp_path, steps=1)
    play(run)
    sampler = Sampler.load(run.path)
    for p in sampler._G.parameters():
        p.fill_(float("nan"))
    found = last(sampler, pictures().images[0].transpose(1, 2, 0), steps=3, restarts=2)
    assert found.images.shape == (2, 8, 8, 1)
    assert np.isfinite(found.z).all()


@pytest.mark.parametrize(
    "odd",
    [
        np.zeros((28, 28), np.uint8),
        np.zeros((28, 28, 3), np.uint8),
        np.zeros((1, 28, 28, 1), np.uint8),
        np.zeros((28, 28, 1)),
        np.zeros((7, 7, 1), np.uint8),
    ],
)
def test_a_target_of_another_shape_is_refused(sampler, odd):
    with pytest.raises(ValueError, match=r"a target is uint8 28,28,1, not "):
        invert(sampler, odd)


def test_what_does_not_fit_is_refused_before_anything_is_searched(sampler, made):
    with pytest.raises(ValueError, match=r"knows a pixel at least"):
        masked(np.zeros((28, 28), bool))
    with pytest.raises(ValueError, match=r"a mask is H,W"):
        masked(np.ones((28, 28, 1), bool))
    with pytest.raises(ValueError, match=r"the mask is \(8, 8\), the pictures \(28, 28\)"):
        invert(sampler, made, masked(half(8)))
    with pytest.raises(ValueError, match=r"cannot be shrunk by 5"):
        invert(sampler, made, shrunk(5))
    with pytest.raises(ValueError, match=r"by 1 or more, not by 0"):
        shrunk(0)


def test_seeing_is_a_pure_function():
    x = torch.arange(64.0).reshape(1, 1, 8, 8)
    assert torch.equal(whole().of(x), x)
    assert shrunk(4).of(x)[0, 0, 0, 0] == x[0, 0, :4, :4].mean()
    assert torch.equal(masked(half(8)).of(x).flatten(), x[0, 0][:, :4].flatten())


def test_with_styles_the_search_goes_on_in_w(monkeypatch):
    config = RunConfig(model="mini-stylegan", z_dim=4, width=4, w_dim=8)
    G, D = build(config, (1, 8, 8), 0, 0, "cpu")
    styled = Sampler(config, G, D, 0, {"shape": [1, 8, 8], "n_classes": 0, "names": []})
    target = np.random.default_rng(0).integers(0, 256, (8, 8, 1)).astype(np.uint8)
    free = last(styled, target, restarts=2, steps=20, candidates=8)
    assert free.z.shape == (2, styled.latent_dim)
    assert np.array_equal(styled.images(free.z), free.images)
    monkeypatch.setattr(inversion, "REACH_IN_W", 0.0)
    bound = last(styled, target, restarts=2, steps=20, candidates=8)
    assert not bound.z[:, styled.z_dim :].any()
    assert free.errors[0] < bound.errors[0]
