"""One stranger's picture: bytes in, a small square out, whatever its size, mode, depth, frames or orientation."""

from __future__ import annotations

import importlib.util
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from gan.datasets import _deep, _frames

FORMATS = ["PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM", "TIFF", "AVIF", "JPEG2000", "ICO"]
MAX_PIXELS = 40_000_000  # of what is decoded: a JPEG is decoded smaller
MAX_SHRUNK_PIXELS = 200_000_000  # of a JPEG before that
BIG_PIXELS = 8_000_000  # from which on one picture at a time is decoded
MAX_PAGES, MAX_PAGED_PIXELS = 2_000, 1_000_000_000  # of a TIFF
TOO_MANY = f"too many pixels; {MAX_PIXELS // 10**6} million are read, of a JPEG {MAX_SHRUNK_PIXELS // 10**6}"
UNKNOWN = "broken, or of a variant that is not read; save it as PNG"
CUT_OFF = "cut off; the download or copy was not complete"
Image.MAX_IMAGE_PIXELS = MAX_SHRUNK_PIXELS  # for the whole process: Pillow itself refuses twice as many

if HEIC := importlib.util.find_spec("pillow_heif") is not None:
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False)
    FORMATS.append("HEIF")

READ = f"PNG, JPEG, GIF, BMP, WebP, TIFF, AVIF, {'HEIC, ' if HEIC else ''}JPEG 2000, ICO and PPM are read"  # in words
Fit = Callable[[Image.Image, int], Image.Image]
_one_big = threading.Lock()


class Unreadable(Exception):
    """Not a picture we take; the message is a few words."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Pictures of one kind, small: uint8 n,C,S,S on white paper and with the whole range of their bit depth.

    C is 1 where red, green and blue are the same, else 3. on_black: the same on black paper, where something is
    transparent. deep: float32 n,C,S,S, values of more than 8 bits, whose kind is `depth`. width, height: of one before.
    frames: how many its file has.
    """

    pixels: np.ndarray
    on_black: np.ndarray | None = None
    deep: np.ndarray | None = None
    depth: str = ""
    width: int = 0
    height: int = 0
    frames: int = 1

    def __len__(self) -> int:
        return len(self.pixels)


def decode(content: bytes, size: int) -> np.ndarray:
    """uint8 3,size,size: upright, cropped to its middle, antialiased; what is transparent is white.

    An animation gives the frame that shows most, a TIFF its first page. Raises Unreadable.
    """
    return _three(next(samples(content, size, square)))


def decode_whole(content: bytes, size: int) -> np.ndarray:
    """The same, but nothing is cropped: uint8 3,H,W, whose longer side is `size`. Raises Unreadable."""
    return _three(next(samples(content, size, lambda image, size: ImageOps.contain(image, (size, size)))))


def _three(sample: Sample) -> np.ndarray:
    return np.repeat(sample.pixels[0], 4 - sample.pixels.shape[1], 0)[:3]


