"""Asks routes in this process, without a server: each question in an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import numpy as np
from starlette.applications import Starlette
from starlette.routing import BaseRoute


class Client:
    """Posts to and gets from some routes."""

    def __init__(self, routes: Sequence[BaseRoute]):
        self.app = Starlette(routes=routes)

    def post(self, url: str, content: bytes = b"", method: str = "POST") -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
                return await client.request(method, url, content=content)

        return asyncio.run(ask())

    def get(self, url: str) -> httpx.Response:
        return self.post(url, method="GET")


def pixels_of(answer: Any) -> np.ndarray:
    """The pictures of an answer, as its X-Shape says."""
    shape = [int(side) for side in answer.headers["X-Shape"].split(",")]
    return np.frombuffer(answer.content, np.uint8).reshape(shape)
