"""Answers that many browsers ask for at once: worked out and compressed once a moment, however many watch.

Fifty phones that watch a run have the same records, so they ask the same question, each once a second. Whoever asks it
again within the moment is answered in the event loop, without a worker thread that would wait for the trainer's.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from typing import Any

from cachetools import TTLCache
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gan import files
from ui.api.requests import GZIP_WBITS, MIN_GZIP_BYTES

SHARED_SECONDS = 0.25  # that an answer may be old
MAX_SHARED = 64  # questions that are remembered

Body = tuple[bytes, bytes]  # as it is, and compressed; the latter b"" where that is not worth it


class AnswerCache:
    """The answers of the last moment, by address and query; of the event loop only."""

    def __init__(self, seconds: float = SHARED_SECONDS) -> None:
        self._bodies: TTLCache[tuple[str, str], asyncio.Future[Body]] = TTLCache(MAX_SHARED, seconds)

    async def answer(self, request: Request, work: Callable[[Request], dict[str, Any]]) -> Response:
        """JSON of `work(request)`, which a worker thread does; what it raises goes to everybody who asked."""
        key = (request.url.path, request.url.query)
        if (found := self._bodies.get(key)) is None:
            found = self._bodies[key] = asyncio.ensure_future(run_in_threadpool(_body, work, request))
            found.add_done_callback(lambda done: done.cancelled() or done.exception())  # its client may be gone
        plain, packed = await asyncio.shield(found)
        headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
        if packed and "gzip" in request.headers.get("accept-encoding", ""):
            plain, headers["Content-Encoding"] = packed, "gzip"
        return Response(plain, headers=headers, media_type="application/json")


def _body(work: Callable[[Request], dict[str, Any]], request: Request) -> Body:
    plain = files.dump(work(request)).encode()
    return plain, zlib.compress(plain, 1, GZIP_WBITS) if len(plain) >= MIN_GZIP_BYTES else b""


ANSWERS = AnswerCache()
