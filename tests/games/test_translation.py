"""Translation: equal to the plain loop of pix2pix, resumed bit for bit, shown beside the truth, used from a shell."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gan import games, images, registry, runs
from gan.cli import main as command_line
from gan.config import RunConfig
from gan.datasets import Data
from gan.export import archive
from gan.export.unpack import unpack
from gan.games import _degradations as degradations
from gan.games.translation import STATISTICS
from gan.runs import RunError
from gan.sampler import Sampler
from gan.training import memory
from gan.training.branch import branch
from tests.engine import kept, make, pictures, play, real_of, rows, same, tiny, until

pytestmark = pytest.mark.usefixtures("quick_disk")


def pairs(count: int = 10) -> Data:
    """Random pictures, each with its negative for a source."""
    data = pictures(count=count)
    return dataclasses.replace(data, sources=255 - data.images)


def settings(**changes: Any) -> RunConfig:
    return tiny(game="translation", beta2=0.99, **changes)


@pytest.mark.parametrize(("loss", "reuse"), [("hinge", True), ("relativistic", False)])
def test_four_steps_equal_the_plain_loop(loss, reuse):
    """D on pairs, then G by L1 and D's opinion, Adam that is not fused: in double precision."""
    config = settings(loss=loss, reuse_fake=reuse, l1=7.0, adversarial_weight=0.5, lr_g=1e-3, lr_d=2e-3)
    game: Any = games.build(config, (1, 8, 8), 0, "cpu")
    game.nets = {name: net.double() for name, net in game.nets.items()}
    game = type(game)(config, game.nets)
    G, D = copy.deepcopy(game.G), copy.deepcopy(game.D)
    opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.99), fused=False)
    opt_d = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.5, 0.99), fused=False)
    rules = registry.load("losses", loss)

    def batches(k: int) -> tuple[torch.Tensor, torch.Tensor]:
        return real_of(k).double(), real_of(50 + k).double()

    for k in range(4):
        told = game.update("d", batches) | game.update("g", batches)
        x, y = batches(k)
        opt_d.zero_grad()
        d_loss = rules.d(D(x, y).flatten(), D(G(None, y).detach(), y).flatten())
        d_loss.backward()
        opt_d.step()
        opt_g.zero_grad()
        fake = G(None, y)
        opposed = rules.g(D(x, y).flatten(), D(fake, y).flatten())
        l1 = (fake - x).abs().mean()
        (7.0 * l1 + 0.5 * opposed).backward()
        opt_g.step()
        assert told["d_loss"].item() == pytest.approx(d_loss.item(), abs=1e-9)
        assert told["g_loss"].item() == pytest.approx(opposed.item(), abs=1e-9)
        assert told["l1"].item() == pytest.approx(l1.item() / 2, abs=1e-9)
        assert told.keys() <= STATISTICS.keys()
    for ours, plain in ((game.nets["G"], G), (game.nets["D"], D)):
        for a, b in zip(ours.parameters(), plain.parameters(), strict=True):
            assert torch.allclose(a, b, rtol=0, atol=1e-9)


