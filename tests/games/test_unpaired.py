"""Unpaired translation: equal to the plain loop of CycleGAN, resumed bit for bit with its pools, shown both ways."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gan import games, images, registry
from gan.cli import main as command_line
from gan.config import RunConfig
from gan.datasets import Data, _domains
from gan.games._image_pool import SIZE, ImagePool
from gan.games.unpaired import STATISTICS
from gan.runs import RunError
from gan.sampler import Sampler
from gan.training import memory
from tests.engine import kept, make, pictures, play, real_of, rows, same, tiny, until

pytestmark = pytest.mark.usefixtures("quick_disk")


def two_kinds(count: int = 10) -> Data:
    """Random pictures of two kinds; the second are darker, and there are more of them."""
    data = pictures(count=count)
    return dataclasses.replace(data, other=Data(pictures(count=count + 3).images // 2))


def settings(**changes: Any) -> RunConfig:
    return tiny(**{"game": "unpaired", "loss": "least-squares", "beta2": 0.99, **changes})


@pytest.mark.parametrize(
    ("loss", "reuse", "weight"),
    [("least-squares", True, 3.0), ("relativistic", False, 3.0), ("least-squares", True, 0.0)],
)
def test_four_steps_equal_the_plain_loop(loss, reuse, weight):
    """Two translators and two Ds of the plain kind, Adam that is not fused: in double precision."""
    config = settings(
        loss=loss, reuse_fake=reuse, adversarial_weight=0.5, cycle=7.0, identity=weight, lr_g=1e-3, lr_d=2e-3
    )
    game: Any = games.build(config, (1, 8, 8), 0, "cpu")
    nets = {name: net.double() for name, net in game.nets.items()}
    game = type(game)(config, nets)
    G, D = copy.deepcopy(game.G), copy.deepcopy(game.D)
    there, back, D_b, D_a = G.to_b, G.to_a, D.of_b, D.of_a
    opt_g = torch.optim.Adam([*there.parameters(), *back.parameters()], lr=1e-3, betas=(0.5, 0.99), fused=False)
    opt_d = torch.optim.Adam([*D_b.parameters(), *D_a.parameters()], lr=2e-3, betas=(0.5, 0.99), fused=False)
    rules = registry.load("losses", loss)

    def batches(k: int) -> tuple[Tensor, Tensor]:
        return real_of(k).double(), real_of(50 + k).double()

    for k in range(4):
        told = game.update("d", batches) | game.update("g", batches)
        x, y = batches(k)
        opt_d.zero_grad()  # the pools are not full, so D sees what was made just now
        d_loss = rules.d(D_b(x).flatten(), D_b(there(y).detach()).flatten())
        d_loss = d_loss + rules.d(D_a(y).flatten(), D_a(back(x).detach()).flatten())
        d_loss.backward()
        opt_d.step()
        opt_g.zero_grad()
        to_b, to_a = there(y), back(x)
        opposed = rules.g(D_b(x).flatten(), D_b(to_b).flatten()) + rules.g(D_a(y).flatten(), D_a(to_a).flatten())
        cycle = (back(to_b) - y).abs().mean() + (there(to_a) - x).abs().mean()
        identity = (there(x) - x).abs().mean() + (back(y) - y).abs().mean()
        (0.5 * opposed + 7.0 * cycle + weight * identity).backward()
        opt_g.step()
        for name, value in (("d_loss", d_loss), ("g_loss", opposed)):
            assert told[name].item() == pytest.approx(value.item(), abs=1e-9)
        assert told["cycle_l1"].item() == pytest.approx(cycle.item() / 4, abs=1e-9)
        assert ("identity_l1" in told) == bool(weight), "what counts nothing is not computed"
        if weight:
            assert told["identity_l1"].item() == pytest.approx(identity.item() / 4, abs=1e-9)
        assert told.keys() <= STATISTICS.keys()
    for ours, plain in ((game.nets["G"], G), (game.nets["D"], D)):
        for a, b in zip(ours.parameters(), plain.parameters(), strict=True):
            assert torch.allclose(a, b, rtol=0, atol=1e-9)


def test_a_pool_fills_and_then_exchanges_half():
    pool = ImagePool((1, 2, 2), torch.zeros(()))
    draw = torch.Generator().manual_seed(0)
    for k in range(SIZE // 100 + 1):
        fresh = torch.full((100, 1, 2, 2), float(k))
        mixed = pool.exchange(fresh, draw)
        if k < SIZE // 100:
            assert torch.equal(mixed, fresh), "while it fills"
    assert int(pool.tensors["filled"]) == SIZE
    before, fresh = pool.tensors["pictures"].clone(), torch.full((100, 1, 2, 2), 9.0)
    mixed = pool.exchange(fresh, draw)
    old = (mixed[:, 0, 0, 0] != 9.0).sum()
    assert 30 < old < 70
    assert (pool.tensors["pictures"] == 9.0).flatten(1).all(1).sum() == old, "each takes the place of an earlier one"
    assert torch.equal(mixed[mixed < 9.0].sum() + pool.tensors["pictures"].sum(), before.sum() + 9.0 * 4 * old)
    many = torch.arange(1000.0).view(-1, 1, 1, 1).expand(-1, 1, 2, 2)
    assert pool.exchange(many, draw).shape == many.shape, "more than there are places"


def test_it_is_resumed_bit_for_bit(tmp_path):
    config, data = settings(spectral_norm=True, batch=64, log_every=2), two_kinds(20)
    whole, parts = make(tmp_path, config, 12, "whole"), make(tmp_path, config, 12, "parts")
    play(whole, data)
    until(parts, 6, data)
    assert kept(parts)["memory.a.filled"] == SIZE, "so that places are exchanged from here on"
    play(parts, data)
    assert rows(parts) == rows(whole)
    assert same(kept(parts), kept(whole))


def test_a_grid_has_source_result_and_return_side_by_side_both_ways(tmp_path):
    run = make(tmp_path, settings())
    play(run, two_kinds())
    sheet = images.decode(run.picture("fixed", 10).read_bytes())
    cells = images.tiles(sheet, (1, 8, 8)).astype(int)
    assert sheet.shape[1] == 3 * 10 - 2, "columns are a multiple of three"
    sampler = Sampler.load(run.path)
    first, last = cells[:3], cells[-3:]
    for (source, result, returned), back in ((first, False), (last, True)):
        made = sampler.translate(source[None].astype(np.uint8), back=back)
        assert abs(made[0] - result).mean() < 8, "as far as WebP keeps them"
        assert abs(sampler.translate(made, back=not back)[0] - returned).mean() < 8
    assert last[0].max() <= 140, "of the darker kind"


def test_held_out_scores_stand_in_the_log(tmp_path):
    run = make(tmp_path, settings(batch=512, log_every=1), 16)
    play(run, two_kinds())
    scores = next(row for row in rows(run) if "cycle_error" in row)
    assert 0 <= scores["domain"] <= 1
    assert scores["domain_real"] > 0.9, "learned by heart here"
    assert scores["strangers"] > 0.1
    assert "pixel_error" not in scores, "no truth is known"


def test_which_two_kinds_there_are():
    data = pictures(count=12)
    classes = dataclasses.replace(data, labels=np.arange(12) % 3, names=("Bag", "Coat", "7"))
    found = _domains.apart(classes, "coat, 7")
    assert np.array_equal(found.a.images, data.images[1::3])
    assert np.array_equal(found.b.images, data.images[2::3])
    for wrong in ("coat", "coat, coat", "coat, boat", "coat, 3"):
        with pytest.raises(ValueError, match="these data have Bag, Coat, 7"):
            _domains.apart(classes, wrong)
    halves = _domains.apart(dataclasses.replace(data, sources=255 - data.images))
    assert np.array_equal(halves.a.images, 255 - data.images[:6])
    assert np.array_equal(halves.b.images, data.images[6:])
    assert not halves.paired
    two = dataclasses.replace(data, labels=np.arange(12) % 2, names=("cats", "dogs"))
    assert len(_domains.apart(two).a) == 6
    with pytest.raises(ValueError, match="are of one"):
        _domains.apart(classes)


@pytest.mark.parametrize(
    ("changes", "data", "words"),
    [
        ({}, pictures(), "are of one"),
        ({"r1": 1.0}, two_kinds(), "does not know"),
        ({"conditional": True}, two_kinds(), "leave class labels off"),
        ({"two_classes": "a, b"}, two_kinds(), "these data have none"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(tmp_path, changes, data, words):
    with pytest.raises(RunError, match=words):
        play(make(tmp_path, settings(**changes)), data)


def test_the_shell_translates_both_ways(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    play(make(tmp_path, settings(), run_id="both"), two_kinds())
    data = dataclasses.replace(pictures(), sources=pictures().images)
    play(make(tmp_path, tiny(game="translation"), run_id="one"), data)
    source, out = tmp_path / "x.npy", tmp_path / "y.npy"
    np.save(source, pictures().images[:3, 0])

    def sample(*words: str) -> int:
        return command_line.main(["sample", "--source", str(source), "--out", str(out), *words])

    made = []
    for way in ([], ["--back"]):
        assert sample("--run", "both", *way) == 0
        made.append(np.load(out))
    assert made[0].shape == made[1].shape == (3, 8, 8)
    assert not np.array_equal(*made)
    assert sample("--run", "one", "--back") == 1
    assert "one way" in capsys.readouterr().err


def test_memory_counts_every_pass():
    config = settings()
    assert memory.needed(config.replace(batch=4096), (1, 8, 8), 0) > 2 * memory.needed(
        tiny(game="translation", batch=4096), (1, 8, 8), 0
    )
