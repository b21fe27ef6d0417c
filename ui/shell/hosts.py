"""ASGI middleware: only requests to this server's own names, and websockets only of its own pages.

Streamlit asks for the Host of websockets alone, and takes any port of localhost for its own page. Without this, a
foreign page could point its own name at this machine and drive, or read runs.
"""

from __future__ import annotations

import logging
import time

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.shared import access
from ui.shell import admitted, connection
from ui.shell.browser_cookie import browser_of

STREAM = "/_stcore/stream"
POLICY_VIOLATION = 1008
LOG_SECONDS = 60.0  # between two lines that say the same
HOST_TEXT = "This server does not go by the name {host}. {cure}"
ORIGIN_TEXT = (
    "A page of {origin} asked for a session of {host}, which only pages of this server get. If that is the address in "
    "your browser, start the server with --public-url {origin}"
)


class Hosts:
    """Refuses what is not addressed to this server, and says once a minute which setting admits it."""

    def __init__(self, app: ASGIApp):
        self.app = app
        self._said: dict[str, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        if sum(name == b"host" for name, _ in scope["headers"]) > 1:
            return await _answer_twice(scope, receive, send)
        if host and not admitted.is_host(host):  # no browser leaves it out
            text = HOST_TEXT.format(host=repr(host[:100]), cure=connection.cure(f"http://{host}/"))
            self._say(text)
            if scope["type"] == "http":
                a_page = "text/html" in headers.get(b"accept", "")  # a person looks at it
                answer = PlainTextResponse(text, 421) if a_page else JSONResponse({"error": text}, 421)
                return await answer(scope, receive, send)
            return await _refuse(receive, send)
        if scope["type"] == "websocket":
            origin = headers.get(b"origin")
            hosts = (host, headers[b"x-forwarded-host"]) if b"x-forwarded-host" in headers else (host,)
            if origin is not None and not admitted.is_origin(origin, hosts):
                self._say(ORIGIN_TEXT.format(origin=origin[:100], host=host[:100]))
                return await _refuse(receive, send)
            scope = _own_session(_as_own_page(scope, host))
        await self.app(scope, receive, send)
        return None

    def _say(self, text: str) -> None:
        now = time.monotonic()
        if now - self._said.get(text, -LOG_SECONDS) >= LOG_SECONDS:
            if len(self._said) > 100:
                self._said.clear()
            self._said[text] = now
            logging.getLogger("forger").warning(text)


def _as_own_page(scope: Scope, host: str) -> Scope:
    """The same with the origin that Streamlit, which asks again, takes for its own: what came was admitted."""
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    own = f"{scheme}://{host}".encode("latin-1")
    return {**scope, "headers": [(n, own if n == b"origin" else value) for n, value in scope["headers"]]}


def _own_session(scope: Scope) -> Scope:
    """The same without the id of a session that another browser has: it gets one of its own.

    A websocket's third protocol is the session to go on with.
    """
    headers = []
    for name, value in scope["headers"]:
        if name == b"sec-websocket-protocol" and value.count(b",") >= 2:
            first, token, session = (part.strip() for part in value.split(b",")[:3])
            if not access.door().may_return(session.decode("latin-1"), browser_of(scope)):
                value = first + b", " + token
        headers.append((name, value))
    return {**scope, "headers": headers}


async def _answer_twice(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        return await _refuse(receive, send)
    return await JSONResponse({"error": "A request names one Host."}, 400)(scope, receive, send)


async def _refuse(receive: Receive, send: Send) -> None:
    await receive()  # websocket.connect
    await send({"type": "websocket.close", "code": POLICY_VIOLATION})
