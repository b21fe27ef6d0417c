"""Counts who has a page open, and says in the terminal when nobody came from another device."""

from __future__ import annotations

import asyncio
import functools
import ipaddress

import streamlit as st
from starlette.types import ASGIApp, Receive, Scope, Send

from gan.diagnostics import addresses
from ui.shared import access, audience
from ui.shell import listening
from ui.shell.browser_cookie import browser_of
from ui.shell.hosts import STREAM

LONELY_SECONDS = 120.0
WATCH_VIEW = "/api/watch"  # what it asks again and again


class Arrivals:
    """ASGI middleware: each websocket of a page is one page of a browser; the watch view has none, and asks."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or not scope["path"].endswith(STREAM):
            if scope["type"] == "http" and scope["path"] == WATCH_VIEW:
                host = str((scope.get("client") or ("",))[0])
                audience.audience().glanced(access.digest(browser_of(scope) or host), is_elsewhere(scope))
            return await self.app(scope, receive, send)
        browser = access.digest(browser_of(scope) or repr(scope.get("client")))
        audience.audience().came(browser, is_elsewhere(scope))
        try:
            await self.app(scope, receive, send)
        finally:
            audience.audience().went(browser)
        return None


def is_elsewhere(scope: Scope) -> bool:
    """Whether a request comes from another machine, as far as its address or a forwarder tells."""
    if any(name in access.FORWARDED_BYTES for name, _ in scope["headers"]):
        return True
    try:
        ip = ipaddress.ip_address(str((scope.get("client") or ("",))[0]).partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return not (ip.is_loopback or str(ip) in _own())


async def wait(seconds: float = LONELY_SECONDS) -> None:
    """Says what to try, in the terminal and in the page, where a network reaches this server and nobody came."""
    await asyncio.sleep(seconds)
    if audience.audience().elsewhere or not (listening.is_exposed() and access.is_open()):
        return
    audience.audience().alone = True
    first, *rest = audience.advice(st.get_option("server.port"))
    print("\n".join(["", f"  {first} What to try:", *(f"  - {line}" for line in rest), ""]), flush=True)


@functools.cache
def _own() -> frozenset[str]:
    return frozenset(addresses.reachable())
