"""Answers that many browsers ask for at once: worked out and compressed once a moment, however many watch.

Fifty phones that watch a run have the same records, so they ask the same question, each once a second. Whoever asks it
again within the moment is answered in the event loop, before routes and Streamlit's own middlewares look at it: they
are most of the work of a short answer.
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
from starlette.types import ASGIApp, Receive, Scope, Send

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
        key = (request.scope["path"], request.url.query)
        if (found := self._bodies.get(key)) is None:
            found = self._bodies[key] = asyncio.ensure_future(run_in_threadpool(_body, work, request))
            found.add_done_callback(lambda done: done.cancelled() or done.exception())  # its client may be gone
        return _response(await asyncio.shield(found), request.headers.get("accept-encoding", ""))

    def ready(self, scope: Scope) -> Response | None:
        """The answer to a request that was answered a moment ago; None for every other one."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        found = self._bodies.get((scope["path"], scope["query_string"].decode("latin-1")))
        if found is None or not found.done() or found.cancelled() or found.exception():
            return None
        accepted = next((value for name, value in scope["headers"] if name == b"accept-encoding"), b"")
        return _response(found.result(), accepted.decode("latin-1"))


class SharedAnswers:
    """ASGI middleware: gives the answers of the last moment at once."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (ANSWERS.ready(scope) or self.app)(scope, receive, send)


def _response(body: Body, accepted: str) -> Response:
    plain, packed = body
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if packed and "gzip" in accepted:
        plain, headers["Content-Encoding"] = packed, "gzip"
    return Response(plain, headers=headers, media_type="application/json")


def _body(work: Callable[[Request], dict[str, Any]], request: Request) -> Body:
    plain = files.dump(work(request)).encode()
    return plain, zlib.compress(plain, 1, GZIP_WBITS) if len(plain) >= MIN_GZIP_BYTES else b""


ANSWERS = AnswerCache()
