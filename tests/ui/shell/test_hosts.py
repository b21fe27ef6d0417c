"""What the server answers to whom: its own names, its own pages' websockets, headers, the cookie of a browser."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from ui.shared import access
from ui.shell import admitted
from ui.shell.browser_cookie import BrowserCookie
from ui.shell.hosts import Hosts
from ui.shell.security_headers import SecurityHeaders

HOST = "localhost:8501"
OLD = "x" * 43


async def _page(request: Request) -> Response:
    answer = HTMLResponse("<p>page</p>")
    answer.set_cookie("_streamlit_xsrf", "token")
    return answer


async def _data(request: Request) -> Response:
    return JSONResponse({"a": 1}, headers={"Referrer-Policy": "no-referrer"})


async def _stream(websocket: WebSocket) -> None:
    await websocket.accept("streamlit")
    await websocket.send_json(
        {"origin": websocket.headers.get("origin"), "protocols": websocket.headers.get("sec-websocket-protocol")}
    )
    await websocket.close()


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What the operator admits: nothing at first."""
    options: dict[str, Any] = {"server.allowedHosts": [], "server.corsAllowedOrigins": [], "server.enableCORS": True}
    monkeypatch.setattr(st, "get_option", options.get)
    monkeypatch.delitem(sys.modules, "forger_process", raising=False)
    for name in (admitted.PUBLIC_URL, admitted.FRAME_ORIGIN):
        monkeypatch.delenv(name, raising=False)

    def admit(**given: Any) -> None:
        for name, value in given.items():
            if name.isupper():
                monkeypatch.setenv(name, value)
            else:
                options[f"server.{name}"] = value

    return admit


@pytest.fixture
def app() -> Starlette:
    routes = [
        Route("/", _page),
        Route("/learn", _page),
        Route("/api/x", _data),
        WebSocketRoute("/_stcore/stream", _stream),
    ]
    return Starlette(routes=routes, middleware=[Middleware(one) for one in (SecurityHeaders, Hosts, BrowserCookie)])


def ask(app: Starlette, path: str = "/api/x", host: str = HOST, scheme: str = "http", **headers: str) -> httpx.Response:
    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{scheme}://{HOST}") as client:
            return await client.get(path, headers={"Host": host, **headers})

    return asyncio.run(get())


def streams(app: Starlette, host: str, protocols: str = "streamlit", **headers: str) -> dict[str, Any] | None:
    """What a websocket reached; None where it was refused."""
    sent: list[Any] = []
    wanted = {"host": host, "sec-websocket-protocol": protocols, **headers}
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in wanted.items()]
    scope = {"type": "websocket", "path": "/_stcore/stream", "scheme": "ws", "query_string": b"", "headers": pairs}

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    if sent[0]["type"] == "websocket.close":
        return None
    told: dict[str, Any] = json.loads(sent[1]["text"])
    return told


@pytest.mark.parametrize("path", ["/", "/api/x", "/learn"])
@pytest.mark.parametrize(
    "host",
    [
        *(
            "localhost",
            HOST,
            "LOCALHOST:1",
            "a.localhost",
            "127.0.0.1:8501",
            "[::1]:8501",
            "192.168.0.9",
            "[fe80::1]:80",
        ),
        *("localhost.", "own"),
    ],
)
def test_its_own_names_are_answered(app: Starlette, path: str, host: str) -> None:
    assert ask(app, path, socket.gethostname() if host == "own" else host).status_code == 200


def test_a_request_names_one_host(app: Starlette) -> None:
    async def twice() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            return await client.get("/api/x", headers=[("host", "evil.example"), ("host", HOST)])

    assert asyncio.run(twice()).status_code == 400


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8501",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "a@localhost",
        "localhost/x",
    ],
)
def test_a_strangers_name_is_refused_everywhere(app: Starlette, host: str) -> None:
    for path in ("/", "/api/x", "/learn"):
        answer = ask(app, path, host)
        assert answer.status_code == 421
        assert "--public-url" in answer.json()["error"]
        assert "x-content-type-options" in answer.headers
    assert "/" in host or "@" in host or streams(app, host, origin=f"http://{host}") is None


@pytest.mark.parametrize(
    ("admits", "host"),
    [
        ({admitted.PUBLIC_URL: "https://gan.example/forger/"}, "gan.example"),
        ({admitted.PUBLIC_URL: "http://a.example, https://GAN.example:444"}, "gan.example:444"),
        ({"allowedHosts": ["*.school.example"]}, "room-1.school.example"),
        ({"allowedHosts": ["*"]}, "anything.example"),
    ],
)
def test_names_that_the_operator_admits(app: Starlette, operator: Any, admits: dict[str, Any], host: str) -> None:
    assert ask(app, host=host).status_code == 421
    operator(**admits)
    assert ask(app, host=host).status_code == 200
    assert ask(app, host="evil.example").status_code == (200 if "*" in admits.get("allowedHosts", "") else 421)


