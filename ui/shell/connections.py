"""Connections of the server: no more than descriptors allow, and none that stays without asking or never stops sending.

uvicorn accepts whatever comes until the process has no descriptor left, and then nothing can be opened: no page, no log
of a run that is trained here. So a part of the descriptors is kept for files; when the rest is taken, the connection
that has waited longest without a question is closed for the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import resource
import signal
from collections.abc import Iterator
from typing import Any

import h11

from ui.shell import left_sessions, listening
from ui.shell.log_lines import FULL

WANTED_DESCRIPTORS = 65_536
ACCEPTED_AT_ONCE, TURNS = 8, 4  # connections a turn of the event loop; turns until one too many is closed
QUEUE = 1024  # of connections that the kernel holds meanwhile
HEAD_SECONDS = 20.0  # until a connection has asked something
SURPLUS_SECONDS, SURPLUS_BYTES = 10.0, 64 << 20  # of a body after the answer to it
SWEEP_SECONDS = 1.0
SESSION_DESCRIPTORS = 3  # of the event loop that Streamlit makes for a browser, besides its connection
DROPPED_AT_ONCE = 8
SETTLE_SECONDS = 2.0  # until a session has what it takes
REFUSED = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def raise_limit() -> int:
    """Raises the soft limit of descriptors as far as the system lets it; returns what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, WANTED_DESCRIPTORS)
    for wanted in (most, 10_240):  # macOS names no limit and takes no more than this
        if soft < wanted and (wanted <= hard or hard == resource.RLIM_INFINITY):
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
                return wanted
    return soft


def highest(limit: int) -> int:
    """The descriptor from which on there are too many, of `limit`: the rest is for files, also of runs trained here."""
    return limit - max(48, min(512, limit // 8)) - ACCEPTED_AT_ONCE * TURNS


def in_use() -> int:
    """How many descriptors are open; as many as can be where that cannot be looked up, since none is left for it."""
    try:
        with os.scandir("/dev/fd") as entries:
            return sum(1 for _ in entries) - 1
    except OSError:
        return 1 << 30


def running_server() -> Any | None:
    """uvicorn's server of this process, None where something else serves."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return server if hasattr(server, "should_exit") and hasattr(server, "config") else None


class Connections:
    """The connections of one server, oldest first by kind."""

    def __init__(self, server: Any):
        self._server = server
        self._highest = highest(raise_limit())
        self._base = in_use()
        self._promised = 0  # descriptors that sessions are about to take
        self._waiting: dict[Any, float] = {}  # those that have not asked anything, since when
        self._surplus: dict[Any, float] = {}  # those still sending a body that was answered
        config = server.config
        config.backlog = ACCEPTED_AT_ONCE
        config.http_protocol_class = _bounded(config.http_protocol_class, self)

    async def sweep(self) -> None:
        """Closes what waits too long, for as long as the server runs."""
        await asyncio.sleep(SWEEP_SECONDS)  # until it listens, with a queue as short as what it accepts at once
        for one in listening.sockets():
            one.listen(QUEUE)
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = asyncio.get_running_loop().time()
            for open_, patience in ((self._waiting, HEAD_SECONDS), (self._surplus, SURPLUS_SECONDS)):
                for connection in [c for c, since in open_.items() if now - since > patience]:
                    connection.transport.abort()

    def drop_unfinished(self) -> None:
        """Closes what is still sending its question: an end of the server does not wait for it."""
        for connection in [*self._server.server_state.connections]:
            if connection in self._waiting or _is_sending(connection):
                connection.transport.abort()

    def opened(self, connection: Any) -> None:
        """Takes a new connection, and closes the one that matters least where there are too many."""
        self._waiting[connection] = connection.loop.time()
        if self._taken_now() + self._promised >= self._highest:
            self._close(next((one for one in self._idle() if one is not connection), connection))

    def has_room(self, connection: Any) -> bool:
        """Whether one more browser can have a session; those of browsers that have gone, and the idle, make room."""
        if (spare := self._spare()) < 0 and left_sessions.drop(DROPPED_AT_ONCE):
            spare = self._spare()
        for idle in itertools.islice(self._idle(), max(0, -spare)):
            self._close(idle)
            spare += 1
        if spare < 0:
            logging.getLogger("forger").warning(FULL)
            return False
        self._promised += SESSION_DESCRIPTORS
        connection.loop.call_later(SETTLE_SECONDS, self._taken)
        return True

    def _spare(self) -> int:
        return self._highest - self._taken_now() - self._promised - SESSION_DESCRIPTORS

    def _taken_now(self) -> int:
        """Descriptors that are open, reckoned: to count them lets go of Python's lock once for each."""
        sessions = SESSION_DESCRIPTORS * left_sessions.count()
        return self._base + len(self._server.server_state.connections) + sessions

    def _close(self, connection: Any) -> None:
        self.closed(connection)
        self._server.server_state.connections.discard(connection)
        connection.transport.abort()

    def _taken(self) -> None:
        self._promised -= SESSION_DESCRIPTORS

    def closed(self, connection: Any) -> None:
        """Forgets a connection."""
        self._waiting.pop(connection, None)
        self._surplus.pop(connection, None)

    def received(self, connection: Any, count: int) -> None:
        """Takes notice of bytes: a question, or what follows one that was answered."""
        if connection.cycle is not None:
            self._waiting.pop(connection, None)
            if connection.cycle.response_complete and _is_sending(connection):
                self._surplus.setdefault(connection, connection.loop.time())
                connection.surplus += count
                if connection.surplus > SURPLUS_BYTES:
                    connection.transport.abort()
            else:
                self._surplus.pop(connection, None)
                connection.surplus = 0

    def _idle(self) -> Iterator[Any]:
        """Those that nobody misses: never asked anything, then those answered a while ago."""
        yield from [*self._waiting]
        for connection in [*self._server.server_state.connections]:
            cycle = getattr(connection, "cycle", None)
            if cycle is not None and cycle.response_complete:
                yield connection


def _is_sending(connection: Any) -> bool:
    return getattr(getattr(connection, "conn", None), "their_state", None) is h11.SEND_BODY


def _bounded(base: type[Any], connections: Connections) -> type[Any]:
    """uvicorn's protocol of a connection, which tells `connections` what happens to it."""

    class Bounded(base):
        surplus = 0

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            connections.opened(self)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.closed(self)
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            connections.received(self, len(data))

        def handle_websocket_upgrade(self, *event: h11.Request) -> None:
            connections.closed(self)
            # h11 hands the question over, httptools has it in the scope.
            method = event[0].method if event else self.scope["method"].encode()
            names = {name for name, _ in (event[0].headers if event else self.scope["headers"])}
            if method != b"GET" or names & {b"content-length", b"transfer-encoding"}:  # it would be waited for
                self.send_400_response("A websocket begins with GET, and without a body.")
            elif connections.has_room(self):
                super().handle_websocket_upgrade(*event)
            else:
                self.transport.write(REFUSED)
                self.transport.close()

        def send_400_response(self, msg: str) -> None:
            try:
                super().send_400_response(msg)
            except h11.LocalProtocolError:  # an answer has begun
                self.transport.abort()

    return Bounded
