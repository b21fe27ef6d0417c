"""ASGI middleware: the app in any folder of any host, whether a proxy takes the folder off or passes it on.

Streamlit answers below `server.baseUrlPath` only, our routes at the root only. Here every request gets the path at
which its route stands: what lies before the first part that only this app has is the folder. Every address in a page
is relative, so a browser stays in the folder where it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

import streamlit as st
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

STREAMLIT = frozenset({"_stcore", "static", "media", "component", "favicon.png", "manifest.json"})  # below its path
FOLDERS = frozenset({"api", "assets"})  # ours, with routes below them


class Prefix:
    """Takes the folder off; puts `server.baseUrlPath` before what is Streamlit's. `pages` are the names of ours."""

    def __init__(self, app: ASGIApp, pages: Iterable[str]):
        self.app = app
        self.pages = frozenset(pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            base = path()
            if base and scope["path"] == base:  # a relative address would lose its last part
                query = f"?{scope['query_string'].decode('latin-1')}" if scope.get("query_string") else ""
                return await RedirectResponse(f"{quote(base.rpartition('/')[2])}/{query}")(scope, receive, send)
            below = scope["path"].startswith(f"{base}/")
            inside = self.inside(scope["path"][len(base) :] if below else scope["path"])
            first = inside.split("/")[1] if inside.startswith("/") else ""
            ours = first in FOLDERS or first in self.pages
            scope = {**scope, "path": inside if ours else base + inside}
        await self.app(scope, receive, send)
        return None

    def inside(self, path: str) -> str:
        """The path from the app's root. One in which nothing is known stays; a folder is its home page."""
        parts = path.split("/")[1:]
        for k, part in enumerate(parts):
            ends = parts[k + 1 :] in ([], [""])
            if part in FOLDERS | STREAMLIT or (part and part in self.pages and (ends or k == 0)):
                return "/" + "/".join(parts[k:])
        return "/" if path.endswith("/") else path


def path() -> str:
    """`server.baseUrlPath` as a path: "" or "/forger", without a slash at the end."""
    parts = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{parts}" if parts else ""
