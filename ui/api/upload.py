"""POST /api/models/{id}/picture: an image file at the size a generator makes. Needs no torch."""

from __future__ import annotations

import anyio
import anyio.to_thread
import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan.datasets import _photo
from gan.datasets._decode import READ, Unreadable, decode, decode_whole
from ui.api import requests
from ui.api.requests import ApiError

MAX_BYTES = 8 << 20  # of a file
PHOTO_PX = 280  # at which a sign is looked for in a photo
MAX_DECODING = 2  # photos being decoded: each may take 200 MB


def routes() -> list[Route]:
    """The one route of this file, for the app to mount."""
    return [Route("/models/{name}/picture", _Decoder().answer, methods=["POST"])]


class _Decoder:
    def __init__(self) -> None:
        self._busy = 0

    async def answer(self, request: Request) -> Response:
        digit = requests.choice(request, "as", ("digit",)) == "digit"
        model = requests.find_picture_model(request)
        body = await requests.read_body(request, MAX_BYTES, "a picture of 8 MB")
        if self._busy >= MAX_DECODING:
            raise ApiError(503, "Other pictures are being read at this moment; try again.", retry=1)
        self._busy += 1
        try:
            picture = await anyio.to_thread.run_sync(fitted, body, model.about.shape, digit)
        finally:
            self._busy -= 1
        return requests.pixel_response(request, picture, model.about.step)


def fitted(content: bytes, shape: tuple[int, int, int], digit: bool) -> np.ndarray:
    """A file as one picture uint8 1,H,W,C of `shape` (C,H,W); `digit` looks for ink on paper. Raises ApiError."""
    C, H, W = shape
    try:
        if digit:
            grey = _photo.centred(_grey(decode_whole(content, PHOTO_PX)) / 255, H)
            return np.broadcast_to(grey[None, ..., None], (1, H, W, C))
        picture = decode(content, H)
    except Unreadable as why:
        text = f"This file is no picture that can be used: {why}. {READ}."
        raise ApiError(400, text) from None
    except ValueError as why:
        raise ApiError(400, f"No sign was found in this picture: {why}.") from None
    if C == 1:
        picture = np.rint(_grey(picture))[None].astype(np.uint8)
    return np.ascontiguousarray(picture[None].transpose(0, 2, 3, 1))


def _grey(picture: np.ndarray) -> np.ndarray:
    """Luma (H,W in 0..255) of uint8 3,H,W, as in ITU-R BT.601."""
    return np.tensordot(np.array([0.299, 0.587, 0.114]), picture, 1)
