"""The made digits: what they look like in numbers, that a seed decides every byte, and how they are kept."""

import json
import os
import subprocess
import sys
import threading
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from gan.datasets import DataError, _cache, strokes
from gan.datasets._glyphs import GLYPHS, STYLES
from gan.datasets._hand import template, write

SOME = len(GLYPHS) * 20


def filled(n, seed=0, workers=1):
    rows = {
        "images": np.empty((n, 1, 28, 28), np.uint8),
        "labels": np.empty(n, np.int64),
        "factors": np.empty((n, 5), np.float32),
    }
    assert list(strokes.fill(rows, seed, workers))[-1] == n
    return rows


@pytest.fixture(scope="module")
def digits():
    return filled(SOME)


@pytest.fixture
def few(monkeypatch, tmp_path):
    """A small set, and no folder but the test's own to keep it in."""
    monkeypatch.setattr(strokes, "COUNT", 200)
    monkeypatch.setattr(strokes, "TEST_COUNT", 50)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return tmp_path / "data"


def test_every_digit_has_several_styles_whose_shares_make_a_hundred():
    for digit in range(10):
        shares = [glyph.share for glyph in GLYPHS if glyph.digit == digit]
        assert len(shares) >= 3
        assert sum(shares) == 100
    assert len(set(STYLES)) == len(STYLES)


@pytest.mark.parametrize("style", range(len(GLYPHS)), ids=STYLES)
def test_the_pen_passes_through_its_control_points_without_gaps(style):
    control, matrix = template(style)
    line = matrix @ control
    nearest = np.linalg.norm(line[:, None] - control, axis=2).min(0)
    assert nearest.max() < 2
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    assert (steps > 6).sum() <= len(GLYPHS[style].strokes) - 1  # only between strokes


def test_the_same_seed_gives_the_same_bytes_whatever_the_workers(digits):
    for name, column in filled(SOME, workers=3).items():
        assert column.tobytes() == digits[name].tobytes()
    assert filled(SOME, seed=1)["images"].tobytes() != digits["images"].tobytes()


def test_no_two_pictures_are_the_same(digits):
    assert len({image.tobytes() for image in digits["images"]}) == SOME


def test_classes_are_equally_frequent_and_in_random_order(digits):
    assert np.ptp(np.bincount(digits["labels"], minlength=10)) <= 1
    assert 0 < sum(a == b for a, b in pairwise(digits["labels"])) < SOME / 5
    styles = digits["factors"][:, 4].astype(int)
    assert [GLYPHS[style].digit for style in styles] == digits["labels"].tolist()


def test_digits_are_placed_like_mnist(digits):
    images = digits["images"][:, 0].astype(float)
    ink, grid = images > 0, np.arange(28)
    rows, columns = ink.any(2), ink.any(1)
    height = 28 - rows.argmax(1) - rows[:, ::-1].argmax(1)
    width = 28 - columns.argmax(1) - columns[:, ::-1].argmax(1)
    assert np.maximum(height, width).max() <= 21
    assert np.maximum(height, width).mean() > 19
    mass = images.sum((1, 2))
    down, right = (images.sum(2) @ grid) / mass, (images.sum(1) @ grid) / mass
    assert np.abs(np.stack([down, right]) - 14).mean() < 0.35
    assert 31 < images.mean() < 36  # MNIST: 33.3
    assert (images.max((1, 2)) == 255).mean() > 0.95


def test_the_factors_are_true(digits):
    """Pictures of a bar: the moments of the ink tell its slant, its sum the thickness."""
    bar = next(i for i, glyph in enumerate(GLYPHS) if glyph.style == "bar" and glyph.digit == 1)
    pictures, factors = write(bar, 200, np.random.default_rng(0))
    slant, rotation, scale, thickness, style = factors.T
    images = pictures.astype(float)
    x, y = np.meshgrid(np.arange(28) - 14.0, np.arange(28) - 14.0)
    lean = np.degrees(np.arctan2(-(images * x * y).sum((1, 2)), (images * y * y).sum((1, 2))))
    assert np.corrcoef(lean, slant + rotation)[0, 1] > 0.9
    assert np.corrcoef(images.sum((1, 2)), thickness)[0, 1] > 0.9
    assert set(scale) <= {18, 19, 20}
    assert (style == bar).all()


def test_loading_makes_what_is_missing_and_reads_it_the_second_time(few, monkeypatch):
    data = strokes.load(few)
    assert data.images.shape == (200, 1, 28, 28)
    assert data.test
    assert len(data.test) == 50
    assert data.names == tuple("0123456789")
    assert data.factors
    assert data.factors["style"].dtype == np.int64
    assert (few / strokes.FOLDER).is_dir()
    monkeypatch.setattr(strokes, "fill", None)
    again = strokes.load(few)
    assert again.images.tobytes() == data.images.tobytes()