@pytest.mark.parametrize(
    ("host", "origin", "admitted_"),
    [
        (HOST, f"http://{HOST}", True),
        (HOST, f"https://{HOST}", True),
        ("localhost", "http://localhost:80", True),
        ("[::1]:8501", "http://[::1]:8501", True),
        ("192.168.0.9:8501", "http://192.168.0.9:8501", True),
        (HOST, None, True),  # no browser
        (HOST, "http://localhost:9999", False),
        (HOST, "http://127.0.0.1:8501", False),
        (HOST, "http://localhost", False),
        (HOST, "http://evil.example:8501", False),
        (HOST, "https://localhost.evil.example", False),
        (HOST, "null", False),
        (HOST, "", False),
        (HOST, "http://localhost:99999999", False),
        (HOST, "file://", False),
    ],
)
def test_only_its_own_pages_open_the_websocket(app: Starlette, host: str, origin: str | None, admitted_: bool) -> None:
    told = streams(app, host, **({} if origin is None else {"origin": origin}))
    assert (told is not None) == admitted_
    assert told is None or told["origin"] in (None, f"http://{host}"), "as Streamlit takes it for its own"


def test_forwarders_that_say_where_they_stand_and_those_that_the_operator_names(app: Starlette, operator: Any) -> None:
    outside = "https://abc-8501.forwarder.example"
    assert streams(app, HOST, origin=outside) is None
    assert streams(app, HOST, origin=outside, x_forwarded_host="abc-8501.forwarder.example")
    assert streams(app, HOST, origin="https://evil.example", x_forwarded_host="abc-8501.forwarder.example") is None
    operator(**{admitted.PUBLIC_URL: f"{outside}/some/path"})
    assert streams(app, HOST, origin=outside)
    operator(enableCORS=False)
    assert streams(app, HOST, origin="https://anywhere.example")


def test_a_session_goes_on_in_its_own_browser_only(app: Starlette) -> None:
    access.door().meet("session-1", OLD)
    wanted = "streamlit, token, session-1"
    assert streams(app, HOST, wanted, cookie=f"{access.COOKIE}={OLD}")["protocols"] == wanted  # type: ignore[index]
    for cookie in (f"{access.COOKIE}={'y' * 43}", "a=b"):
        assert streams(app, HOST, wanted, cookie=cookie)["protocols"] == "streamlit, token"  # type: ignore[index]
    assert streams(app, HOST, "streamlit, token, unknown")["protocols"] == "streamlit, token, unknown"  # type: ignore[index]


def test_what_is_refused_is_logged_once(app: Starlette, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "forger"):
        for _ in range(5):
            ask(app, host="evil.example")
    assert len(caplog.records) == 1
    assert "--public-url" in caplog.text


def test_every_answer_has_the_headers(app: Starlette, operator: Any) -> None:
    for path in ("/", "/api/x", "/nothing"):
        headers = ask(app, path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == ("no-referrer" if path == "/api/x" else "same-origin")
        policy = headers["content-security-policy"]
        assert policy.endswith("frame-ancestors 'self'")
        assert "object-src 'none'" in policy
    operator(**{admitted.FRAME_ORIGIN: "https://course.example/week/1 huggingface.co https://huggingface.co"})
    policy = ask(app).headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://course.example https://huggingface.co")


def cookies(answer: httpx.Response) -> dict[str, str]:
    return {text.partition("=")[0]: text for text in answer.headers.get_list("set-cookie")}


def test_a_page_gives_a_browser_its_cookie_once(app: Starlette) -> None:
    one, two = (cookies(ask(app, path))[access.COOKIE] for path in ("/", "/learn"))
    assert one != two
    assert access.COOKIE_VALUE.match(one.partition("=")[2].partition(";")[0])
    assert one.partition("; ")[2] == "HttpOnly; SameSite=Lax"
    assert access.COOKIE not in cookies(ask(app, "/", cookie=f"a=b; {access.COOKIE}={OLD}"))
    assert access.COOKIE in cookies(ask(app, "/", cookie=f"{access.COOKIE}=short"))
    assert not cookies(ask(app, "/api/x"))


def test_over_https_the_cookie_is_secure(app: Starlette) -> None:
    assert cookies(ask(app, "/", scheme="https"))[access.COOKIE].endswith("; SameSite=Lax; Secure")
    forwarded = ask(app, "/", **{"X-Forwarded-Proto": "https"})
    assert cookies(forwarded)[access.COOKIE].endswith("; Secure")


def test_in_a_frame_that_the_operator_admits_cookies_hold(app: Starlette, operator: Any) -> None:
    operator(**{admitted.FRAME_ORIGIN: "https://course.example"})
    told = cookies(ask(app, "/", scheme="https"))
    for name in (access.COOKIE, "_streamlit_xsrf"):
        assert told[name].endswith("; SameSite=None; Secure; Partitioned")
        assert told[name].lower().count("samesite") == 1
    assert cookies(ask(app, "/"))[access.COOKIE].endswith("SameSite=Lax"), "not without encryption"
