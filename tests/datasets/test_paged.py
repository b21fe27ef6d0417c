"""Large sets lie in files: the same data, runs and scores as from memory, bit for bit."""

from __future__ import annotations

import mmap
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from gan import datasets
from gan.cli import main as command_line
from gan.datasets import Data, DataError, _paged
from gan.datasets.own import last_read
from gan.evaluation import reference
from gan.training.batches import Batches
from tests.datasets.fakes import picture
from tests.engine import game_of, kept, make, play, rows, same, tiny

MODES = ("L", "RGB", "RGBA", "I;16")


@pytest.fixture
def nothing_fits(monkeypatch):
    """Call it, and from then on every array is large."""

    def begin() -> None:
        monkeypatch.setattr(_paged, "MEMORY_BYTES", 0)
        monkeypatch.setattr(_paged, "BLOCK_BYTES", 5000)
        monkeypatch.setattr(_paged, "CHUNK_BYTES", 3000)
        last_read._last.clear()

    yield begin
    last_read._last.clear()


def in_file(array: np.ndarray | None) -> bool:
    base: Any = array
    while base is not None and not isinstance(base, mmap.mmap):
        base = base.obj if isinstance(base, memoryview) else base.base
    return base is not None


def folder(home: Path, mode: str) -> str:
    for kind in ("cat", "dog"):
        (home / kind).mkdir(parents=True)
        for k in range(12):
            (home / kind / f"{k:02}.png").write_bytes(picture(mode, seed=k, size=(20 + k, 30)))
    return str(home)


def read(source: str, **choices: Any) -> Data:
    return datasets.open(tiny(dataset="own-images", source=source, image_size=12, **choices))


def equal(one: Data, other: Data) -> None:
    assert (one.images == other.images).all()
    assert one.images.dtype == other.images.dtype
    assert (one.labels is None) == (other.labels is None)
    assert one.labels is None or (one.labels == other.labels).all()
    assert one.reading == other.reading


@pytest.mark.parametrize("mode", MODES)
def test_pictures_of_a_folder(tmp_path, nothing_fits, mode):
    source = folder(tmp_path / "pictures", mode)
    small, fewer = read(source), read(source, n_images=20)
    nothing_fits()
    large = read(source)
    assert in_file(large.images)
    assert not in_file(small.images)
    equal(small, large)
    equal(fewer, read(source, n_images=20))
    equal(small.resized(8), large.resized(8))


@pytest.mark.parametrize("kind", [np.uint8, np.bool_, np.uint16, np.int64, np.float32])
@pytest.mark.parametrize("shape", [(30, 12, 12), (30, 15, 12, 3), (30, 3, 12, 12)])
def test_arrays(tmp_path, nothing_fits, kind, shape):
    array = np.random.default_rng(0).integers(0, 2 if kind is np.bool_ else 256, shape).astype(kind)
    if kind is np.float32:
        array.flat[:3] = np.nan, np.inf, -np.inf
    np.save(tmp_path / "x.npy", array)
    small = read(str(tmp_path / "x.npy"))
    nothing_fits()
    equal(small, read(str(tmp_path / "x.npy")))


def test_an_array_stays_in_its_file(tmp_path, nothing_fits, monkeypatch, capsys):
    """As the shell writes it: no copy is made, and nothing that is done changes the file."""
    source = folder(tmp_path / "pictures", "RGB")
    small = read(source)
    out = tmp_path / "set" / "x.npy"
    out.parent.mkdir()
    words = ["data", "own-images", "--source", source, "--image-size", "12", "--out", str(out)]
    assert command_line.main(words) == 0
    nothing_fits()
    monkeypatch.setattr(_paged, "MEMORY_BYTES", small.images.nbytes - 1)  # so only a copy would take a file
    monkeypatch.setattr(_paged, "_mapped", lambda *_: pytest.fail("a copy"))
    before = out.read_bytes()
    large = read(str(out.parent))
    assert (large.images == small.images).all()
    assert large.labels is not None
    assert (large.labels == small.labels).all()
    assert in_file(large.images)
    large.images[:] = 0
    assert out.read_bytes() == before


def some(count: int = 60) -> Data:
    rng = np.random.default_rng(0)
    return Data(rng.integers(0, 256, (count, 1, 8, 8), dtype=np.uint8))


def test_a_run_and_its_reference(tmp_path, nothing_fits):
    """D learns twice a step, and G asks for real pictures of its own: both read ahead of each other."""
    config = tiny(loss="relativistic", reuse_fake=False, d_steps=2, g_steps=1)
    whole, parts = make(tmp_path, config, 8, "whole"), make(tmp_path, config, 8, "parts")
    play(whole, some())
    ruler = reference.make("mine", some(300), None)
    nothing_fits()
    data = Data(_paged.take(some().images, np.arange(60)))
    assert in_file(data.images)
    play(parts, data)
    assert rows(parts) == rows(whole)
    assert same(kept(parts), kept(whole))
    other = reference.make("mine", some(300), None)
    assert (ruler.basis == other.basis).all()
    assert ruler.real_baseline == other.real_baseline


def test_batches_are_read_ahead(nothing_fits):
    nothing_fits()
    config, data = tiny(), some()
    batches = Batches(config, data, game_of())
    for update in (0, 1, 5, 2, 3, 5, 6):
        first, _ = batches(update)
        assert update + 1 in batches.ahead or update < max(batches.ahead)
        assert len(batches.ahead) <= 4
        again = data.images[batches.rng.batch(update, config.batch, len(data)).numpy()]
        assert ((first.numpy() + 1) * 127.5).round().astype(int).tolist() == again.tolist()


def test_what_is_too_large_for_the_device_stays_where_it_is(monkeypatch):
    game = game_of()
    batches = Batches(tiny(), some(), game)
    monkeypatch.setattr(batches, "device", torch.device("meta"))
    monkeypatch.setattr("gan.training.memory.free", lambda _: 60 * 64)
    assert batches._placed(some().images).device.type == "cpu"


def test_a_disk_without_room_is_told(nothing_fits, monkeypatch):
    nothing_fits()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    with pytest.raises(DataError, match="on a disk, and there is no room"):
        _paged.empty((10, 10))