@pytest.mark.parametrize("degradation", ["tiny", "hole"])
def test_with_noise_every_other_source_is_answered_twice_and_the_answers_are_to_differ(degradation):
    config = settings(degradation=degradation, diversity_weight=3.0, adversarial_weight=0.5, lr_g=1e-3, lr_d=2e-3)
    game: Any = games.build(config, (1, 8, 8), 0, "cpu")
    game = type(game)(config, {name: net.double() for name, net in game.nets.items()})
    G, D = copy.deepcopy(game.G), copy.deepcopy(game.D)
    opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.99), fused=False)
    opt_d = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.5, 0.99), fused=False)
    for k in range(3):
        x = real_of(k).double()
        y = game.source(x, None, "degradation for D", k)
        z = game.rng.z("noise for D", k, len(x), 3).double()
        game.update("d", lambda k: (real_of(k).double(), None))
        game.update("g", lambda k: (real_of(k).double(), None))
        rows = [i // 2 * 2 for i in range(len(x))]  # the sources of the fakes
        opt_d.zero_grad()
        (F.relu(1 - D(x, y)).mean() + F.relu(1 + D(G(z, y[rows]).detach(), y[rows])).mean()).backward()
        opt_d.step()
        opt_g.zero_grad()
        fake = G(z, y[rows])
        tiny_ones = degradation == "tiny"
        l1 = (F.avg_pool2d(fake, 2) - y[rows]).abs().mean() if tiny_ones else 0
        ratios = []
        for i in range(0, len(x), 2):
            gap = (fake[i] - fake[i + 1]).abs().sum() / (64 if tiny_ones else 16)  # of what is missing
            both = [(fake[k] - x[i]).abs().mean() for k in (i, i + 1)]
            l1 = l1 + min(both) / (len(x) // 2)  # of the nearer one
            ratios.append((gap / (z[i] - z[i + 1]).abs().mean()).clamp(max=0.12))
        (10 * l1 - 3 * torch.stack(ratios).mean() - 0.5 * D(fake, y[rows]).mean()).backward()
        opt_g.step()
    for ours, plain in ((game.nets["G"], G), (game.nets["D"], D)):
        for a, b in zip(ours.parameters(), plain.parameters(), strict=True):
            assert torch.allclose(a, b, rtol=0, atol=1e-9)


def test_a_run_with_noise_has_several_answers_to_a_source(tmp_path):
    run = make(tmp_path, settings(degradation="tiny", diversity_weight=3.0, batch=512, log_every=1), 16)
    play(run, pictures())
    scores = next(row for row in rows(run) if "answers_apart" in row)
    assert scores["answers_apart"] > 0
    assert scores["source_kept"] > 0
    sampler = Sampler.load(run.path)
    sources = np.full((2, 4, 4, 1), 200, np.uint8)
    first, second = sampler.translate(sources, answer=1), sampler.translate(sources, answer=2)
    assert (first[0] != first[1]).any(), "the same source twice"
    assert (first != second).any()
    assert np.array_equal(first, sampler.translate(sources, answer=1))
    assert run.config().beside == ("source", "one answer", "another one")
    sheet = images.decode(run.picture("fixed", 16).read_bytes())
    cells = images.tiles(sheet, (1, 8, 8)).astype(int)
    assert abs(cells[1] - cells[2]).max() > 0
    with pytest.raises(ValueError, match="at least 2"):
        games.build(settings(diversity_weight=3.0, batch=1), (1, 8, 8), 0, "cpu")


def test_without_d_s_opinion_g_learns_by_the_pixel_error_alone(tmp_path):
    run = make(tmp_path, settings(adversarial_weight=0.0))
    play(run, pairs())
    assert rows(run)[-1]["d_loss"] is rows(run)[-1]["g_loss"] is None
    assert rows(run)[-1]["l1"] > 0


@pytest.mark.parametrize(("degradation", "several"), [("none", 0.0), ("hole", 2.0)])
def test_it_is_resumed_bit_for_bit(tmp_path, degradation, several):
    config, data = settings(degradation=degradation, spectral_norm=True, diversity_weight=several), pairs()
    whole, parts = make(tmp_path, config, run_id="whole"), make(tmp_path, config, run_id="parts")
    play(whole, data)
    until(parts, 4, data)
    play(parts, data)
    assert rows(parts) == rows(whole)
    assert same(kept(parts), kept(whole))
    other = branch(parts, 10, {"steps": 12})
    play(other, data)
    assert rows(other)[-1]["step"] == 12


def test_a_grid_has_source_result_and_truth_side_by_side(tmp_path):
    run = make(tmp_path, settings())
    play(run, pairs())
    sheet = images.decode(run.picture("fixed", 10).read_bytes())
    cells = images.tiles(sheet, (1, 8, 8))
    assert sheet.shape[1] == 3 * 10 - 2, "columns are a multiple of three"
    source, result, truth = cells[0].astype(int), cells[1].astype(int), cells[2].astype(int)
    assert abs(source + truth - 255).max() <= 8, "as far as WebP keeps them"
    made = Sampler.load(run.path).translate(cells[:1])
    assert abs(made[0] - result).mean() < 8


def test_held_out_scores_stand_in_the_log(tmp_path):
    run = make(tmp_path, settings(batch=512, log_every=1), 16)
    play(run, pairs())
    scores = next(row for row in rows(run) if "pixel_error" in row)
    data = pairs()
    wanted = np.abs(data.images.astype(float) - (255.0 - data.images)).mean() / 255
    assert scores["source_error"] == pytest.approx(wanted, rel=1e-3)
    assert scores["moved"] > 0
    assert scores["ink"] > 0


@pytest.mark.parametrize(
    ("changes", "data", "words"),
    [
        ({}, pictures(), "pairs"),
        ({"r1": 1.0}, pairs(), "does not know"),
        ({"conditional": True}, pairs(), "leave class labels off"),
        ({"degradation": "shrink"}, pictures(side=10), "multiples of 4"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(tmp_path, changes, data, words):
    with pytest.raises(RunError, match=words):
        play(make(tmp_path, settings(**changes)), data)


def test_degradations():
    x = real_of(0, batch=64)
    draw = torch.Generator().manual_seed(0)
    assert torch.equal(degradations.degrade("shrink", x, draw), F.avg_pool2d(x, 4))
    y = degradations.degrade("hole", x, draw)
    missing = y[:, 1:] > 0
    assert (missing.flatten(1).sum(1) == 16).all(), "half of each side"
    assert (y[:, :1][missing] == -1).all()
    assert torch.equal(y[:, :1][~missing], x[~missing])
    corners = missing[:, 0, 0, 0] | missing[:, 0, 0, -1] | missing[:, 0, -1, 0] | missing[:, 0, -1, -1]
    assert 0.2 < corners.float().mean() < 0.8


def test_noise_blur_outline_and_grey():
    x = torch.full((64, 1, 12, 12), -1.0)
    x[:, :, 3:9, 3:9] = 1
    draw = torch.Generator().manual_seed(0)
    noisy = degradations.degrade("noise", x, draw)
    assert 0.2 < (noisy - x).abs().mean() < 0.5, "half of it beyond black and white"
    assert not torch.equal(noisy[0], noisy[1])
    blurred = degradations.degrade("blur", x, draw)
    assert blurred.mean().item() == pytest.approx(x.mean().item(), abs=0.03)
    assert blurred.max() < 0.9
    outline = degradations.degrade("outline", x, draw)
    assert (outline[0] > 0).sum() == 36 - 16, "the edge of a square"
    assert (outline[:, :, 5:7, 5:7] == -1).all()
    colours = real_of(0, (3, 8, 8))
    assert torch.allclose(degradations.degrade("grey", colours, draw)[:, 0], colours.mean(1))
    with pytest.raises(ValueError, match="no colour"):
        degradations.shape_of("grey", (1, 8, 8))


def test_grey_pictures_are_given_and_coloured_ones_come_back(tmp_path):
    run = make(tmp_path, settings(degradation="grey"), 2)
    play(run, pictures(8, 3))
    made = Sampler.load(run.path).translate(pictures().images[:2].transpose(0, 2, 3, 1))
    assert made.shape == (2, 8, 8, 3)


def test_what_is_known_is_kept_and_memory_is_estimated():
    config = settings(degradation="hole")
    G: Any = games.build(config, (1, 8, 8), 0, "cpu").nets["G"]
    y = degradations.degrade("hole", real_of(0), torch.Generator().manual_seed(0))
    x = G(None, y)
    known = y[:, 1:] < 0
    assert torch.equal(x[known], y[:, :1][known])
    assert not torch.equal(x[~known], y[:, :1][~known])
    assert memory.needed(config, (1, 8, 8), 0) > 0


def test_the_shell_translates(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    play(make(tmp_path, settings(), run_id="thin"), pairs())
    play(make(tmp_path, settings(degradation="hole"), run_id="hole"), pictures())
    flat, source, mask, out = (pictures().images[:3, 0], *(tmp_path / f"{name}.npy" for name in ("x", "m", "y")))
    np.save(source, flat)
    np.save(mask, np.full((3, 8, 8), 255, np.uint8))

    def sample(*words: str) -> int:
        return command_line.main(["sample", "--out", str(out), *words])

    assert sample("--run", "thin", "--source", str(source)) == 0
    assert np.load(out).shape == flat.shape
    assert sample("--run", "hole", "--source", str(source), "--mask", str(mask)) == 0
    assert sample("--run", "hole", "--source", str(source)) == 1
    assert "say by a mask" in capsys.readouterr().err
    assert sample("--run", "thin", "--source", str(source), "--mask", str(mask)) == 1
    assert "takes no mask" in capsys.readouterr().err
    assert sample("--run", "thin") == 1
    assert "name a file of sources" in capsys.readouterr().err
    with pytest.raises(RunError, match="one picture from another"):
        Sampler.load(runs.find("thin", tmp_path).path).images(np.zeros((1, 3), np.float32))


def test_a_whole_picture_is_degraded_as_the_run_has_it_and_redrawn(tmp_path):
    x = pictures().images[:1].transpose(0, 2, 3, 1)
    missing = np.zeros((1, 8, 8), np.uint8)
    missing[:, :4] = 255
    shown = {}
    for degradation in ("none", "shrink", "hole"):
        run = make(tmp_path, settings(degradation=degradation), 1, degradation)
        play(run, pairs())
        shown[degradation], made = Sampler.load(run.path).redraw(x, missing)
        assert made.shape == x.shape
    assert np.array_equal(shown["none"], x)
    assert len(np.unique(shown["shrink"])) <= 4, "four blocks"
    assert np.array_equal(shown["hole"][:, 4:], x[:, 4:])
    assert (shown["hole"][:, :4] == shown["hole"][0, 0, 0, 0]).all()


def test_it_is_packed_and_opened(tmp_path):
    run = make(tmp_path, settings())
    play(run, pairs())
    for _ in archive.archive(run, tmp_path / "thin.zip"):
        pass
    opened = unpack(tmp_path / "thin.zip", "opened", tmp_path)
    x = pairs().images[:2].transpose(0, 2, 3, 1)
    assert np.array_equal(Sampler.load(opened.path).translate(x), Sampler.load(run.path).translate(x))
