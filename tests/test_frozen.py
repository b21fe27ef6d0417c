"""What earlier versions made goes on working: weights from the same draws, run folders that open, resume and export."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from gan import runs
from gan.datasets import Data
from gan.export import archive
from gan.runs import Run
from gan.sampler import Sampler
from tests import engine
from tests.frozen import weights

FROZEN = Path(__file__).parent / "frozen"
FINGERPRINTS = json.loads((FROZEN / "weights.json").read_text())
OLD = ("old-lean", "old-residual")  # made before the models were renamed; the second is conditional, with R1


@pytest.mark.parametrize("name", FINGERPRINTS)
def test_a_preset_draws_what_it_drew(name):
    found = weights.train(name)
    assert found["start"] == pytest.approx(FINGERPRINTS[name]["start"], abs=1e-6)
    assert found["after"] == pytest.approx(FINGERPRINTS[name]["after"], abs=1e-6)


def labelled() -> Data:
    data = engine.pictures()
    return Data(data.images, labels=np.arange(10, dtype=np.int64) % 3, names=("a", "b", "c"))


@pytest.fixture(params=OLD)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    shutil.copytree(FROZEN / request.param, tmp_path / request.param)
    return runs.find(request.param, tmp_path)


def test_an_old_run_opens(old):
    assert runs.folder_status(old) == "stopped"
    assert old.config().model == {"old-lean": "lean-dcgan", "old-residual": "lean-resnet"}[old.id]
    for step in (None, 0, 12):
        sampler = Sampler.load(old.path, step)
        y = np.zeros(2, dtype=np.int64) if sampler.classes else None
        assert sampler.images(np.zeros((2, sampler.z_dim), np.float32), y).shape == (2, 8, 8, 1)


def test_an_old_run_goes_on_as_it_would_have(old, tmp_path):
    data = labelled() if old.id == "old-residual" else engine.pictures()
    engine.play(old, data)
    new = engine.make(tmp_path, old.config(), 24, "new")
    engine.play(new, data)
    assert [row["seq"] for row in engine.rows(old)] == [*range(8)]
    for one, other in zip(engine.rows(old), engine.rows(new), strict=True):
        assert one.keys() <= other.keys()  # a statistic may have come since
        assert one["d_loss"] == pytest.approx(other["d_loss"], rel=1e-3)
    assert not any(e["event"] == "complaint" and "state" in e["text"] for e in old.events())
    for name, tensor in engine.kept(old).items():
        torch.testing.assert_close(tensor, engine.kept(new)[name], rtol=1e-2, atol=1e-3)


def test_an_old_run_is_exported(old, tmp_path):
    out = tmp_path / "out.zip"
    for _ in archive.archive(old, out):
        pass
    with zipfile.ZipFile(out) as now, zipfile.ZipFile(FROZEN / f"{old.id}.zip") as then:
        assert {*now.namelist()} >= {*then.namelist()}
