"""Weights in, pixels out: the average generator that was published, one picture at a time."""

from __future__ import annotations

import copy as copying
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from gan import images, tensor_files
from gan.runs import Run, RunError
from gan.sampler import Sampler
from gan.training.loop import train
from gan.training.sample_grids import SamplePublisher
from tests.engine import kept, make, pictures, play, points, tiny

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"
SHIFTED = (CHECKPOINTS / "dcgan-deep-mnist", 27)  # run and step
pytestmark = pytest.mark.usefixtures("quick_disk")


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    run = make(tmp_path_factory.mktemp("runs"), steps=30)
    play(run)
    return run


@pytest.fixture(scope="module")
def sampler(run) -> Sampler:
    return Sampler.load(str(run.path))


def noise(n, z_dim=3, seed=0):
    return np.random.default_rng(seed).standard_normal((n, z_dim))


def test_it_says_what_it_is(sampler, run):
    assert (sampler.z_dim, sampler.w_dim, sampler.classes, sampler.step) == (3, 3, 0, 30)
    assert sampler.shape == (1, 8, 8)
    assert sampler.names == ()
    assert sampler.config == run.config()


def test_pictures_are_those_of_the_grid(sampler, run):
    """The fixed grid was drawn by the trainer from the same average, statistics and all."""
    from gan.rng import RngStreams

    z = RngStreams(0).z("fixed", 0, 16, 3).numpy()
    grid = images.decode(run.picture("fixed", 30).read_bytes())[..., :1]
    assert np.abs(images.grid(sampler.images(z)).astype(int) - grid).max() <= 1


def test_a_picture_depends_on_its_own_z_alone(sampler):
    z = noise(9)
    together = sampler.images(z)
    assert together.shape == (9, 8, 8, 1)
    assert together.dtype == np.uint8
    alone = np.concatenate([sampler.images(one[None]) for one in z])
    assert np.abs(together.astype(int) - alone).max() <= 1
    assert (together[0] != together[1]).any()


def test_mapping_then_synthesis_is_the_picture(sampler):
    z = noise(4)
    w = sampler.mapping(z)
    x = sampler.synthesis(w)
    assert (w == z.astype(np.float32)).all()  # a plain GAN
    assert x.shape == (4, 1, 8, 8)
    assert np.abs(x).max() <= 1
    assert (images.to_pixels(x) == sampler.images(z)).all()


