"""ASGI middleware: headers by which a browser guesses no types, tells no addresses, loads and frames nothing foreign.

What the policy allows is what Streamlit's own pages need: scripts and styles in the page, modules of components from
blobs. Pictures, fonts and requests go to this server only, whatever a text in a page says.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.shell import admitted

POLICY = (
    "default-src 'self' data: blob:",
    "script-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:",
    "style-src 'self' 'unsafe-inline' data: blob:",
    "connect-src 'self' data: blob: ws: wss:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
)


class SecurityHeaders:
    """Adds them to every answer that has none of its own."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", ())
                there = {name.lower() for name, _ in given}
                message = {**message, "headers": [*given, *(pair for pair in headers() if pair[0] not in there)]}
            await send(message)

        await self.app(scope, receive, answer)
        return None


def headers() -> tuple[tuple[bytes, bytes], ...]:
    """The headers, by what the operator admits now."""
    ancestors = " ".join(("frame-ancestors 'self'", *admitted.frame_origins()))
    return (
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"content-security-policy", "; ".join((*POLICY, ancestors)).encode()),
    )
