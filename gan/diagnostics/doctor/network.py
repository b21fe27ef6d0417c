"""Checks of the ways to the server: its port, its addresses, and whether websockets get through.

Looks as a browser does, at the server on this machine and at each public address that a proxy gives it.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

from gan.diagnostics import addresses
from gan.diagnostics.doctor.check import Check

PATIENCE = 5.0  # seconds for an answer
MAX_BYTES = 64 << 10  # read of an answer
UPGRADE = "The proxy must pass WebSockets on; docs/operating.md has the lines for common ones."


def checks(port: int | None, public: Sequence[str]) -> Iterator[Check]:
    """All of this file."""
    ports = [port] if port else range(addresses.FIRST_PORT, addresses.FIRST_PORT + 5)
    running = next(((p, about) for p in ports if (about := _forger(p)) is not None), None)
    if running is None:
        yield _idle(port or addresses.FIRST_PORT)
    else:
        yield from _server(*running)
    yield _addresses()
    for url in public:
        yield from _public(f"{url.rstrip('/')}/")


def _forger(port: int) -> dict[str, Any] | None:
    """What a server of ours at that port says of a page of its own."""
    root = addresses.url("localhost", port) + "/"
    about = _ask(root)
    return about if isinstance(about, dict) else None


def _idle(port: int) -> Check:
    problem = addresses.refusal("localhost", port)
    if problem is None:
        return Check("server", "ok", f"No server of ours runs at port {port}, which is free.", "Start one: make run")
    free = addresses.next_free("localhost", port + 1)
    advice = f'Take another: make run ARGS="--port {free}"'
    return Check("server", "warning", f"Port {port} cannot be used: {problem.strerror}.", advice)


def _server(port: int, about: dict[str, Any]) -> Iterator[Check]:
    root = addresses.url("localhost", port, about.get("prefix") or "")
    yield Check("server", "ok", f"A server runs at {root}.")
    if about.get("prefix"):
        yield Check("prefix", "ok", f"The app is below {about['prefix']}/, and at the root for this machine.")
    yield _admitted("address", root, about)
    yield _socket("websocket", f"{root.rstrip('/')}/")


def _addresses() -> Check:
    if others := addresses.reachable():
        return Check("addresses", "ok", f"Others reach this machine at {', '.join(others)}, once make class runs.")
    text = "This machine has no address in a network."
    return Check("addresses", "warning", text, "Only a browser on it can open the app.")


def _public(root: str) -> Iterator[Check]:
    """The server as a browser elsewhere has it."""
    if urlsplit(root).scheme not in ("http", "https"):
        yield Check("public", "problem", f"{root} is no address.", "Give the whole: https://example.org/forger/")
        return
    about = _ask(root)
    if isinstance(about, str):
        yield Check("public", "problem", f"{root}: {about}", "Is the proxy set up, and does the server run?")
        return
    yield _admitted("public", root, about)
    yield _socket("public socket", root)


def _admitted(name: str, root: str, about: dict[str, Any]) -> Check:
    """What the server says of pages at that address."""
    if refused := about.get("refused"):
        return Check(name, "problem", str(refused))
    return Check(name, "ok", f"The server admits pages at {root}.")


def _socket(name: str, root: str) -> Check:
    if why := handshake(root):
        return Check(name, "problem", f"No WebSocket gets through at {root}: {why}", UPGRADE)
    return Check(name, "ok", f"A WebSocket gets through at {root}.")


def _ask(root: str) -> dict[str, Any] | str:
    """GET /api/connection, or why that is not what answers."""
    local = urlsplit(root).hostname in ("localhost", "127.0.0.1", "::1")
    opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if local else []))
    try:
        with opener.open(f"{root}api/connection?root={quote(root, safe='')}", timeout=PATIENCE) as answer:
            about = json.loads(answer.read(MAX_BYTES))
    except urllib.error.HTTPError as error:
        error.close()
        return f"something answers with {error.code} {error.reason}."
    except (OSError, HTTPException) as error:
        return f"nothing answers ({getattr(error, 'reason', None) or error})."
    except ValueError:
        return "something else answers, such as a page to sign in."
    return about if isinstance(about, dict) and "refused" in about else "another program answers."


def handshake(root: str) -> str:
    """Opens a websocket as a page at `root` does; "" where that is answered as it should, else why not."""
    url = urlsplit(root)
    secure = url.scheme == "https"
    place = (url.hostname or "", url.port or (443 if secure else 80))
    request = (
        f"GET {url.path}api/connection HTTP/1.1",
        f"Host: {url.netloc}",
        f"Origin: {url.scheme}://{url.netloc}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
    )
    try:
        with socket.create_connection(place, PATIENCE) as plain:
            stream = ssl.create_default_context().wrap_socket(plain, server_hostname=place[0]) if secure else plain
            stream.sendall("\r\n".join([*request, "", ""]).encode("latin-1", "replace"))
            line = stream.recv(1000).partition(b"\r\n")[0].decode("latin-1")
    except (OSError, ValueError) as error:
        return f"{error}."
    status = line.split(" ", 2)[1:2]
    if status == ["101"]:
        return ""
    return f"the answer is {line[:80]!r}." if line else "the connection is closed without an answer."
