"""The sheet for slides: readable files of every kind, also for a run that has little to show."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from gan import files, images, palette, runs
from gan.config import RunConfig
from gan.diagnostics import d_scale
from gan.export import figure


@pytest.fixture
def run(tmp_path):
    return runs.create(RunConfig(), {"steps": 9}, title="It costs $5 and $6", home=tmp_path)


def fill(run, rows=50):
    for k in range(rows):
        told = {"seq": k, "step": 20 * k, "d_loss": math.nan if k == 3 else 1.0, "g_loss": 2.0}
        files.append(run.path / "metrics.jsonl", [{**told, "d_real": 0.7, "d_fake": 0.2}])
    run.record("lr", step=200, lr_g=0.1, lr_d=0.1)
    for step in range(0, 1000, 100):
        sheet = np.full((30, 30, 3), (0, step // 4, 0), np.uint8)
        files.replace(run.picture("fixed", step), images.webp(sheet))


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_every_kind_is_a_file_of_its_kind(run, kind, start):
    fill(run, rows=5)
    assert figure.figure(run, kind).startswith(start)


def test_the_sheet_is_large_and_in_our_colours(run):
    fill(run)
    with Image.open(io.BytesIO(figure.figure(run))) as picture:
        assert picture.size == (1999, 1125)
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    colours = {tuple(colour) for colour in np.unique(pixels, axis=0).tolist()}
    wanted = (palette.REAL, palette.FAKE, palette.D, palette.G)
    assert {tuple(bytes.fromhex(c[1:])) for c in wanted} <= colours


def words(run):
    return figure.figure(run, "svg").decode()


def test_the_second_chart_shows_what_the_loss_gives_d(tmp_path):
    made = {loss: runs.create(RunConfig(loss=loss), {"steps": 9}, home=tmp_path) for loss in ("hinge", "wasserstein")}
    for run in made.values():
        files.append(run.path / "metrics.jsonl", [{"seq": 0, "step": 0, "d_real": None, "real_below_fake": 0.25}])
    assert "D's verdict" in words(made["hinge"])
    assert "not a calibrated probability" in words(made["hinge"])
    assert "Can D tell them apart?" in words(made["wasserstein"])
    assert d_scale.ORDER in words(made["wasserstein"])


def test_a_run_without_numbers_or_pictures_still_makes_a_sheet(run):
    run.picture("fixed", 3).write_bytes(b"torn")
    assert len(figure.figure(run)) > 1000


def test_steps_are_spread_along_the_list():
    assert figure.spread([0, 1, 2], 5) == [0, 1, 2]
    assert figure.spread(list(range(0, 1000, 10)), 5) == [0, 250, 500, 740, 990]
