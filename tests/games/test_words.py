"""A run that is told captions: resumed bit for bit, shown in their order, zipped, and asked by words from a shell."""

from __future__ import annotations

import runpy
import sys
import zipfile

import numpy as np
import pytest
import torch

from gan import images
from gan.cli import main as command_line
from gan.config import RunConfig
from gan.datasets import Data, captions
from gan.datasets._captions import numbers
from gan.export import archive, code, program
from gan.export.unpack import unpack
from gan.runs import RunError
from gan.sampler import Sampler
from gan.sampler.grid_noise import grid_noise
from tests.engine import game_of, kept, make, play, rows, same, tiny, until

SAID = [text.format(name) for text in captions.SHEET for name in captions.NAMES]


def settings(**changes: object) -> RunConfig:
    told = {"dataset": "captions", "conditional": True, "conditioning": "words", "samples": 100}
    return tiny(**{**told, **changes})


def described(count: int = 24) -> Data:
    """Random pictures with captions."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (count, 1, 8, 8)).astype(np.uint8)
    said = np.stack([numbers(text, captions.VOCABULARY) for text in SAID[:count]])
    return Data(pictures, np.arange(count) % 10, captions.NAMES, captions=said)


@pytest.mark.parametrize("reuse", [True, False])
def test_it_is_resumed_bit_for_bit(tmp_path, reuse):
    config, data = settings(reuse_fake=reuse, r1=0.1), described()
    whole, parts = make(tmp_path, config, run_id="whole"), make(tmp_path, config, run_id="parts")
    play(whole, data)
    until(parts, 4, data)
    play(parts, data)
    assert rows(parts) == rows(whole)
    assert same(kept(parts), kept(whole))


def test_g_learns_from_captions_also_where_d_has_not_seen_its_fakes():
    game = game_of(n_classes=10, dataset="captions", conditional=True, conditioning="words", reuse_fake=False)
    seen = []
    own = game.g_update_alone

    def watched(z, y, *rest):
        seen.append(y)
        return own(z, y, *rest)

    game.g_update_alone = watched
    data = described(4)
    batch = torch.from_numpy(data.images) / 127.5 - 1, torch.from_numpy(data.captions)
    for name in ("d", "g"):
        game.update(name, lambda update: batch)
    assert torch.equal(seen[0], batch[1])


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    found = make(tmp_path, settings())
    play(found, described())
    return found


def test_a_grid_shows_the_sheet_of_captions(run):
    cells = images.tiles(images.decode(run.picture("fixed", 10).read_bytes()), (1, 8, 8))
    assert len(cells) == 100
    sampler = Sampler.load(run.path)
    z = grid_noise(run.config(), "fixed", 0, 100)
    asked = np.stack([sampler.caption(text) for text in SAID])
    assert abs(sampler.images(z, asked).astype(int) - cells).mean() < 4, "as far as WebP keeps them"


def test_words_from_a_shell_and_an_unknown_one(run, tmp_path, capsys):
    out = tmp_path / "y.npy"
    words = "a thick seven, slanted to the left, at the top"
    assert command_line.main(["sample", "--run", "tiny", "--words", words, "--n", "5", "--out", str(out)]) == 0
    made = np.load(out)
    assert made.shape == (5, 8, 8, 1)
    sampler = Sampler.load(run.path)
    z = np.random.default_rng(0).standard_normal((5, 3), dtype=np.float32)
    assert np.array_equal(made, sampler.images(z, np.stack([sampler.caption(words)] * 5)))
    assert not np.array_equal(made, sampler.images(z, np.full(5, 7)))
    assert command_line.main(["sample", "--run", "tiny", "--words", "a thik seven", "--out", str(out)]) == 1
    told = capsys.readouterr().err
    assert "'thik'" in told
    assert "'thick'" in told
    with pytest.raises(ValueError, match="rows of places"):
        sampler.images(z, np.full((5, 4), 99))


def test_a_zip_opens_again_and_its_script_draws_what_a_caption_says(run, tmp_path, monkeypatch):
    for _ in archive.archive(run, tmp_path / "x.zip"):
        pass
    with zipfile.ZipFile(tmp_path / "x.zip") as packed:
        for name in ("gan.py", "weights.safetensors"):
            (tmp_path / name).write_bytes(packed.read(f"tiny/{name}"))
        assert "--words" in packed.read("tiny/README.txt").decode()
    monkeypatch.chdir(tmp_path)
    z = np.random.default_rng(0).standard_normal((5, 3), dtype=np.float32)
    np.save("z.npy", z)

    def called(*words: str) -> None:
        monkeypatch.setattr(sys, "argv", ["gan.py", *words])
        with torch.random.fork_rng():
            runpy.run_path("gan.py", run_name="__main__")

    words, shown = "A thick 7, slanted to the left", Sampler.load(run.path)
    called("--words", words, "--z", "z.npy", "--out", "y.npy")
    wanted = shown.images(z, np.stack([shown.caption(words)] * 5)).transpose(0, 3, 1, 2)
    assert np.abs((np.load("y.npy") + 1) * 127.5 - wanted).max() <= 1
    called("--n", "4")
    assert (tmp_path / "samples.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(SystemExit, match="'thik'"):
        called("--words", "a thik seven")
    again = unpack(tmp_path / "x.zip", run_id="again", home=tmp_path)
    assert Sampler.load(again.path).vocabulary == captions.VOCABULARY
    with pytest.raises(ValueError, match="not written as one file yet"):
        code.source(settings(), (1, 8, 8), 10)
    sampler = Sampler.load(run.path)
    with pytest.raises(program.Unsupported, match="captions"):
        program.generator(sampler.generator, sampler.z_dim, sampler.classes)


def test_a_run_without_captions_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    play(make(tmp_path, tiny(), run_id="plain"))
    code = command_line.main(["sample", "--run", "plain", "--words", "a seven", "--out", str(tmp_path / "y.npy")])
    assert code == 1
    assert "not trained with captions" in capsys.readouterr().err
    with pytest.raises(RunError, match="captions"):
        Sampler.load(tmp_path / "plain").caption("a seven")
