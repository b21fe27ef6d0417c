"""What is measured in pictures, on shapes whose measures are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gan.datasets import strokes
from gan.datasets._hand import FACTORS
from gan.latents import attributes
from tests.digits import write

FINE = 8  # points a pixel's side is tested at
ANY = arrays(np.uint8, (2, 1, 9, 12))


def paint(inside, side=28):
    """uint8 1,1,side,side of a shape: inside(x, y) -> bool, with x to the right and y down from the middle."""
    at = (np.arange(side * FINE) + 0.5) / FINE - side / 2
    fine = inside(at[None, :], at[:, None]) * np.ones((side * FINE, side * FINE))
    grey = fine.reshape(side, FINE, side, FINE).mean((1, 3))
    return np.rint(255 * grey).astype(np.uint8)[None, None]


def bar(width, height):
    return lambda x, y: (np.abs(x) < width / 2) & (np.abs(y) < height / 2)


def frame(x, y):
    """A square of four strokes, two of them horizontal."""
    far = np.maximum(np.abs(x), np.abs(y))
    return (far < 9) & (far > 6)


def sheared(shape, degrees):
    """Leaning right."""
    return lambda x, y: shape(x + np.tan(np.radians(degrees)) * y, y)


def turned(shape, degrees):
    """Clockwise."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return lambda x, y: shape(cos * x + sin * y, -sin * x + cos * y)


def of(shape):
    return {name: float(values[0]) for name, values in attributes.measure(paint(shape)).items()}


@given(st.floats(-40, 40))
def test_a_sheared_bar_has_that_slant(degrees):
    assert of(sheared(bar(3, 16), degrees))["slant"] == pytest.approx(degrees, abs=0.5)


@pytest.mark.parametrize(("width", "height"), [(2, 20), (6, 10), (20, 4), (14, 14)])
def test_a_box_has_its_sides(width, height):
    found = of(bar(width, height))
    assert found["width"] == pytest.approx(width, abs=0.01)
    assert found["height"] == pytest.approx(height, abs=0.01)
    assert found["size"] == max(width, height)
    assert found["slant"] == pytest.approx(0, abs=1e-4)


def test_slant_is_no_width():
    upright, leaning = of(bar(6, 16)), of(sheared(bar(6, 16), 30))
    assert leaning["width"] == pytest.approx(upright["width"], abs=0.3)
    assert leaning["height"] == pytest.approx(upright["height"], abs=0.1)


def test_a_thicker_pen_is_thicker():
    pens = (2, 3, 4, 5)
    found = [of(bar(pen, 24))["thickness"] for pen in pens]
    assert found == pytest.approx([pen * 24 / (pen + 24) for pen in pens], rel=0.08)
    ring = [of(lambda x, y, pen=pen: np.abs(np.hypot(x, y) - 8) < pen / 2)["thickness"] for pen in pens]
    assert ring == pytest.approx(pens, rel=0.12)


@given(st.floats(-15, 15))
def test_a_turned_frame_has_that_rotation_and_no_slant(degrees):
    found = of(turned(frame, degrees))
    assert found["rotation"] == pytest.approx(degrees, abs=3.5)
    assert found["slant"] == pytest.approx(0, abs=1)


@given(st.floats(-30, 30))
def test_a_sheared_frame_has_that_slant_and_no_rotation(degrees):
    found = of(sheared(frame, degrees))
    assert found["slant"] == pytest.approx(degrees, abs=0.5)
    assert found["rotation"] == pytest.approx(0, abs=2)


def test_a_picture_that_is_moved_measures_the_same():
    picture = paint(sheared(bar(4, 12), 20))
    moved = np.roll(picture, (5, -3), (2, 3))
    before, after = attributes.measure(picture), attributes.measure(moved)
    for name in attributes.UNITS:
        assert after[name] == pytest.approx(before[name], abs=1e-3), name


@given(ANY)
def test_a_mirror_turns_the_slant_round(images):
    here, there = attributes.measure(images), attributes.measure(images[..., ::-1])
    for name, sign in {"slant": -1, "width": 1, "height": 1, "size": 1}.items():
        assert there[name] == pytest.approx(sign * here[name], abs=0.02), name


@given(ANY)
def test_every_picture_has_finite_measures(images):
    found = attributes.measure(images)
    assert list(found) == list(attributes.UNITS)
    for values in found.values():
        assert values.shape == (2,)
        assert values.dtype == np.float64
        assert np.isfinite(values).all()


def test_an_empty_picture_has_none_and_no_pictures_are_no_trouble():
    assert all(values == 0 for values in attributes.measure(np.zeros((1, 1, 8, 8), np.uint8)).values())
    assert all(len(v) == 0 for v in attributes.measure(np.zeros((0, 1, 8, 8), np.uint8)).values())


def test_colours_are_averaged_and_every_picture_is_alone():
    images = write(300, 5).images
    whole = attributes.measure(images)
    coloured = attributes.measure(np.repeat(images, 3, 1))
    for name, values in whole.items():
        assert coloured[name] == pytest.approx(values, abs=1e-3)
        assert attributes.measure(images[299:])[name] == pytest.approx(values[299:], abs=1e-3)


def test_strokes_measure_as_they_were_written():
    """Rank correlation with the true factor within each class, on average."""
    rows: dict[str, np.ndarray] = {
        "images": np.empty((2000, 1, 28, 28), np.uint8),
        "labels": np.empty(2000, np.int64),
        "factors": np.empty((2000, 5), np.float32),
    }
    list(strokes.fill(rows, 11, 1))
    found = attributes.measure(rows["images"])
    true = dict(zip(FACTORS, rows["factors"].T, strict=True))
    for name, factor, least in (
        ("slant", "slant", 0.85),
        ("thickness", "thickness", 0.95),
        ("size", "scale", 0.9),
        ("rotation", "rotation", 0.15),
    ):
        assert _agreement(found[name], true[factor], rows["labels"]) > least, name


def _agreement(a, b, labels):
    def ranks(values):
        return values.argsort(kind="stable").argsort(kind="stable")

    each = [np.corrcoef(ranks(a[labels == k]), ranks(b[labels == k]))[0, 1] for k in range(10)]
    return np.mean(each)
