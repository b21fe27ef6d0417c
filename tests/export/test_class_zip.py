"""The zip of a class: a page for each run, an index that leads to them, and a reason where there is none."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from gan import runs
from gan.config import RunConfig
from gan.export import class_zip
from tests import engine


def test_it_has_a_page_of_every_run_that_has_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = engine.make(tmp_path / "runs", engine.tiny(z_dim=8, samples=16), run_id="one", steps=4)
    engine.play(run, engine.pictures(28, count=40))
    run.write_control(title="A <b>title</b>")
    config = RunConfig(dataset="mnist", device="cpu", threads=1)
    empty = runs.create(config, {"steps": 9}, run_id="two", home=tmp_path / "runs")
    told = [progress.text for progress in class_zip.pack([run, empty], tmp_path / "class.zip", "7b & friends")]
    assert told == ["one", "two"]
    with zipfile.ZipFile(tmp_path / "class.zip") as zipped:
        assert sorted(zipped.namelist()) == ["index.html", "one.html"]
        index, page = zipped.read("index.html").decode(), zipped.read("one.html").decode()
    assert "7b &amp; friends" in index
    assert "A &lt;b&gt;title&lt;/b&gt;" in index
    assert 'href="one.html"' in index
    assert 'href="two.html"' not in index
    assert "step 4" in index
    assert "data:image/webp;base64," in index
    assert "<title>A &lt;b&gt;" in page
    monkeypatch.setattr(class_zip, "MAX_BYTES", 0)
    list(class_zip.pack([run], tmp_path / "full.zip", "7b"))
    with zipfile.ZipFile(tmp_path / "full.zip") as zipped:
        assert zipped.namelist() == ["index.html"]
        assert "the zip is full" in zipped.read("index.html").decode()
