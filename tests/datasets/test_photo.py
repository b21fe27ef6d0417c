"""A photo of a digit becomes what MNIST would show: upright light ink, 20 of 28 pixels long, centred by its mass."""

from __future__ import annotations

import numpy as np
import pytest

from gan.datasets import _photo
from tests.digits import write


def paper(high: int = 120, wide: int = 160, light: float = 0.85, shade: float = 0.0) -> np.ndarray:
    """Grey paper with a lamp on its left."""
    across = np.linspace(0, shade, wide)[None]
    noise = np.random.default_rng(0).normal(0, 0.01, (high, wide))
    return np.clip(light - across + noise, 0, 1)


def centre(picture: np.ndarray) -> np.ndarray:
    mass = picture.astype(float)
    y, x = np.mgrid[: len(picture), : picture.shape[1]] + 0.5
    return np.array([(y * mass).sum(), (x * mass).sum()]) / mass.sum()


def span(picture: np.ndarray) -> tuple[int, int]:
    rows, columns = (np.flatnonzero(picture.max(axis) > 64) for axis in (1, 0))
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


@pytest.mark.parametrize("shade", [0.0, 0.3])
@pytest.mark.parametrize("dark", [True, False])
def test_a_stroke_anywhere_comes_to_the_middle(shade: float, dark: bool) -> None:
    sheet = paper(shade=shade)
    sheet[20:80, 110:120] = 0.1
    found = _photo.centred(sheet if dark else 1 - sheet, 28)
    assert found.shape == (28, 28)
    assert span(found)[0] == 20
    assert span(found)[1] in (3, 4)
    np.testing.assert_allclose(centre(found), 14, atol=0.6)
    assert found.max() == 255
    assert (found[:2] == 0).all()


def test_the_middle_is_that_of_the_mass_not_of_the_box() -> None:
    sheet = paper()
    sheet[20:80, 60:66] = 0.1
    sheet[20:36, 40:90] = 0.1  # a heavy bar on a thin stem
    found = _photo.centred(sheet, 28)
    np.testing.assert_allclose(centre(found), 14, atol=0.6)
    assert np.flatnonzero(found.max(1) > 64)[0] > 4  # so that the stem reaches further down


def test_specks_are_no_ink() -> None:
    sheet = paper()
    sheet[40:100, 60:80] = 0.1
    sheet[3, 3] = sheet[110, 150] = 0.0
    assert span(_photo.centred(sheet, 28))[0] == 20


def test_its_size_and_place_do_not_matter() -> None:
    digit = write(1, 3).images[0, 0] / 255
    seen = []
    for times, top, left in ((3, 5, 10), (6, 30, 60)):
        big = digit.repeat(times, 0).repeat(times, 1)
        sheet = np.full((240, 300), 0.9)
        sheet[top : top + len(big), left : left + len(big)] -= 0.8 * big
        seen.append(_photo.centred(sheet, 28).astype(float))
    assert np.abs(seen[0] - seen[1]).mean() < 6


@pytest.mark.parametrize("side", [8, 16, 28, 64])
def test_other_sizes_keep_the_margins(side: int) -> None:
    sheet = paper()
    sheet[30:90, 70:90] = 0.1
    found = _photo.centred(sheet, side)
    assert found.shape == (side, side)
    assert abs(span(found)[0] - round(side * 20 / 28)) <= 1


@pytest.mark.parametrize("grey", [paper(), np.zeros((30, 30)), np.ones((1, 1)), paper(shade=0.4)])
def test_where_nothing_is_written_it_says_so(grey: np.ndarray) -> None:
    with pytest.raises(ValueError, match="ink"):
        _photo.centred(grey, 28)


@pytest.mark.parametrize("side", [56, 140, 280, 600])
def test_a_thin_stem_is_not_taken_for_a_speck(side: int) -> None:
    """A 9: a round head and a stem, at any size of the photo."""
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    away = np.hypot(x - 0.5, y - 0.3)
    head = (away < 0.2) & (away > 0.12)
    stem = (np.abs(x - 0.68) < 0.02) & (y > 0.3) & (y < 0.9)
    found = _photo.centred(np.where(head | stem, 1.0, 0.0), 28)
    assert span(found)[0] == 20
    assert span(found)[1] < 13


def test_a_bar_on_a_large_photo() -> None:
    sheet = np.ones((1500, 1500))
    sheet[300:1200, 600:900] = 0
    assert span(_photo.centred(sheet, 28)) == (20, 7)
