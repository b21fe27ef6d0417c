"""A game of one network, an autoencoder from a folder of plugins: nothing around a game knows a G and a D."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from gan import registry
from gan.config import RunConfig
from gan.export import archive
from gan.runs.log_reader import LogReader
from gan.sampler import Sampler
from gan.training.branch import branch
from tests.engine import event, happened, kept, make, pictures, play, rows, same, tiny, until

pytestmark = pytest.mark.usefixtures("quick_disk")


@pytest.fixture(autouse=True)
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_PLUGINS", str(Path(__file__).parent / "plugins"))


def toy() -> RunConfig:
    return tiny(game="autoencoder", lr_g=0.01)


def test_it_learns_and_its_statistic_is_a_column_of_the_log(tmp_path):
    run = make(tmp_path, toy(), 60)
    play(run)
    first, last = rows(run)[0], rows(run)[-1]
    assert last["reconstruction"] < 0.8 * first["reconstruction"]
    assert "d_loss" not in last
    assert len(LogReader(run).series()["columns"]["reconstruction"]) == 20
    assert run.pictures("fixed")[0] == 0
    assert run.pictures("fixed")[-1] == 60


def test_it_is_paused_and_resumed_bit_for_bit(tmp_path):
    whole, parts = make(tmp_path, toy(), run_id="whole"), make(tmp_path, toy(), run_id="parts")
    play(whole)
    until(parts, 4)
    play(parts)
    assert "resumed" in happened(parts)
    assert rows(parts) == rows(whole)
    assert same(kept(parts), kept(whole))


def test_it_is_sampled_and_has_no_discriminator(tmp_path):
    run = make(tmp_path, toy())
    play(run)
    sampler = Sampler.load(run.path)
    assert sampler.images(np.zeros((2, 3), np.float32)).shape == (2, 8, 8, 1)
    with pytest.raises(ValueError, match="has no discriminator"):
        sampler.critic(np.zeros((1, 8, 8, 1), np.uint8))


def test_it_is_exported(tmp_path):
    run = make(tmp_path, toy())
    play(run)
    for _ in archive.archive(run, tmp_path / "toy.zip"):
        pass
    with zipfile.ZipFile(tmp_path / "toy.zip") as zipped:
        names = {name.partition("/")[2] for name in zipped.namelist()}
        readme = zipped.read("tiny/README.txt").decode()
    assert {"weights.safetensors", "config.json", "metrics.jsonl", "training.gif"} <= names
    assert "gan.py" not in names  # it has no script of its own
    assert "python gan.py" not in readme


def test_it_branches(tmp_path):
    run = make(tmp_path, toy())
    play(run)
    other = branch(run, 10, {"steps": 15})
    play(other)
    assert event(other, "branched")["what"] == "state"
    assert rows(other)[-1]["step"] == 15


def test_a_step_by_hand_makes_all_its_updates(tmp_path):
    run = make(tmp_path, toy(), 5)
    until(run, 2, pictures())
    run.write_control(want="pause")
    from gan.training.loop import train

    ticks = train(run, pictures())
    next(ticks)
    run.ask_step("both")
    step = next(ticks).step
    ticks.close()
    assert step == 3


def test_it_is_a_choice():
    assert registry.names("games") == ["adversarial", "autoencoder", "translation", "unpaired"]
    assert registry.card("games", "autoencoder").title == "Autoencoder"