def test_the_pictures_stay_in_their_file_and_nobody_changes_them_there(few):
    images = strokes.load(few).images
    assert isinstance(images, np.memmap)
    images[0] = 255 - images[0]
    assert (strokes.load(few).images[0] == 255 - images[0]).all()


def test_making_tells_how_far_it_is(few):
    told = list(strokes.make(few))
    assert [step.done for step in told] == sorted(step.done for step in told)
    assert (told[-1].done, told[-1].total) == (250, 250)
    assert len(list(strokes.make(few))) == 1


def damage(folder, how):
    images = folder / "images.npy"
    match how:
        case "a flipped byte":
            data = bytearray(images.read_bytes())
            data[5000] ^= 1
            images.write_bytes(data)
        case "a cut file":
            os.truncate(images, 5000)
        case "a missing file":
            images.unlink()
        case "no sums":
            (folder / _cache.SUMS).unlink()
        case "sums that are no table":
            (folder / _cache.SUMS).write_text("[1, 2]")
        case "another count":
            np.save(images, np.zeros((3, 1, 28, 28), np.uint8))
            sums = json.loads((folder / _cache.SUMS).read_text())
            sums["images.npy"] = _cache._sum(images)
            (folder / _cache.SUMS).write_text(json.dumps(sums))


@pytest.mark.parametrize(
    "how", ["a flipped byte", "a cut file", "a missing file", "no sums", "sums that are no table", "another count"]
)
def test_a_broken_cache_is_made_again(few, how):
    before = strokes.load(few).images.tobytes()
    damage(few / strokes.FOLDER, how)
    assert strokes.load(few).images.tobytes() == before
    assert np.load(few / strokes.FOLDER / "images.npy")[:200].tobytes() == before
    assert [path.name for path in few.iterdir()] == [strokes.FOLDER]


def test_a_file_in_the_way_is_moved(few):
    few.mkdir()
    (few / strokes.FOLDER).write_text("what is this?")
    assert len(strokes.load(few)) == 200
    assert (few / strokes.FOLDER).is_dir()


def test_a_making_that_is_given_up_leaves_nothing(few):
    threads = threading.active_count()
    making: Any = strokes.make(few)
    next(making)
    making.close()
    assert not few.exists()
    assert threading.active_count() == threads


def test_leftovers_of_a_killed_process_are_swept(few):
    old = few / f".{strokes.FOLDER}.abc"
    young = few / f".{strokes.FOLDER}.def"
    old.mkdir(parents=True)
    young.mkdir()
    os.utime(old, (0, 0))
    strokes.load(few)
    assert not old.exists()
    assert young.exists()


@pytest.mark.parametrize("blocked", [1, 2])
def test_a_root_that_cannot_be_written_falls_back(few, blocked, tmp_path):
    """A file where a folder should be refuses even the superuser."""
    for place in (few, tmp_path / "cache")[:blocked]:
        place.write_text("")
    kept = (tmp_path / "cache/forger", tmp_path / f"tmp/forger-{os.getuid()}")[blocked - 1]
    assert len(strokes.load(few)) == 200
    assert (kept / strokes.FOLDER).is_dir()
    assert len(list(strokes.make(few))) == 1


def test_nowhere_to_write_is_said_in_a_sentence(few, tmp_path):
    for place in (few, tmp_path / "cache", tmp_path / "tmp"):
        place.write_text("")
    with pytest.raises(DataError, match=r"No folder takes .* set GAN_DATA"):
        strokes.load(few)


def test_a_full_disk_tries_the_next_folder(few, monkeypatch, tmp_path):
    save = np.save

    def full(path, column):
        if few in path.parents:
            raise OSError(28, "No space left on device")
        save(path, column)

    monkeypatch.setattr(np, "save", full)
    assert len(strokes.load(few)) == 200
    assert list(few.iterdir()) == []
    assert (tmp_path / "cache/forger" / strokes.FOLDER).is_dir()


def test_processes_that_make_it_at_once_all_find_it(few):
    code = (
        "import sys; from pathlib import Path; from gan.datasets import strokes\n"
        "strokes.COUNT, strokes.TEST_COUNT = 200, 50\n"
        "print(strokes.load(Path(sys.argv[1])).images.sum())"
    )
    racers = [subprocess.Popen([sys.executable, "-c", code, few], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = {racer.communicate()[0] for racer in racers}
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    assert len(answers) == 1
    assert [path.name for path in few.iterdir()] == [strokes.FOLDER]
