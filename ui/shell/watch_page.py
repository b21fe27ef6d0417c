"""GET /watch: the watch view of a run of this server, one page that asks /api/watch (ui/api/watch.py).

It needs no session and no websocket, so a phone has it at once, and a server that was ended and started again finds it
where it was.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ui.shared import assets
from ui.shared.door import browser_of

NAME = "watch"


def routes() -> list[BaseRoute]:
    """The page, and its address with a slash at the end."""
    return [Route(f"/{NAME}", page), Route(f"/{NAME}/", without_slash)]


def page(request: Request) -> Response:
    """The page, compressed once; a browser that has it, and the cookie that comes with a page, is told so."""
    body, packed, tag = _made(assets.ASSETS.version())
    headers = {"Cache-Control": "no-cache", "ETag": f'"{tag}"', "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == headers["ETag"] and browser_of(request.scope):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = packed, "gzip"
    return Response(body, headers=headers, media_type="text/html")


def without_slash(request: Request) -> Response:
    """By a relative address, which keeps the folder of a proxy."""
    query = request.url.query
    return RedirectResponse(f"../{NAME}" + (f"?{query}" if query else ""))


@lru_cache(maxsize=1)
def _made(version: str) -> tuple[bytes, bytes, str]:
    from gan.export import watch_html

    body = watch_html.live().encode()
    return body, gzip.compress(body, 6, mtime=0), hashlib.sha256(body).hexdigest()[:16]
