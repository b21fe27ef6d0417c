"""The script in the zip of a run that makes pictures from pictures: it draws what the sampler draws, and trains on."""

from __future__ import annotations

import json
import runpy
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gan.export import archive, code
from gan.runs import Run
from gan.sampler import Sampler
from tests.engine import make, pictures, play, tiny
from tests.games.test_translation import pairs
from tests.games.test_unpaired import two_kinds

pytestmark = pytest.mark.usefixtures("quick_disk")
GAMES: dict[str, tuple[dict[str, Any], Any]] = {
    "pairs": ({"game": "translation", "spectral_norm": True}, pairs),
    "shrink": ({"game": "translation", "degradation": "shrink", "loss": "relativistic"}, pairs),
    "several": ({"game": "translation", "degradation": "tiny", "diversity_weight": 2.0}, pairs),
    "both-ways": ({"game": "unpaired", "loss": "least-squares", "spectral_norm": True}, two_kinds),
}


@pytest.fixture(params=GAMES)
def run(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A trained run whose zip is unpacked in the working folder, with pictures."""
    changes, data = GAMES[request.param]
    run = make(tmp_path, tiny(**changes), 4, request.param)
    play(run, data())
    for _ in archive.archive(run, tmp_path / "run.zip"):
        pass
    with zipfile.ZipFile(tmp_path / "run.zip") as packed:
        for name in ("gan.py", "weights.safetensors"):
            (tmp_path / name).write_bytes(packed.read(f"{run.id}/{name}"))
    monkeypatch.chdir(tmp_path)
    x = pictures(count=20).images
    np.save("x.npy", x[:, 0])
    np.save("sources.npy", 255 - x[:, 0])
    return run


def called(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["gan.py", *words])
    with torch.random.fork_rng():
        runpy.run_path("gan.py", run_name="__main__")


def test_the_script_draws_what_the_sampler_draws_and_trains_on(run, monkeypatch):
    x = np.load("x.npy")[..., None]
    sampler = Sampler.load(run.path)
    called(monkeypatch, "--source", "x.npy", "--out", "y.npy")
    made = np.load("y.npy")
    shrunk = run.config().degradation != "none"
    wanted = sampler.redraw(x, np.zeros((20, 8, 8)))[1] if shrunk else sampler.translate(x)
    if run.config().diversity_weight:
        assert made.shape == wanted.shape
        called(monkeypatch, "--source", "x.npy", "--out", "other.npy", "--seed", "5")
        assert (np.load("other.npy") != made).any(), "another seed, another answer"
    else:
        assert np.abs(made.astype(int) - wanted).max() <= 1
    if run.config().between_domains:
        called(monkeypatch, "--source", "x.npy", "--out", "y.npy", "--back")
        assert np.abs(np.load("y.npy").astype(int) - sampler.translate(x, back=True)).max() <= 1
    called(monkeypatch, "--train", "3", "--data", "x.npy")
    before, after = (_weights(name) for name in ("weights.safetensors", "trained.pt"))
    assert before.keys() == after.keys()
    for net in ("G_ema.", "D."):
        assert any(not torch.equal(before[k], after[k]) for k in before if k.startswith(net)), net
    assert all(value.isfinite().all() for value in after.values())
    called(monkeypatch, "--weights", "trained.pt", "--source", "x.npy")
    assert Path("results.png").read_bytes()[:4] == b"\x89PNG"


def test_the_code_of_such_settings_is_one_file_that_trains_from_nothing(run, monkeypatch):
    Path("gan.py").write_text(code.source(run.config(), (1, 8, 8)), encoding="utf-8")
    cells = json.loads(code.notebook(Path("gan.py").read_text(encoding="utf-8")))["cells"]
    assert "".join(cells[1]["source"]) == "%%writefile gan.py\n" + Path("gan.py").read_text(encoding="utf-8")
    Path("weights.safetensors").unlink()
    called(monkeypatch, "--train", "2", "--data", "x.npy")
    assert Path("trained.pt").is_file()
    for words, told in (
        ((), "Say what to translate"),
        (("--source", "nix.npy", "--weights", "trained.pt"), "There is no file nix"),
    ):
        with pytest.raises(SystemExit, match=told):
            called(monkeypatch, *words)


def _weights(name: str) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = runpy.run_path("gan.py", run_name="imported")["read_weights"](Path(name))
    return found
