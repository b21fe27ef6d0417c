"""ASGI middleware: the cookie by which the server knows a browser again (`ui.shared.access` says what for).

A page sets it, HttpOnly and SameSite=Lax; the browser takes its path from the page's address, so it is right below any
prefix. Where the operator admits other sites to show the app in a frame, and the connection is encrypted, cookies are
SameSite=None, Secure and Partitioned: else a browser leaves them out there, also the one that Streamlit's uploads need.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.shared.access import new_cookie
from ui.shared.door import COOKIE
from ui.shared.door import browser_of as browser_of
from ui.shell import admitted

SAME_SITE, FRAMED = b"; SameSite=Lax", b"; SameSite=None; Secure; Partitioned"


class BrowserCookie:
    """Gives a browser without the cookie one, with each page."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or "/api/" in scope["path"]:
            return await self.app(scope, receive, send)
        framed = bool(admitted.frame_origins()) and is_encrypted(scope)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ())]
                if framed:
                    headers = [(name, _framed(value) if name == b"set-cookie" else value) for name, value in headers]
                if _is_page(headers) and not browser_of(scope):
                    attributes = b"; HttpOnly" + (FRAMED if framed else SAME_SITE + secure(scope))
                    headers.append((b"set-cookie", f"{COOKIE}={new_cookie()}".encode() + attributes))
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, answer)
        return None


def is_encrypted(scope: Scope) -> bool:
    """Whether the browser's own connection is https, as far as this server or a proxy before it says."""
    forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-proto"]
    return scope.get("scheme") in ("https", "wss") or any(b"https" in value for value in forwarded)


def secure(scope: Scope) -> bytes:
    """The attribute that keeps a cookie off connections that are not encrypted."""
    return b"; Secure" if is_encrypted(scope) else b""


def _is_page(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)


def _framed(cookie: bytes) -> bytes:
    """A Set-Cookie header that also holds inside another site's frame."""
    parts = [part.strip() for part in cookie.split(b";")]
    others = (b"samesite", b"secure", b"partitioned")
    return b"; ".join(part for part in parts if part.partition(b"=")[0].lower() not in others) + FRAMED
