"""POST /api/models/{id}/picture: anybody's image file at the size a generator makes. Needs no torch."""

from __future__ import annotations

import anyio
import anyio.to_thread
import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan import photo
from gan.datasets._decode import Unreadable, decode, decode_whole
from ui import questions
from ui.questions import Refused

MOST = 8 << 20  # bytes of a file
FINE = 280  # pixels at which a sign is looked for in a photo
AT_ONCE = 2  # photos being decoded: each may take 200 MB


def routes() -> list[Route]:
    """The one route of this file, for the app to mount."""
    return [Route("/api/models/{name}/picture", questions.polite(_Decoder().ask), methods=["POST"])]


class _Decoder:
    def __init__(self) -> None:
        self._busy = 0

    async def ask(self, request: Request) -> Response:
        digit = questions.choice(request, "as", ("digit",)) == "digit"
        model = questions.find_pictures(request)
        body = await questions.read(request, MOST, "a picture of 8 MB")
        if self._busy >= AT_ONCE:
            raise Refused(503, "Other pictures are being read at this moment; try again.", retry=1)
        self._busy += 1
        try:
            picture = await anyio.to_thread.run_sync(fitted, body, model.about.shape, digit)
        finally:
            self._busy -= 1
        return questions.pixels(request, picture, model.about.step)


def fitted(content: bytes, shape: tuple[int, int, int], digit: bool) -> np.ndarray:
    """A file as one picture uint8 1,H,W,C of `shape` (C,H,W); `digit` looks for ink on paper. Raises Refused."""
    C, H, W = shape
    try:
        if digit:
            grey = photo.centred(_grey(decode_whole(content, FINE)) / 255, H)
            return np.broadcast_to(grey[None, ..., None], (1, H, W, C))
        picture = decode(content, H)
    except Unreadable as why:
        text = f"This file is no picture that can be used: {why}. PNG, JPEG, GIF, BMP, WebP and PPM are read."
        raise Refused(400, text) from None
    except ValueError as why:
        raise Refused(400, f"No sign was found in this picture: {why}.") from None
    if C == 1:
        picture = np.rint(_grey(picture))[None].astype(np.uint8)
    return np.ascontiguousarray(picture[None].transpose(0, 2, 3, 1))


def _grey(picture: np.ndarray) -> np.ndarray:
    """Luma (H,W in 0..255) of uint8 3,H,W, as in ITU-R BT.601."""
    return np.tensordot(np.array([0.299, 0.587, 0.114]), picture, 1)
