"""Uploaded zips stay while a run names them, and a while longer."""

from __future__ import annotations

import os
import time

import pytest

from gan import runs
from gan.config import RunConfig
from ui.shared import uploads


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("GAN_DATA", str(tmp_path / "data"))
    uploads.folder().mkdir(parents=True)
    for name in ("named", "old", "new"):
        (uploads.folder() / f"{name}.zip").write_bytes(b"x")
    for name in ("named", "old"):
        os.utime(uploads.folder() / f"{name}.zip", (0, time.time() - 2 * uploads.KEPT_SECONDS))
    runs.create(RunConfig(dataset="own-images", source=str(uploads.folder() / "named.zip")), {"steps": 1}, run_id="one")


def names(paths):
    return [path.stem for path in paths]


def test_what_no_run_names_goes_after_a_while():
    assert names(uploads.unused()) == ["new", "old"]
    assert uploads.sweep() == 1
    assert names(uploads.every()) == ["named", "new"]
    assert uploads.sweep(0) == 1
    runs.find("one").delete()
    assert uploads.sweep() == 1
    assert uploads.every() == []
