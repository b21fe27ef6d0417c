"""GET /api/connection: why a page of an address would get no connection; and a websocket there, to try.

Asked by the script that each page begins with (assets/shell/connection.js), and by `python -m gan doctor`.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from ui.shell import admitted, prefix

MAX_TEXT = 200  # characters of an address that are repeated
PLAIN = re.compile(rf"https?://[\w:/.~%\[\]-]{{1,{MAX_TEXT}}}", re.ASCII)  # an address that a shell takes as it is


def routes() -> list[BaseRoute]:
    """Both routes of this file, for the app to mount."""
    return [Route("/api/connection", _about), WebSocketRoute("/api/connection", _greet)]


def refusal(hosts: tuple[str, ...], root: str) -> str:
    """Why a page at `root` that asks for `hosts` gets no websocket, and what admits it; "" where it gets one."""
    try:
        url = urlsplit(root)
    except ValueError:
        url = urlsplit("")
    origin = f"{url.scheme}://{url.netloc}"
    if not url.netloc or admitted.is_origin(origin, hosts):
        return ""
    return (
        f"This page comes from {origin}, but reaches the server as {hosts[0][:MAX_TEXT]}: a proxy or forwarder stands "
        f"between. {cure(root)}"
    )


def cure(root: str) -> str:
    """What whoever runs the server can do to admit the address `root`."""
    address = root if PLAIN.fullmatch(root) else "https://…"
    return f'Whoever runs the server can admit this address by starting it with: make run ARGS="--public-url {address}"'


def _about(request: Request) -> Response:
    headers, root = request.headers, request.query_params.get("root", "")[:MAX_TEXT]
    host = headers.get("host", "")
    why = refusal((host, *headers.getlist("x-forwarded-host")[:1]), root)
    about = {"host": host, "prefix": prefix.path(), "refused": why or None}
    return JSONResponse(about, headers={"Cache-Control": "no-store"})


async def _greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()
