"""The film of a run: twenty seconds that end with the verdict, in a file small enough to send."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from gan import files, images, runs
from gan.config import RunConfig
from gan.export import film
from gan.runs import Run, RunError

SHIPPED = Path(__file__).parents[2] / "checkpoints"


def made(run: Run) -> bytes:
    steps = film.film(run)
    shares = []
    while True:
        try:
            progress = next(steps)
            shares.append(progress.done / progress.total)
        except StopIteration as done:
            assert shares == sorted(shares)
            assert all(0 < share <= 1 for share in shares)
            return bytes(done.value)


@pytest.fixture(scope="module")
def lean() -> bytes:
    return made(Run(SHIPPED / "lean-mnist"))


def test_it_is_about_twenty_seconds_and_about_a_megabyte(lean):
    with Image.open(io.BytesIO(lean)) as picture:
        assert picture.size == (film.WIDTH, film.HEIGHT)
        times = [frame.info["duration"] for frame in ImageSequence.Iterator(picture)]
    assert 19_000 <= sum(times) <= 21_000
    assert times[-1] >= film.HOLD_MS
    assert len(lean) < 3_000_000


def test_pictures_and_curves_move_and_the_verdict_comes_last(lean):
    with Image.open(io.BytesIO(lean)) as picture:
        every = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(picture)]
    frames = [every[at] for at in (0, len(every) // 2, -2, -1)]
    left, top, right, bottom = film.CHART
    grid = (slice(film.SHEET_TOP, None), slice(film.MARGIN, film.MARGIN + film.SHEET_PX))
    chart, verdict = (slice(top, bottom), slice(left, right)), (slice(bottom + 60, 520), slice(left, right))
    assert (frames[0][grid] != frames[1][grid]).any()
    assert [(frames[k][chart] != frames[k + 1][chart]).any() for k in (0, 1)] == [True, True]
    assert (frames[2][verdict] == frames[0][verdict]).all()
    assert (frames[3][verdict] != frames[2][verdict]).any()


def test_a_run_with_one_grid_in_colour_and_no_log_has_a_film(tmp_path):
    run = runs.create(RunConfig(), {"steps": 9}, title="A very long title " * 9, home=tmp_path)
    with pytest.raises(RunError, match="no pictures"):
        next(film.film(run))
    sheet = np.random.default_rng(0).integers(0, 256, (70, 70, 3), dtype=np.uint8)
    files.replace(run.picture("fixed", 0), images.webp(sheet))
    assert made(run).startswith(b"GIF8")


def test_it_is_written_as_a_file(tmp_path):
    shutil.copytree(SHIPPED / "lean-strokes", tmp_path / "it")
    assert [*film.write(Run(tmp_path / "it"), tmp_path / "x.gif")]
    with Image.open(tmp_path / "x.gif") as picture:
        assert sum(1 for _ in ImageSequence.Iterator(picture)) > 100
