"""ASGI middleware: websockets of binary frames only, as Streamlit speaks. Text would end in a traceback."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.shell.log_lines import TEXT_FRAME

UNSUPPORTED_DATA = 1003


class BinaryFrames:
    """Closes a websocket that sends text."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            return await self.app(scope, receive, send)

        async def binary() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and message.get("bytes") is None:
                logging.getLogger("forger").warning(TEXT_FRAME)
                await send({"type": "websocket.close", "code": UNSUPPORTED_DATA})
                return {"type": "websocket.disconnect", "code": UNSUPPORTED_DATA}
            return message

        await self.app(scope, binary, send)
        return None
