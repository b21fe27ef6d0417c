"""Images as pixels, sheets and bytes: scaling, grids, scatter plots, codecs. NumPy and Pillow only."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL import WebPImagePlugin as WebPImagePlugin  # else the first picture imports every format

if TYPE_CHECKING:
    from torch import Tensor

Pixels = NDArray[np.uint8]
Floats = TypeVar("Floats", NDArray[np.float32], NDArray[np.float64], "Tensor")
MAX_PIXELS = 1 << 24  # of a picture that is read: a sheet of 100 pictures has 2 million
BESIDE = 3  # pictures of a grid that belong together where one is made from another: source, result, truth
VIEW = 1.1  # a picture of points shows the square from -VIEW to VIEW
REAL, FAKE = (0x00, 0x9E, 0x73), (0xCC, 0x79, 0xA7)  # the colours of real and generated everywhere


def grid(images: Pixels, columns: int = 0, gap: int = 2, paper: int = 32) -> Pixels:
    """Lays images out row by row.

    images: uint8 N,H,W,C with C 1 or 3. Returns uint8 H',W',C; `columns` 0 makes it as square as can be. Places left
    over stay `paper`, as do the `gap` pixels between images.
    """
    count, height, width, channels = images.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = -(-count // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), paper, np.uint8)
    for k, image in enumerate(images):
        top, left = k // columns * (height + gap), k % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


def columns_of(count: int, n_classes: int, from_source: bool = False) -> int:
    """How many columns a grid of about `count` images has: a multiple of the classes, so that each has its columns; of
    those that belong together where they are made from a source.

    As square as can be without classes, and where there are more of them than a row of such a grid holds twice over.
    """
    n_classes = BESIDE if from_source else n_classes
    side = math.ceil(math.sqrt(count))
    if not 1 < n_classes <= 2 * side:
        return side
    return n_classes * max(1, round(side / n_classes))


def count_of(count: int, n_classes: int, from_source: bool = False) -> int:
    """How many generated images a grid of about `count` has: full rows, one at least. Beside their sources a third."""
    columns = columns_of(count, n_classes, from_source)
    return max(1, count // columns) * columns // (BESIDE if from_source else 1)


def tiles(sheet: Pixels, shape: tuple[int, int, int], gap: int = 2, paper: int = 32) -> Pixels:
    """The images of shape (C, H, W) that `grid` laid out: uint8 N,H,W,C; places left over are none.

    Raises ValueError for a sheet on which images of that size do not lie.
    """
    C, H, W = shape
    whole = np.pad(sheet, ((0, gap), (0, gap), (0, 0)), constant_values=paper)
    (rows, below), (columns, right) = divmod(len(whole), H + gap), divmod(whole.shape[1], W + gap)
    if below or right or sheet.shape[2] < C:
        raise ValueError(f"no images of {C} x {H} x {W} lie on a sheet of {sheet.shape}")
    cells = whole.reshape(rows, H + gap, columns, W + gap, -1).swapaxes(1, 2)
    flat = cells.reshape(rows * columns, H + gap, W + gap, -1)
    if (flat[:, H:] != paper).any() or (flat[:, :, W:] != paper).any():
        raise ValueError(f"no images of {C} x {H} x {W} lie on this sheet: there are no gaps")
    inside = flat[:, :H, :W, :C]
    return np.ascontiguousarray(inside[(inside != paper).any((1, 2, 3))])


def scatter(
    real: NDArray[np.floating], fake: NDArray[np.floating], field: NDArray[np.floating] | None = None, side: int = 384
) -> Pixels:
    """2-D points as a picture: real ones green, generated ones pink, behind them D's opinion where it is known.

    real, fake: N,2; field: probabilities k,k of being real over the square from -VIEW to VIEW, top row first.
    Returns uint8 side,side,3.
    """
    scale = 2
    size = side * scale
    if field is None:
        sheet = Image.new("RGB", (size, size), "white")
    else:
        sheet = Image.fromarray(_tint(field)).resize((size, size), Image.Resampling.BICUBIC)
    canvas = ImageDraw.Draw(sheet)
    for points, colour, radius in ((real, REAL, 2.5), (fake, FAKE, 3.5)):
        for x, y in (np.clip(points, -VIEW, VIEW) * (0.5 / VIEW, -0.5 / VIEW) + 0.5) * size:
            r = radius * scale / 2
            canvas.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    return np.asarray(sheet.resize((side, side), Image.Resampling.LANCZOS))


def _tint(field: NDArray[np.floating]) -> Pixels:
    """White where D is undecided, towards pale green where it says real, pale pink where it says generated."""
    lean = (2 * np.clip(field, 0, 1) - 1)[..., None]  # -1 generated … 1 real
    colour = np.where(lean > 0, np.array(REAL), np.array(FAKE))
    return (255 - np.abs(lean) * 0.35 * (255 - colour)).astype(np.uint8)


def to_pixels(x: NDArray[np.floating]) -> Pixels:
    """Float N,C,H,W in [-1, 1] to uint8 N,H,W,C."""
    return np.rint((np.clip(x, -1, 1) + 1) * 127.5).astype(np.uint8).transpose(0, 2, 3, 1)


def to_unit(x: Floats) -> Floats:
    """Floats in 0..255, of any shape, to [-1, 1]: the scale of `to_pixels` backwards, for arrays and tensors."""
    return x / 127.5 - 1


def webp(sheet: Pixels) -> bytes:
    """Lossless WebP of uint8 H,W,C."""
    return _encode(sheet, "WEBP", lossless=True, quality=20, method=2)


def png(sheet: Pixels) -> bytes:
    """PNG of uint8 H,W,C."""
    return _encode(sheet, "PNG", optimize=True)


def gif(sheets: Sequence[Pixels], milliseconds: int = 100, hold: int = 1500) -> bytes:
    """A looping GIF of equally large uint8 H,W,C pictures; the last one stays for `hold` milliseconds."""
    frames = [_picture(sheet).convert("P", palette=Image.Palette.ADAPTIVE) for sheet in sheets]
    times = [milliseconds] * (len(frames) - 1) + [hold]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0, optimize=False)
    return out.getvalue()


def decode(data: bytes) -> Pixels:
    """Bytes of one of our pictures back to uint8 H,W,3. Raises OSError or ValueError, whatever is wrong with them."""
    try:
        with Image.open(io.BytesIO(data), formats=["WEBP", "PNG"]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError(f"a picture of {picture.width:,} x {picture.height:,} pixels is none of ours")
            return np.asarray(picture.convert("RGB"))
    except (OSError, ValueError):
        raise
    except Exception as error:  # Pillow knows SyntaxError, struct.error and errors of its own for broken files
        raise ValueError(f"it is no picture ({error})") from error


def _picture(sheet: Pixels) -> Image.Image:
    return Image.fromarray(sheet[..., 0] if sheet.shape[-1] == 1 else sheet)


def _encode(sheet: Pixels, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    _picture(sheet).save(out, kind, **options)
    return out.getvalue()
