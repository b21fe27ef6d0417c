"""One stranger's picture: bytes in, a small square of RGB out, whatever the size, mode or orientation."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM")
MAX_PIXELS = 40_000_000
Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # for the whole process: Pillow itself refuses twice as many


class Unreadable(Exception):
    """Not a picture we take; the message is a word or two."""


def decode(content: bytes, size: int) -> np.ndarray:
    """uint8 3,size,size: upright, cropped to its middle, antialiased; what is transparent is white.

    An animation gives its first frame. Raises Unreadable.
    """
    return _decoded(content, size, lambda image: _square(image, size))


def decode_whole(content: bytes, size: int) -> np.ndarray:
    """The same, but nothing is cropped: uint8 3,H,W, whose longer side is `size`. Raises Unreadable."""
    return _decoded(content, size, lambda image: ImageOps.contain(image, (size, size)))


def _decoded(content: bytes, size: int, fit: Callable[[Image.Image], Image.Image]) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Unreadable("too many pixels")
            image.draft(None, (2 * size, 2 * size))  # a JPEG is decoded no larger than needed
            found = fit(_rgb(ImageOps.exif_transpose(image)))
    except Unreadable:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unreadable("too many pixels") from error
    except Exception as error:  # a decoder fed with junk may raise anything
        raise Unreadable("unreadable") from error
    return np.ascontiguousarray(np.asarray(found).transpose(2, 0, 1))


def is_grey(picture: np.ndarray) -> bool:
    """Whether red, green and blue of uint8 3,H,W hardly differ."""
    return float(np.ptp(picture.astype(np.int16), axis=0).mean()) < 4


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):  # 16 bits or more a pixel, grey
        values = np.asarray(image, np.float32)
        scale = 255 / 65535 if values.max(initial=0) > 255 else 1.0
        image = Image.fromarray(np.clip(values * scale, 0, 255).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        seen = image.convert("RGBA")
        paper = Image.new("RGBA", seen.size, "white")
        image = Image.alpha_composite(paper, seen)
    return image.convert("RGB")


def _square(image: Image.Image, size: int) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (left, top, left + side, top + side)
    return image.resize((size, size), Image.Resampling.BICUBIC, box=box, reducing_gap=3.0)
