"""Asks routes in this process, without a server: each question in an event loop of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import numpy as np
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from streamlit.web.server.starlette.starlette_gzip_middleware import SelectiveGZipMiddleware


class Client:
    """Asks some routes, behind the middleware by which Streamlit compresses answers."""

    def __init__(self, routes: Sequence[BaseRoute]):
        self.app = Starlette(routes=routes)
        self.app.add_middleware(SelectiveGZipMiddleware)

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
                return await client.request(method, url, headers=headers, content=content)

        return asyncio.run(ask())

    def post(self, url: str, content: bytes = b"", method: str = "POST") -> httpx.Response:
        return self.request(method, url, content=content)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self.request("GET", url, headers)


class Listener:
    """One request, spoken to the app without a client that would wait for the whole answer."""

    def __init__(self, app: Any, url: str, body: bytes, query: str = "", headers: Sequence[tuple[bytes, bytes]] = ()):
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.parts: asyncio.Queue[bytes] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._body: list[dict[str, Any]] = [{"type": "http.request", "body": body}]
        scope = {
            "type": "http",
            "method": "POST",
            "path": url,
            "raw_path": url.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [*headers],
            "http_version": "1.1",
            "scheme": "http",
            "asgi": {"spec_version": "2.3"},
        }
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if self._body:
            return self._body.pop()
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        elif message.get("body"):
            await self.parts.put(message["body"])

    async def line(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(await asyncio.wait_for(self.parts.get(), 20))
        return told

    async def leave(self) -> None:
        self._gone.set()
        await asyncio.wait_for(self.task, 20)


def pixels_of(answer: Any) -> np.ndarray:
    """The pictures of an answer, as its X-Shape says."""
    shape = [int(side) for side in answer.headers["X-Shape"].split(",")]
    return np.frombuffer(answer.content, np.uint8).reshape(shape)
