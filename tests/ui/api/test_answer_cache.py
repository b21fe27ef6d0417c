"""Answers that are shared: one computation for all who ask the same within a moment; errors, and those who leave."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from ui.api.answer_cache import AnswerCache
from ui.api.requests import ApiError


def request(query: str, *headers: tuple[bytes, bytes]) -> Request:
    scope = {"type": "http", "method": "GET", "path": "/api/x", "query_string": query.encode(), "headers": [*headers]}
    return Request(scope)


def test_the_same_question_is_worked_out_once_a_moment() -> None:
    worked: list[str] = []

    def work(asked: Request) -> dict[str, Any]:
        worked.append(asked.url.query)
        return {"text": "a" * 1000, "nothing": float("nan")}

    async def crowd(cache: AnswerCache) -> list[Response]:
        first = asyncio.ensure_future(cache.answer(request("after=1"), work))
        await asyncio.sleep(0)
        first.cancel()  # who asked first has gone
        wanted = ["after=1", "after=1", "after=2"]
        return await asyncio.gather(*(cache.answer(request(q, (b"accept-encoding", b"gzip")), work) for q in wanted))

    one, same, other = asyncio.run(crowd(AnswerCache(60)))
    assert sorted(worked) == ["after=1", "after=2"]
    assert gzip.decompress(bytes(one.body)).startswith(b'{"text": "aaa')
    assert b'"nothing": null' in gzip.decompress(bytes(other.body))
    assert (same.body, same.headers["content-encoding"]) == (one.body, "gzip")

    async def later(cache: AnswerCache) -> Response:
        await cache.answer(request("after=1"), work)
        return await cache.answer(request("after=1"), work)

    worked.clear()
    assert asyncio.run(later(AnswerCache(0))).headers.get("content-encoding") is None
    assert worked == ["after=1"] * 2


def test_everybody_hears_what_went_wrong() -> None:
    def work(asked: Request) -> dict[str, Any]:
        raise ApiError(400, "no number")

    async def crowd() -> list[Any]:
        cache = AnswerCache(60)
        return await asyncio.gather(*(cache.answer(request(""), work) for _ in range(2)), return_exceptions=True)

    for error in asyncio.run(crowd()):
        with pytest.raises(ApiError, match="no number"):
            raise error
