"""Pictures as bytes and curves for a screen."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gan import images
from gan.runs import log_reader

rng = np.random.default_rng(0)


@pytest.mark.parametrize(("count", "columns", "shape"), [(4, 0, (2, 2)), (5, 0, (2, 3)), (3, 2, (2, 2))])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_grid_shows_every_image_where_it_belongs(count, columns, shape, channels):
    pictures = rng.integers(0, 256, (count, 6, 5, channels), dtype=np.uint8)
    sheet = images.grid(pictures, columns, gap=2, paper=9)
    rows, cols = shape
    assert sheet.shape == (rows * 8 - 2, cols * 7 - 2, channels)
    for k, picture in enumerate(pictures):
        top, left = k // cols * 8, k % cols * 7
        assert (sheet[top : top + 6, left : left + 5] == picture).all()
    assert (sheet[6:8] == 9).all()
    assert (sheet[:, 5:7] == 9).all()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("count", [1, 5, 16])
def test_the_images_of_a_grid_come_back(count, channels):
    pictures = rng.integers(0, 256, (count, 6, 5, channels), dtype=np.uint8)
    sheet = images.decode(images.webp(images.grid(pictures)))
    assert (images.tiles(sheet, (channels, 6, 5)) == pictures).all()


@pytest.mark.parametrize("shape", [(1, 6, 6), (1, 5, 5), (4, 6, 5), (2, 1, 1)])
def test_images_of_another_size_do_not_lie_on_a_grid(shape):
    sheet = images.grid(rng.integers(0, 256, (4, 6, 5, 3), dtype=np.uint8))
    with pytest.raises(ValueError, match=r"^no images of "):
        images.tiles(sheet, shape)
    with pytest.raises(ValueError, match=r"there are no gaps"):
        images.tiles(np.zeros((14, 12, 3), np.uint8), (1, 6, 5))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("encode", [images.webp, images.png])
def test_pictures_come_back_as_they_were(encode, channels):
    sheet = rng.integers(0, 256, (20, 30, channels), dtype=np.uint8)
    again = images.decode(encode(sheet))
    assert again.shape == (20, 30, 3)
    assert (again == sheet).all()


def test_the_first_picture_does_not_import_every_format_there_is():
    code = (
        "import sys, numpy as np; from gan import images; sheet = np.zeros((4, 4, 3), np.uint8);"
        "images.decode(images.webp(sheet)); images.decode(images.png(sheet));"
        "sys.exit('PIL.TiffImagePlugin' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_only_our_own_formats_are_decoded():
    with pytest.raises(OSError, match="cannot identify"):
        images.decode(images.gif([np.zeros((4, 4, 1), np.uint8)]))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_gif_plays_every_frame_and_rests_on_the_last(channels):
    sheets = [np.full((8, 8, channels), value, np.uint8) for value in (0, 120, 255)]
    with Image.open(io.BytesIO(images.gif(sheets, milliseconds=50, hold=700))) as film:
        assert getattr(film, "n_frames", 1) == 3
        times = []
        for k, sheet in enumerate(sheets):
            film.seek(k)
            times.append(film.info["duration"])
            assert abs(np.asarray(film.convert("L")).astype(int) - int(sheet[0, 0, 0])).max() <= 2
        assert film.info["loop"] == 0
    assert times == [50, 50, 700]


def test_floats_become_pixels_and_what_is_beyond_is_clipped():
    x = np.array([-2, -1, 0, 1, 3], np.float32).reshape(1, 1, 1, 5)
    assert images.to_pixels(x).ravel().tolist() == [0, 0, 128, 255, 255]
    assert images.to_pixels(rng.normal(size=(2, 3, 4, 5))).shape == (2, 4, 5, 3)


def colour_at(sheet, x, y):
    """The colour of the picture at a point of the plane; approximately, for the edges of dots are smooth."""
    column, row = ((np.array([x, -y]) / images.VIEW + 1) / 2 * len(sheet)).astype(int)
    return pytest.approx(sheet[row, column].astype(int), abs=25)


def test_points_lie_where_they_are_in_their_colours():
    sheet = images.scatter(np.array([[0.5, 0.5]]), np.array([[-0.5, -0.5], [9.0, 0.0]]))
    assert sheet.shape == (384, 384, 3)
    assert colour_at(sheet, 0.5, 0.5) == images.REAL  # up is up
    assert colour_at(sheet, -0.5, -0.5) == images.FAKE
    assert colour_at(sheet, -0.5, 0.5) == (255, 255, 255)
    assert colour_at(sheet, images.VIEW - 0.005, 0) == images.FAKE  # kept at the edge


def test_the_field_tints_the_paper_with_what_d_believes():
    field = np.tile(np.array([1.0, 0.5, 0.0]), (3, 1))  # real on the left, generated on the right
    sheet = images.scatter(np.empty((0, 2)), np.empty((0, 2)), field).astype(int)
    left, middle, right = sheet[192, 5], sheet[192, 192], sheet[192, -5]
    assert left.argmin() == 0  # green: little red
    assert right.argmin() == 1  # pink: little green
    assert (middle > 245).all()
    assert (sheet > 150).all()  # pale


# -- curves ----------------------------------------------------------------------------------------

CURVES = st.integers(1, 400).flatmap(
    lambda n: st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")) | st.just(float("inf")), min_size=n, max_size=n)
)


@given(CURVES, st.integers(6, 60))
def test_thinned_curves_keep_their_peaks_and_valleys(curve, most):
    values = np.array(curve)
    columns = {"step": np.arange(len(values), dtype=float), "loss": values}
    thin = log_reader.decimate(columns, most)
    assert len(thin["step"]) == len(thin["loss"]) <= min(most, len(values))
    assert np.nanmin(np.append(thin["loss"], np.inf)) == np.nanmin(np.append(values, np.inf))
    assert np.nanmax(np.append(thin["loss"], -np.inf)) == np.nanmax(np.append(values, -np.inf))
    assert (np.diff(thin["step"]) >= 0).all()
    assert thin["step"][-1] == len(values) - 1
    assert str(thin["loss"][-1]) == str(values[-1])
    if len(values) <= most:
        assert np.array_equal(thin["loss"], values, equal_nan=True)


def test_every_bucket_keeps_its_own_peak():
    values = np.zeros(10_000)
    peaks = np.arange(50, 10_000, 100)
    values[peaks] = np.arange(len(peaks)) + 1
    thin = log_reader.decimate({"loss": values}, 1_000)["loss"]
    assert len(thin) <= 1_000
    assert sorted(thin[thin > 0]) == sorted(values[peaks])


def test_nothing_to_thin():
    assert log_reader.decimate({}, 10) == {}


@pytest.mark.parametrize(
    ("count", "classes", "columns"),
    [(64, 0, 8), (64, 1, 8), (64, 2, 8), (64, 3, 9), (64, 12, 12), (100, 10, 10), (64, 10, 10), (64, 100, 8)],
)
def test_each_class_has_its_columns(count, classes, columns):
    assert images.columns_of(count, classes) == columns
