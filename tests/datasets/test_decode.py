"""One stranger's picture: any size, mode, orientation and damage becomes a small square or a word."""

import contextlib
import io
import struct
import zlib
from typing import Any

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


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM", "TIFF", "AVIF", "JPEG2000", "ICO"])
def test_every_format_of_the_list_is_read(kind):
    red = _decode.decode(plain((200, 10, 10), kind=kind), 8)
    assert np.abs(red.mean((1, 2)) - [200, 10, 10]).max() < 12


def test_heic_is_read_where_its_library_is():
    pytest.importorskip("pillow_heif")
    red = _decode.decode(plain((200, 10, 10), kind="HEIF"), 8)
    assert np.abs(red.mean((1, 2)) - [200, 10, 10]).max() < 12


@pytest.mark.parametrize("kind", ["TGA", "PDF", "EPS"])
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


def png16(values):
    """A PNG of 16 bits a channel, which Pillow cannot write in colour: uint16 H,W,C."""
    H, W, C = values.shape

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = struct.pack(">IIBBBBB", W, H, 16, {1: 0, 2: 4, 3: 2, 4: 6}[C], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def sampled(content, fit=_decode.square, size=20) -> Any:
    (sample,) = _decode.samples(content, size, fit)
    return sample


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_16_bits_are_read_whole_in_grey_and_in_colour(channels):
    values = np.random.default_rng(0).integers(0, 4000, (20, 20, channels)).astype(np.uint16)
    if channels in (2, 4):
        values[..., -1] = 65535
    sample = sampled(png16(values))
    assert sample.depth == "16-bit"
    colours = values[..., : 1 if channels < 3 else 3].transpose(2, 0, 1)
    assert (sample.deep[0] == colours).all()
    assert sample.pixels.max() <= 4000 // 256


def test_a_deep_picture_is_turned_upright_with_its_values():
    values = np.zeros((10, 20), np.uint16)
    values[:, :10] = 9000
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(values).save(out, "PNG", exif=exif)
    sample = sampled(out.getvalue(), size=10)
    assert sample.deep[0, 0, :4].mean() > 8000
    assert sample.deep[0, 0, 6:].mean() < 1000
    assert (sample.width, sample.height) == (10, 20)


def test_the_pages_of_a_tiff_are_pictures():
    pages = [Image.new("L", (20, 20), shade) for shade in (0, 100, 200)]
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    means = [sample.pixels.mean() for sample in _decode.samples(out.getvalue(), 8, _decode.square)]
    assert means == [0, 100, 200]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_frame_that_shows_most_is_taken(kind):
    frames = [Image.new("RGB", (20, 20), "white") for _ in range(3)]
    frames[1].paste("black", (5, 5, 15, 15))
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    assert _decode.decode(out.getvalue(), 8).min() < 30


def test_padding_keeps_all_on_the_colour_of_the_edge():
    strip = np.full((10, 100, 3), 250, np.uint8)
    strip[:, 2:12] = 0
    sample = sampled(png(strip), _decode.padded)
    assert sample.pixels.shape == (1, 1, 20, 20)
    assert sample.pixels.min() < 100
    assert sample.pixels[0, 0, 0].min() >= 245


@pytest.mark.parametrize(
    ("kind", "reason"), [("JPEG", "cut off"), ("PNG", "cut off|broken"), ("WEBP", "broken|cut off")]
)
def test_a_cut_picture_says_so(kind, reason):
    whole = picture(size=(120, 120), kind=kind)
    with pytest.raises(_decode.Unreadable, match=reason):
        _decode.decode(whole[: len(whole) // 2], 8)


def test_a_large_jpeg_is_decoded_small(monkeypatch):
    monkeypatch.setattr(_decode, "MAX_PIXELS", 64 * 64)
    assert _decode.decode(plain("red", size=(300, 300), kind="JPEG"), 8).shape == (3, 8, 8)
    with pytest.raises(_decode.Unreadable, match="too many pixels"):
        _decode.decode(plain("red", size=(300, 300)), 8)


def test_what_is_decoded_of_one_file_is_bounded(monkeypatch):
    monkeypatch.setattr(_decode, "MAX_PIXELS", 64 * 64)
    progressive = plain("red", size=(100, 100), kind="JPEG", progressive=True)
    with pytest.raises(_decode.Unreadable, match="too many pixels"):
        _decode.decode(progressive, 8)
    monkeypatch.setattr(_decode, "MAX_PAGED_PIXELS", 1000)
    out = io.BytesIO()
    Image.new("L", (20, 20)).save(out, "TIFF", save_all=True, append_images=[Image.new("L", (20, 20))] * 2)
    with pytest.raises(_decode.Unreadable, match="too many pixels"):
        list(_decode.samples(out.getvalue(), 8, _decode.square))


def png(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_damaged_picture_is_decoded_or_unreadable(data):
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM", "TIFF", "ICO"]))
    content = bytearray(picture(size=(17, 11), kind=kind))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(_decode.Unreadable):
        assert _decode.decode(bytes(content), 8).shape == (3, 8, 8)