def samples(content: bytes, size: int, fit: Fit) -> Iterator[Sample]:
    """The picture as `fit` makes it small; of a TIFF every page that is one. Raises Unreadable."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check(image.width * image.height, _most(image))
            image.draft(None, (2 * size, 2 * size))  # a JPEG is decoded no larger than needed
            if image.format == "TIFF":
                yield from _pages(image, size, fit)
                return
            frames = _frames.seek_best(image) if image.format in _frames.ANIMATED else 1
            yield _sample(image, size, fit, frames)
    except Unreadable:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise Unreadable(TOO_MANY) from error
    except Exception as error:  # a decoder fed with junk may raise anything
        raise Unreadable(_fault(error)) from error


def _most(image: Image.Image) -> int:
    """How many pixels a file may have: of a JPEG more, unless it is kept whole in memory (progressive)."""
    if image.format not in ("JPEG", "MPO"):
        return MAX_PIXELS
    return 2 * MAX_PIXELS if image.info.get("progressive") else MAX_SHRUNK_PIXELS


def _fault(error: Exception) -> str:
    if "truncated" in str(error).lower() or isinstance(error, EOFError):
        return CUT_OFF
    return UNKNOWN if isinstance(error, UnidentifiedImageError) else "broken"


def _pages(image: Image.Image, size: int, fit: Fit) -> Iterator[Sample]:
    """The pages of a TIFF that are pictures of their own, not smaller copies or masks of others."""
    pages, pixels = min(getattr(image, "n_frames", 1), MAX_PAGES), 0
    for page in range(pages):
        image.seek(page)
        pixels += image.width * image.height
        _check(pixels, MAX_PAGED_PIXELS if page else MAX_PIXELS)
        if page and getattr(image, "tag_v2", {}).get(254, 0) & 0b101:
            continue
        yield _sample(image, size, fit, pages)


def _sample(image: Image.Image, size: int, fit: Fit, frames: int) -> Sample:
    pixels = image.width * image.height
    _check(pixels, MAX_PIXELS)
    turn: AbstractContextManager[object] = _one_big if pixels > BIG_PIXELS else nullcontext()
    with turn:
        values, depth = _deep.values(image)
        upright = ImageOps.exif_transpose(image)
        plain, on_black = _rgb(upright, values)
        deep = None
        if values is not None:
            turned = (ImageOps.exif_transpose(_deep.as_image(channel, image)) for channel in values)
            parts = [np.asarray(fit(channel, size), np.float32) for channel in turned]
            deep = np.clip(np.stack(parts), values.min(), values.max())
        small = _channels_first(fit(plain, size))
        black = None if on_black is None else _channels_first(fit(on_black, size))
    if black is not None and black.shape == small.shape and (black == small).all():
        black = None  # nothing of it is transparent
    return Sample(small, black, None if deep is None else deep[None], depth, upright.width, upright.height, frames)


def _rgb(image: Image.Image, values: np.ndarray | None) -> tuple[Image.Image, Image.Image | None]:
    """The picture in RGB on white paper; on black, too, where something may be transparent."""
    if values is not None and image.mode.startswith(("I", "F")):  # 16 bits or more a pixel, grey
        grey = np.asarray(image, np.float32)
        scale = 255 / 65535 if grey.max(initial=0) > 255 else 1.0
        with np.errstate(invalid="ignore"):
            image = Image.fromarray(np.nan_to_num(np.clip(grey * scale, 0, 255)).astype(np.uint8))
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        picture = image.convert("RGBA")
        on = (Image.alpha_composite(Image.new("RGBA", picture.size, paper), picture) for paper in ("white", "black"))
        white, black = (paper.convert("RGB") for paper in on)
        return white, black
    if image.mode == "LAB":
        image = _from_lab(image)
    return image.convert("RGB"), None


def _from_lab(image: Image.Image) -> Image.Image:
    lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    changed = ImageCms.profileToProfile(image, lab, rgb, outputMode="RGB")
    assert changed is not None
    return changed


def square(image: Image.Image, size: int) -> Image.Image:
    """The square in the middle at size x size pixels."""
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (left, top, left + side, top + side)
    return image.resize((size, size), Image.Resampling.BICUBIC, box=box, reducing_gap=3.0)


def padded(image: Image.Image, size: int) -> Image.Image:
    """The whole picture at size x size pixels, the rest filled with the colour of its own edge."""
    scale = size / max(image.size)
    sides = [max(1, round(side * scale)) for side in image.size]
    small = image.resize((sides[0], sides[1]), Image.Resampling.BICUBIC, reducing_gap=3.0)
    pixels = np.asarray(small)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    sheet = np.empty((size, size, *pixels.shape[2:]), pixels.dtype)
    sheet[:] = np.median(edge, axis=0).astype(pixels.dtype)
    top, left = (size - sides[1]) // 2, (size - sides[0]) // 2
    sheet[top : top + sides[1], left : left + sides[0]] = pixels
    return Image.fromarray(sheet)


def _channels_first(image: Image.Image) -> np.ndarray:
    """uint8 1,C,H,W of a picture in RGB; C is 1 where its channels are the same."""
    pixels = np.asarray(image).transpose(2, 0, 1)
    same = (pixels[0] == pixels[1]).all() and (pixels[0] == pixels[2]).all()
    return np.ascontiguousarray(pixels[None, :1] if same else pixels[None])


def _check(pixels: int, most: int) -> None:
    if pixels > most:
        raise Unreadable(TOO_MANY)
