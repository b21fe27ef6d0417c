"""Pictures of samples as bytes, and curves thinned for a screen. NumPy and Pillow only."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL import WebPImagePlugin as WebPImagePlugin  # else the first picture imports every format

Pixels = NDArray[np.uint8]
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
    sheet = np.full(
        (rows * (height + gap) - gap, columns * (width + gap) - gap, channels), paper, np.uint8
    )
    for k, image in enumerate(images):
        top, left = k // columns * (height + gap), k % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


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
    found = cells.reshape(rows * columns, H + gap, W + gap, -1)
    if (found[:, H:] != paper).any() or (found[:, :, W:] != paper).any():
        raise ValueError(f"no images of {C} x {H} x {W} lie on this sheet: there are no gaps")
    inside = found[:, :H, :W, :C]
    return np.ascontiguousarray(inside[(inside != paper).any((1, 2, 3))])


def scatter(
    real: NDArray[np.floating],
    fake: NDArray[np.floating],
    field: NDArray[np.floating] | None = None,
    side: int = 384,
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
    draw = ImageDraw.Draw(sheet)
    for points, colour, radius in ((real, REAL, 2.5), (fake, FAKE, 3.5)):
        for x, y in (np.clip(points, -VIEW, VIEW) * (0.5 / VIEW, -0.5 / VIEW) + 0.5) * size:
            r = radius * scale / 2
            draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    return np.asarray(sheet.resize((side, side), Image.Resampling.LANCZOS))


def _tint(field: NDArray[np.floating]) -> Pixels:
    """White where D is undecided, towards pale green where it says real, pale pink where it says generated."""
    lean = (2 * np.clip(field, 0, 1) - 1)[..., None]  # -1 generated … 1 real
    colour = np.where(lean > 0, np.array(REAL), np.array(FAKE))
    return (255 - np.abs(lean) * 0.35 * (255 - colour)).astype(np.uint8)


def to_pixels(x: NDArray[np.floating]) -> Pixels:
    """Float N,C,H,W in [-1, 1] to uint8 N,H,W,C."""
    return np.rint((np.clip(x, -1, 1) + 1) * 127.5).astype(np.uint8).transpose(0, 2, 3, 1)


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
    frames[0].save(
        out, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0, optimize=False
    )
    return out.getvalue()


def decode(data: bytes) -> Pixels:
    """Bytes of one of our pictures back to uint8 H,W,3."""
    with Image.open(io.BytesIO(data), formats=["WEBP", "PNG"]) as picture:
        return np.asarray(picture.convert("RGB"))


def decimate(
    columns: Mapping[str, NDArray[np.float64]], most: int
) -> dict[str, NDArray[np.float64]]:
    """Thins columns of equal length to at most `most` rows, keeping every peak and valley of every column.

    Rows are put in `most // 2` buckets; of each bucket a column keeps its minimum and maximum, in the direction in
    which the bucket runs, so rising columns such as the step stay rising. The last row is kept as it is.
    """
    length = len(next(iter(columns.values()), ()))
    if length <= most:
        return dict(columns)
    edges = np.linspace(0, length - 1, most // 2).astype(int)  # the last row apart
    out = {}
    for name, values in columns.items():
        low = np.fmin.reduceat(values[:-1], edges[:-1])
        high = np.fmax.reduceat(values[:-1], edges[:-1])
        first, last = values[edges[:-1]], values[edges[1:] - 1]
        falling = last < first
        pairs = np.where(falling, [high, low], [low, high])
        out[name] = np.append(pairs.T.ravel(), values[-1])
    return out


def _picture(sheet: Pixels) -> Image.Image:
    return Image.fromarray(sheet[..., 0] if sheet.shape[-1] == 1 else sheet)


def _encode(sheet: Pixels, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    _picture(sheet).save(out, kind, **options)
    return out.getvalue()
