"""The app below a path and at the root: every route at both, whatever a proxy does with the path."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from ui.shell import prefix
from ui.shell.prefix import Prefix


async def _path(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.url.path)


def ask(url: str, base: str) -> httpx.Response:
    """What an app answers whose own routes are at the root, and Streamlit's below `base`, as Streamlit puts them."""
    below = f"/{base}" if base else ""
    own = [Route("/", _path), Route("/learn", _path), Mount("/api", routes=[Route("/runs", _path)])]
    routes = [*own, Route(f"{below}/_stcore/health", _path), Route(f"{below}/favicon.png", _path)]
    app = Starlette(routes=routes, middleware=[Middleware(Prefix, ["", "learn"])])

    async def once() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
            return await client.get(url)

    return asyncio.run(once())


@pytest.fixture
def below(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    base: str = request.param
    options: dict[str, Any] = {"server.baseUrlPath": base}
    monkeypatch.setattr(st, "get_option", options.get)
    return base.strip("/")


@pytest.mark.parametrize("below", ["", "forger", "/user/a/proxy/8501/"], indirect=True)
@pytest.mark.parametrize("path", ["/", "/learn", "/api/runs", "/_stcore/health", "/favicon.png"])
def test_every_route_is_found_below_the_path_and_at_the_root(below: str, path: str) -> None:
    for before in {"", f"/{below}" if below else ""}:
        assert ask(before + path, below).status_code == 200, before + path


@pytest.mark.parametrize("below", ["forger", "a/b"], indirect=True)
def test_without_the_last_slash_relative_addresses_would_be_wrong(below: str) -> None:
    answer = ask(f"/{below}?run=x", below)
    assert answer.status_code == 307
    assert str(httpx.URL(f"http://app/{below}").join(answer.headers["location"])) == f"http://app/{below}/?run=x"


@pytest.mark.parametrize("below", ["", "forger"], indirect=True)
@pytest.mark.parametrize("path", ["/", "/learn", "/api/runs", "/_stcore/health", "/favicon.png"])
def test_a_folder_that_nobody_told_is_taken_off(below: str, path: str) -> None:
    assert ask(f"/user/me/proxy/8501{path}", below).status_code == 200


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/learn/_stcore/health", "/learn/_stcore/health"),  # found, the page would pass for the app's root
        ("/api/learn", "/api/learn"),
        ("/a/learn/b", "/a/learn/b"),
        ("/nothing", "/nothing"),
        ("/learn/", "/learn/"),
        ("/a/learn/", "/learn/"),
        ("", ""),
    ],
)
def test_what_is_no_folder_stays(path: str, inside: str) -> None:
    assert Prefix(lambda *_: None, ["", "learn"]).inside(path) == inside  # type: ignore[arg-type]


@pytest.mark.parametrize("below", ["", "forger", "/a/b/"], indirect=True)
def test_the_path_has_no_slash_at_its_end(below: str) -> None:
    assert prefix.path() == (f"/{below}" if below else "")
