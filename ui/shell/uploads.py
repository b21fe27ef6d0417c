"""ASGI middleware: only who drives may upload, and only for a bounded time.

Streamlit takes files from any session, with or without a widget, and keeps them in memory for as long as the session
lives: a watcher could fill it until the system kills the server and what it trains. It bounds their bytes itself.
"""

from __future__ import annotations

import asyncio

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.shared import access
from ui.shell.browser_cookie import browser_of

UPLOAD = "/_stcore/upload_file/"
UPLOAD_SECONDS = 600.0  # that a file may take to arrive


class Uploads:
    """Refuses a watcher's file before a byte of it is read, and gives up on one that does not end."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_upload = scope["type"] == "http" and UPLOAD in scope["path"]
        if not is_upload or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return await self.app(scope, receive, send)
        if not access.may_upload(browser_of(scope)):
            return await JSONResponse({"error": access.HOW_TO_DRIVE}, 403)(scope, receive, send)
        deadline = asyncio.get_running_loop().time() + UPLOAD_SECONDS

        async def in_time() -> Message:
            try:
                async with asyncio.timeout_at(deadline):
                    return await receive()
            except TimeoutError:
                return {"type": "http.disconnect"}

        await self.app(scope, in_time, send)
        return None
