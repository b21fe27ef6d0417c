"""Pictures of more than 8 bits a channel: their values as stored, where Pillow gives the upper byte of colours only."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

GREY = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
WHITE_IS_ZERO = 0  # a TIFF's photometric interpretation, tag 262
OTHER_END = {"16B": "16L", "16L": "16B", "16N": "16B"}  # on a machine that is little-endian, as all of today's are


def values(image: Image.Image) -> tuple[np.ndarray | None, str]:
    """float32 C,H,W and what kind of numbers they are: "16-bit", "32-bit" or "float"; None for 8 bits.

    What is not finite is as dark as the darkest. Pictures that are partly transparent are left to 8 bits.
    """
    if image.mode in GREY:
        grey = np.asarray(image, np.float32)
        if not np.isfinite(grey).all():
            finite = grey[np.isfinite(grey)]
            grey = np.where(np.isfinite(grey), grey, finite.min(initial=np.inf) if finite.size else 0)
        if image.mode != "F" and getattr(image, "tag_v2", {}).get(262) == WHITE_IS_ZERO:
            grey = 65535 - grey
        kind = "float" if image.mode == "F" else "16-bit"
        if kind == "16-bit" and (grey.min(initial=0) < 0 or grey.max(initial=0) > 65535):
            kind = "32-bit"
        return grey[None].astype(np.float32), kind
    whole = _whole(image)
    if whole is not None and whole.shape[-1] in (2, 4):
        whole = whole[..., :-1] if whole[..., -1].min() == 65535 else None
    if whole is None:
        return None, ""
    return np.ascontiguousarray(whole.transpose(2, 0, 1)), "16-bit"


def as_image(channel: np.ndarray, like: Image.Image) -> Image.Image:
    """One channel (float32 H,W) as a picture that is turned as `like` is."""
    image = Image.fromarray(channel)
    if turned := like.getexif().get(0x0112):
        image.getexif()[0x0112] = turned
    return image


def _whole(image: Image.Image) -> np.ndarray | None:
    """Colours of 16 bits, or grey of 16 bits with alpha, float32 H,W,C; None where it is something else.

    The lower bytes come from the same file, read as if its bytes were in the other order.
    """
    tile: list[Any] = list(getattr(image, "tile", ()))
    swapped = _swapped(tile)
    if image.mode not in ("RGB", "RGBA") or not swapped:
        return None
    low = _read(image, swapped)
    if "LA;16" in str(tile[0].args):  # its four bytes were read as four channels
        return low[..., 0::2] * 256 + low[..., 1::2]
    return np.asarray(image, np.float32) * 256 + low


def _read(image: Image.Image, tile: list[Any]) -> np.ndarray:
    """The pixels of the file of a picture as other tiles unpack them, float32 H,W,C."""
    with Image.open(io.BytesIO(image.fp.getvalue()), formats=[image.format or ""]) as other:  # type: ignore[attr-defined]
        if page := image.tell():
            other.seek(page)
        other.tile = tile
        return np.asarray(other, np.float32)


def _swapped(tile: list[Any]) -> list[Any]:
    """The tiles of a picture with the byte order of their raw mode turned round; [] where there is none to turn."""
    out = []
    for part in tile:
        args = part.args
        raw = args if isinstance(args, str) else args[0] if isinstance(args, tuple) and args else ""
        mode, _, end = str(raw).partition(";")
        if end not in OTHER_END:
            return []
        new = "RGBA" if mode == "LA" else f"{mode};{OTHER_END[end]}"
        out.append(part._replace(args=new if isinstance(args, str) else (new, *args[1:])))
    return out
