"""One stranger's picture: any size, mode, orientation and damage becomes a small square or a word."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gan.datasets import _decode
from tests.datasets.fakes import picture, plain


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "16-bit PGM"])
@pytest.mark.parametrize("size", [(28, 28), (1, 500), (300, 7), (2, 2), (640, 480)])
def test_any_mode_and_size_becomes_a_small_square(mode, size):
    pixels = np.full(size[::-1], 200, np.uint8)
    image = Image.fromarray(pixels)
    if "16" in mode:
        image = Image.fromarray(pixels.astype(np.uint16) * 257)
    else:
        image = image.convert(mode)
    out = io.BytesIO()
    image.save(out, "PPM" if "PGM" in mode else "PNG")
    square = _decode.decode(out.getvalue(), 16)
    assert square.shape == (3, 16, 16)
    assert square.dtype == np.uint8
    if mode != "1":
        assert np.abs(square.astype(int) - 200).max() <= 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM"])
def test_every_format_of_the_list_is_read(kind):
    red = _decode.decode(plain((200, 10, 10), kind=kind), 8)
    assert np.abs(red.mean((1, 2)) - [200, 10, 10]).max() < 12


@pytest.mark.parametrize("kind", ["TIFF", "ICO", "TGA", "PDF", "EPS"])
def test_other_formats_are_refused(kind):
    with pytest.raises(_decode.Unreadable):
        _decode.decode(plain("red", kind=kind), 8)


def test_the_middle_is_kept_and_shrinking_averages():
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 100:200] = np.indices((100, 100)).sum(0)[..., None] % 2 * 255
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    square = _decode.decode(out.getvalue(), 10)[:, :, 1:-1]
    assert np.abs(square.astype(int) - 127).max() < 12


def test_a_picture_is_turned_upright():
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:16] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the stored top is the right side
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", exif=exif, quality=95)
    square = _decode.decode(out.getvalue(), 8)[0]
    assert square[:, :3].mean() < 20
    assert square[:, 5:].mean() > 235


def test_what_is_transparent_is_white():
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(out, "PNG")
    assert _decode.decode(out.getvalue(), 8).min() == 255


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_damaged_picture_is_decoded_or_unreadable(data):
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM"]))
    content = bytearray(picture(size=(17, 11), kind=kind))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(_decode.Unreadable):
        assert _decode.decode(bytes(content), 8).shape == (3, 8, 8)
