"""Who has a page open is counted, and where nobody came from another device that is said."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

from gan.diagnostics import addresses
from ui.shared.audience import GLANCE_SECONDS, Audience, advice, audience
from ui.shell import arrivals, listening


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "forger_process", raising=False)
    monkeypatch.setattr(addresses, "reachable", lambda: ["192.168.7.5"])
    arrivals._own.cache_clear()
    monkeypatch.setenv("FORGER_PIN", "483920")
    monkeypatch.setattr(listening, "is_exposed", lambda: True)


def scope(client: str, browser: str = "", *headers: tuple[bytes, bytes], path: str = "/_stcore/stream") -> Any:
    cookie = [(b"cookie", f"forger_browser={browser * 43}".encode())] if browser else []
    return {"type": "websocket", "path": path, "client": (client, 5), "headers": [*cookie, *headers]}


def counts(*scopes: Any) -> list[int]:
    """The count while each of these websockets is opened after the other, and after all have gone."""
    seen: list[int] = []

    async def nested(rest: tuple[Any, ...]) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            seen.append(audience().count())
            await nested(rest[1:])

        if rest:
            await arrivals.Arrivals(app)(rest[0], None, None)  # type: ignore[arg-type]

    asyncio.run(nested(scopes))
    return [*seen, audience().count()]


def test_a_browser_counts_once_however_many_pages_it_has_open() -> None:
    phone, other = scope("192.168.7.9", "a"), scope("192.168.7.10", "b")
    assert counts(phone, phone, other, scope("192.168.7.9", "c", path="/api/connection")) == [1, 1, 2, 2, 0]


def test_a_browser_counts_while_its_watch_view_asks() -> None:
    now = 0.0
    here = Audience(clock=lambda: now)
    here.came(b"teacher", elsewhere=False)
    for browser in (b"phone", b"phone", b"teacher"):
        here.glanced(browser, elsewhere=True)
    assert here.count() == 2
    now = GLANCE_SECONDS + 1
    assert here.count() == 1
    ask = {**scope("192.168.7.9", "b", path="/api/watch"), "type": "http"}
    assert counts(ask, {**ask, "path": "/api/stage"}) == [1, 1, 1]


@pytest.mark.parametrize(
    ("client", "headers", "elsewhere"),
    [
        ("127.0.0.1", [], False),
        ("::1", [], False),
        ("::ffff:127.0.0.1", [], False),
        ("192.168.7.5", [], False),  # this machine by its own address
        ("::ffff:192.168.7.9", [], True),
        ("fe80::7%eth0", [], True),
        ("127.0.0.1", [(b"x-forwarded-for", b"10.0.0.9")], True),
    ],
)
def test_another_device_is_told_from_this_machine(client: str, headers: Any, elsewhere: bool) -> None:
    assert arrivals.is_elsewhere(scope(client, "a", *headers)) is elsewhere


@pytest.mark.parametrize("by", ["page", "watch view"])
def test_where_nobody_came_it_says_what_to_try_until_somebody_comes(
    by: str, capsys: pytest.CaptureFixture[str]
) -> None:
    counts(scope("127.0.0.1", "a"))
    assert advice(8501) == []
    asyncio.run(arrivals.wait(0))
    said = capsys.readouterr().out
    assert all(word in said for word in ("hotspot", "guest isolation", "ufw allow"))
    assert any("8501" in line for line in advice(8501))
    glance = {**scope("192.168.7.9", path="/api/watch"), "type": "http"}
    counts(scope("127.0.0.1", "a"))
    assert advice(8501)
    counts(scope("192.168.7.9", "b") if by == "page" else glance)
    assert advice(8501) == []
    asyncio.run(arrivals.wait(0))
    assert capsys.readouterr().out == ""