def plain(D: Any, shown: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the network itself says of pictures uint8 N,H,W,C."""
    with torch.no_grad():
        return D(torch.from_numpy(shown.transpose(0, 3, 1, 2)).float() / 127.5 - 1).numpy()


def test_the_critic_is_the_trained_d(sampler, run):
    assert torch.equal(sampler.discriminator.D.fc.weight, kept(run)["D.fc.weight"])
    assert torch.equal(sampler._D.bn2.running_mean, kept(run)["D.bn2.running_mean"])
    shown = pictures().images.transpose(0, 2, 3, 1)
    expected = plain(sampler.discriminator.D, shown) - sampler.discriminator.zero
    assert sampler.critic(shown) == pytest.approx(expected, abs=1e-5)
    assert sampler.probability(shown) == pytest.approx(1 / (1 + np.exp(-expected)), abs=1e-5)


@pytest.fixture(scope="module")
def shipped() -> Sampler:
    """A D with BatchNorm whose own zero calls every picture generated."""
    return Sampler.load(*SHIFTED)


@pytest.fixture(scope="module")
def both() -> NDArray[np.uint8]:
    """64 real pictures, then 64 generated ones that no zero was measured by."""
    sheet = images.decode((SHIFTED[0] / "samples/real.webp").read_bytes())
    real = images.tiles(sheet, (1, 28, 28))
    fake = Sampler.load(*SHIFTED).images(noise(64, 64, seed=9))
    return np.concatenate([real, fake])


def test_zero_parts_real_from_generated(shipped, both):
    assert shipped.discriminator.calibrated
    found = shipped.critic(both) > 0
    assert found[:64].mean() > 0.65
    assert found[64:].mean() < 0.35
    assert plain(shipped._D, both[:64]).max() < 1  # so this is not how D was trained
    assert (plain(shipped._D, both[:64]) > 0).mean() < 0.2


def test_a_logit_depends_on_its_own_picture_alone(shipped, both):
    together = shipped.critic(both)
    alone = np.concatenate([shipped.critic(both[k : k + 1]) for k in range(0, 128, 16)])
    assert together[::16] == pytest.approx(alone, abs=1e-4)


def test_the_critic_is_the_same_for_everybody(both):
    """Several threads ask first at the same time."""
    expected = Sampler.load(*SHIFTED).critic(both)
    fresh = Sampler.load(*SHIFTED)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(fresh.critic, [both] * 8))
    assert all((one == expected).all() for one in found)


def test_without_real_pictures_the_critic_says_so(run, tmp_path):
    bare = make(tmp_path)
    bare.weights().write_bytes(run.weights().read_bytes())
    shown = pictures().images.transpose(0, 2, 3, 1)
    for spoil in (None, b"", images.webp(np.zeros((9, 9, 1), np.uint8))):
        if spoil is not None:
            bare.real_picture().write_bytes(spoil)
        sampler = Sampler.load(bare.path)
        assert not sampler.discriminator.calibrated
        assert sampler.critic(shown) == pytest.approx(plain(sampler._D, shown), abs=1e-5)


def test_a_critic_without_batchnorm_is_left_alone():
    sampler = Sampler.load(CHECKPOINTS / "gan-2014-mnist")
    shown = sampler.images(noise(8, sampler.z_dim))
    assert sampler.discriminator.calibrated
    assert sampler.critic(shown) == pytest.approx(plain(sampler._D, shown), abs=1e-5)


@pytest.mark.parametrize("ask_first", [True, False])
def test_the_gradient_agrees_with_finite_differences(both, ask_first):
    """Also where the critic was made while nothing was to be differentiated."""
    sampler = Sampler.load(*SHIFTED)
    shown = both[[3, 70]]
    if ask_first:
        sampler.critic(shown)
    slope = sampler.gradient(shown)
    assert slope.shape == shown.shape
    assert slope.dtype == np.float32
    D = copying.deepcopy(sampler.discriminator.D).double()
    x = torch.from_numpy(shown.transpose(0, 3, 1, 2)).double() / 127.5 - 1
    for k, row, column in ((0, 14, 14), (1, 7, 20)):
        step = torch.zeros_like(x)
        step[k, 0, row, column] = 1e-6
        with torch.no_grad():
            expected = ((D(x + step) - D(x - step)) / 2e-6)[k].item()
        assert slope[k, row, column, 0] == pytest.approx(expected, rel=1e-3, abs=1e-5)


def test_generating_has_a_gradient_to_z_alone(sampler):
    z = torch.from_numpy(noise(2).astype(np.float32)).requires_grad_()
    x = sampler.generate(z)
    assert (images.to_pixels(x.detach().numpy()) == sampler.images(z.detach().numpy())).all()
    x[0].sum().backward()
    assert z.grad is not None
    assert (z.grad[0] != 0).any()
    assert (z.grad[1] == 0).all()
    assert all(p.grad is None for p in sampler._G.parameters())


@pytest.mark.parametrize(("model", "out"), [("lean-dcgan", 128), ("gan-2014", 256), ("dcgan-16", 2048)])
def test_first_weights_are_what_z_meets_first(tmp_path, model, out):
    run = make(tmp_path, tiny(model=model), steps=1)
    play(run, pictures(16))
    sampler = Sampler.load(run.path)
    weights = sampler.first_weights()
    assert weights.shape == (out, 3)
    layer = next(m for m in sampler._G.modules() if hasattr(m, "weight"))
    z = torch.from_numpy(noise(2).astype(np.float32))
    with torch.no_grad():
        met = layer(z[:, :, None, None] if model == "dcgan-16" else z).flatten(1)
    moved = weights @ (z[1] - z[0]).numpy()  # without the bias
    assert moved == pytest.approx((met[1] - met[0]).numpy(), abs=1e-5)


def test_a_generator_that_begins_otherwise_has_none(sampler, monkeypatch):
    monkeypatch.setattr(sampler, "_G", nn.Sequential(nn.Conv2d(3, 1, 1)))
    with pytest.raises(ValueError, match=r"lean-dcgan has no matrix that z meets first"):
        sampler.first_weights()


@pytest.mark.parametrize("z", [np.zeros((2, 4)), np.zeros(3), np.zeros((1, 1, 3))])
def test_latents_of_another_shape_are_refused(sampler, z):
    for ask in (sampler.images, sampler.mapping, sampler.synthesis):
        with pytest.raises(ValueError, match=r"latents must be N,3, not \("):
            ask(z)


@pytest.mark.parametrize(
    "odd", [np.zeros((2, 8, 8, 3), np.uint8), np.zeros((2, 8, 8, 1)), np.zeros((8, 8, 1), np.uint8)]
)
def test_pictures_of_another_shape_are_refused(sampler, odd):
    with pytest.raises(ValueError, match=r"pictures must be uint8 N,8,8,1, not "):
        sampler.critic(odd)
    with pytest.raises(ValueError, match=r"pictures must be uint8 N,8,8,1, not "):
        sampler.gradient(odd)


def test_a_snapshot_is_an_earlier_generator(run, sampler):
    first = Sampler.load(run.path, 0)
    assert first.step == 0
    assert (first.images(noise(4)) != sampler.images(noise(4))).any()
    with pytest.raises(RunError, match=r"keeps no generator of step 99; there is 0(, \d+)*\."):
        Sampler.load(run.path, 99)


def test_a_run_without_a_generator_says_so(tmp_path):
    run = make(tmp_path)
    with pytest.raises(RunError, match=r"Run 'tiny' has no generator yet\."):
        Sampler.load(run.path)
    with pytest.raises(RunError, match=r"there is none\."):
        Sampler.load(run.path, 3)


@pytest.fixture
def copy(tmp_path, run):
    """A run with weights to spoil."""
    spoilt = make(tmp_path)
    spoilt.weights().write_bytes(run.weights().read_bytes())
    return spoilt


def test_damaged_weights_are_said(copy):
    data = bytearray(copy.weights().read_bytes())
    data[-1] ^= 1
    copy.weights().write_bytes(data)
    with pytest.raises(RunError, match=r"weights\.safetensors is damaged"):
        Sampler.load(copy.path)


@pytest.mark.parametrize(
    "change",
    [
        {"config": {"model": "nothing-of-ours"}},
        {"config": {"model": "gan-2014"}},
        {"config": tiny(width=8).to_dict()},
        {"config": {"unheard": 1}},
        {"config": None},
        {"data": {"shape": [1, 9, 9], "n_classes": 0, "names": []}},
        {"data": {}},
        {"step": "x"},
        {"data": {"shape": 3, "n_classes": 0, "names": []}},
    ],
)
def test_weights_that_fit_no_model_are_said(copy, change):
    """A file of another version, or of somebody who means no good: refused before anything is filled."""
    tensors, about = tensor_files.read_tensors(copy.weights())
    tensor_files.write_tensors(copy.weights(), tensors, {**about, **change})
    with pytest.raises(RunError):
        Sampler.load(copy.path)


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Sampler:
    """The generator of a conditional run on three classes."""
    data = replace(pictures(), labels=np.arange(10) % 3, names=("a", "b", "c"))
    run = make(tmp_path_factory.mktemp("runs"), tiny(conditional=True), steps=2)
    play(run, data)
    return Sampler.load(run.path)


def test_a_class_can_be_asked_for(told):
    z = noise(1).repeat(3, 0)
    one, two, three = told.images(z, np.arange(3))
    assert not np.array_equal(one, two)
    assert not np.array_equal(two, three)
    assert np.array_equal(told.images(z[:1], np.array([1]))[0], two)
    assert told.w_dim == 6
    drawn = told.generate(torch.from_numpy(z.astype(np.float32)), torch.arange(3)).numpy()
    np.testing.assert_allclose(told.synthesis(told.mapping(z, np.arange(3))), drawn, atol=1e-6)


def test_without_a_class_every_z_has_its_own_and_all_are_as_likely(told):
    z = noise(600)
    own = told.mapping(z)[:, 3:].argmax(1)
    assert np.bincount(own, minlength=3).min() > 150
    assert np.array_equal(told.classes_of(z), own)
    assert np.array_equal(told.mapping(z[::-1])[:, 3:].argmax(1), own[::-1])


@pytest.mark.parametrize("odd", [[0, 1], [0, 1, 3], [0, -1, 2]])
def test_a_class_that_is_not_there_is_refused(told, odd):
    with pytest.raises(ValueError, match="3 numbers from 0 to 2"):
        told.images(noise(3), np.array(odd))


def test_a_plain_gan_has_no_classes(sampler):
    assert sampler.classes == 0
    assert sampler.classes_of(noise(2, sampler.z_dim)) is None


def test_points_are_pixels_of_the_plane(tmp_path):
    run = make(tmp_path, tiny(model="first-steps"), steps=2)
    play(run, points())
    sampler = Sampler.load(run.path)
    assert sampler.images(noise(5)).shape == (5, 1, 1, 2)
    assert sampler.synthesis(noise(5)).shape == (5, 2, 1, 1)


def test_looking_leaves_the_global_generator_alone(run):
    before = torch.get_rng_state()
    Sampler.load(run.path).images(noise(3))
    assert torch.equal(torch.get_rng_state(), before)


def test_it_can_be_loaded_and_asked_while_the_run_trains(tmp_path, monkeypatch):
    """The weights are replaced after every step."""
    monkeypatch.setattr(SamplePublisher, "due", lambda self: True)
    run = make(tmp_path, steps=10**6)
    ticks = train(run, pictures())
    next(ticks)
    odd: list[Exception] = []

    def look():
        try:
            for seed in range(20):
                assert Sampler.load(run.path).images(noise(4, seed=seed)).shape == (4, 8, 8, 1)
        except Exception as error:
            odd.append(error)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in ticks:
        if not any(thread.is_alive() for thread in threads):
            break
    ticks.close()
    for thread in threads:
        thread.join()
    assert odd == []
