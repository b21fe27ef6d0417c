"""Answers that are shared: one computation for all who ask the same within a moment; errors, and those who leave."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from ui.api import answer_cache
from ui.api.answer_cache import AnswerCache, SharedAnswers
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


def test_what_was_just_answered_is_given_before_the_routes() -> None:
    async def rest(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["query_string"])

    async def ask(scope: Any) -> None:
        async def send(message: Any) -> None:
            sent.append(message)

        await SharedAnswers(rest)(scope, None, send)  # type: ignore[arg-type]

    async def come() -> None:
        await answer_cache.ANSWERS.answer(request("after=1"), lambda asked: {"text": "a" * 1000})
        with contextlib.suppress(ApiError):
            await answer_cache.ANSWERS.answer(request("after=2"), refuse)
        for query in ("after=1", "after=2", "after=3"):
            await ask(request(query, (b"accept-encoding", b"gzip")).scope)
        await ask({**request("after=1").scope, "method": "POST"})
        await ask({"type": "lifespan", "query_string": b"of the server"})

    def refuse(asked: Request) -> dict[str, Any]:
        raise ApiError(400, "no number")

    passed: list[bytes] = []
    sent: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answer_cache, "ANSWERS", AnswerCache(60))
        asyncio.run(come())
    assert passed == [b"after=2", b"after=3", b"after=1", b"of the server"]
    start, body = sent
    assert (b"content-encoding", b"gzip") in start["headers"]
    assert gzip.decompress(body["body"]).startswith(b'{"text": "aaa')


def test_everybody_hears_what_went_wrong() -> None:
    def work(asked: Request) -> dict[str, Any]:
        raise ApiError(400, "no number")

    async def crowd() -> list[Any]:
        cache = AnswerCache(60)
        return await asyncio.gather(*(cache.answer(request(""), work) for _ in range(2)), return_exceptions=True)

    for error in asyncio.run(crowd()):
        with pytest.raises(ApiError, match="no number"):
            raise error
