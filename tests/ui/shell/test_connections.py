"""Connections that only take up room: a server of few descriptors, beside a writer that must not be hurt by them."""

from __future__ import annotations

import contextlib
import http.client
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.serving import HOME, free_port
from ui.shell import connections, left_sessions

LIMIT, SOCKETS, SECONDS = 160, 250, 1.5
HOST = """
import asyncio, contextlib, sys, threading, time
from pathlib import Path
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from gan import files
from ui.shell import connections, log_lines
from ui.shell.lifespan import Ending

connections.HEAD_SECONDS, connections.SURPLUS_SECONDS, connections.SWEEP_SECONDS = 1.0, 1.0, 0.1
log = Path(sys.argv[2])

def write():
    while True:
        files.append(log, [{"time": time.time()}])
        files.replace(log.with_name("picture"), b"x", durable=False)
        time.sleep(0.02)

@contextlib.asynccontextmanager
async def life(app):
    server = connections.running_server()
    bound = connections.Connections(server)
    ending = Ending(server, bound, log_lines.shorten(asyncio.get_running_loop()))
    ending.listen()
    task = asyncio.create_task(bound.sweep())
    threading.Thread(target=write, daemon=True).start()
    yield
    task.cancel()
    await asyncio.to_thread(ending.finish)

async def hello(request):
    return PlainTextResponse("hello")

async def read(request):
    return PlainTextResponse(str(len(await request.body())))

app = Starlette(routes=[Route("/", hello, methods=["GET", "POST"]), Route("/read", read, methods=["POST"])],
                lifespan=life)
uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
"""


@dataclass
class Host:
    port: int
    process: subprocess.Popen[bytes]
    written: Path
    log: Path

    def dial(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=5)

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    def ask(self) -> str:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
            connection.request("GET", "/")
            return connection.getresponse().read().decode()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A small server of LIMIT descriptors, and a thread in it that appends to a file."""
    folder, port = tmp_path_factory.mktemp("host"), free_port()
    log, written = folder / "log", folder / "written.jsonl"

    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))

    command = [sys.executable, "-c", HOST, str(port), str(written)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=HOME, stdout=out, stderr=subprocess.STDOUT, preexec_fn=few)
    found = Host(port, process, written, log)
    try:
        deadline = time.monotonic() + 30
        while not written.exists():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield found
        with found.dial() as idle, found.dial() as half:
            half.sendall(b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nhalf")
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0, log.read_text()
            assert idle.recv(1) == b""
        assert "Cancel" not in log.read_text()
        assert "Traceback" not in log.read_text()
    finally:
        process.kill()
        process.wait()


def test_idle_sockets_beyond_the_limit_hurt_nobody(host: Host) -> None:
    before = len(host.lines())
    with contextlib.ExitStack() as stack:
        for _ in range(SOCKETS):
            stack.enter_context(host.dial())
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            assert host.ask() == "hello", "served meanwhile"
            time.sleep(0.1)
        size = host.written.stat().st_size
        deadline = time.monotonic() + 20
        while host.written.stat().st_size == size:
            assert time.monotonic() < deadline, "the writer goes on"
            time.sleep(0.05)
    assert host.ask() == "hello"
    assert len(host.lines()) - before <= 10, host.log.read_text()


def test_a_connection_that_asks_nothing_is_closed(host: Host) -> None:
    with host.dial() as idle, host.dial() as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHo")
        assert idle.recv(1) == b""
        assert slow.recv(1) == b""


def test_a_body_without_end_is_not_swallowed_for_ever(host: Host) -> None:
    with host.dial() as endless:
        endless.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + bytes(0x10000) + b"\r\n"
        assert _ends(endless, piece, seconds=8)
    assert host.ask() == "hello"


def test_a_head_without_end_is_not_kept(host: Host) -> None:
    with host.dial() as endless:
        endless.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        assert _ends(endless, b"X-More: y\r\n" * 1000, seconds=8)
    assert host.ask() == "hello"


@pytest.mark.parametrize("head", ["POST / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nContent-Length: 40\r\n"])
def test_a_websocket_that_waits_for_a_body_is_refused(host: Host, head: str) -> None:
    with host.dial() as socket_:
        more = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        socket_.sendall(f"{head}{more}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
        assert socket_.recv(12) == b"HTTP/1.1 400"


def _ends(connection: socket.socket, piece: bytes, seconds: float) -> bool:
    """Whether the server stops taking pieces."""
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            connection.sendall(piece)
    except OSError:
        return True
    return False


@pytest.mark.parametrize(
    "request_",
    [
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n",
        b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcdefgh\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\n\r\n\0\0",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
        b"GET / HTTP/9.9\r\n\r\n",
    ],
    ids=["no-chunk", "torn-chunk", "pipelined", "tls", "version"],
)
def test_a_malformed_question_is_at_most_a_line(host: Host, request_: bytes) -> None:
    before = len(host.lines())
    for _ in range(4):
        with host.dial() as connection:
            connection.sendall(request_)
            connection.settimeout(0.2)
            with contextlib.suppress(OSError):
                while connection.recv(4096):
                    pass
    assert "Traceback" not in host.log.read_text()
    assert len(host.lines()) - before <= 2, host.log.read_text()


@pytest.mark.parametrize("limit", [64, 128, 256, 1024, 65_536])
def test_files_keep_a_part_of_the_descriptors(limit: int) -> None:
    highest = connections.highest(limit)
    assert limit - highest >= 48
    assert limit < 1024 or highest > 0.8 * limit


def test_open_descriptors_are_counted() -> None:
    before = connections.in_use()
    with Path("/dev/null").open("rb"):
        assert connections.in_use() == before + 1
    assert connections.in_use() == before


class Idle:
    """A connection that was answered and waits for another question."""

    cycle = SimpleNamespace(response_complete=True)

    def __init__(self, closed: list[str]):
        self.transport = SimpleNamespace(abort=lambda: closed.append("idle"))


def test_sessions_are_refused_before_files_are(monkeypatch: pytest.MonkeyPatch) -> None:
    dropped: list[int] = []
    later: list[Callable[[], None]] = []
    loop = SimpleNamespace(call_later=lambda seconds, call: later.append(call))
    server = SimpleNamespace(
        config=SimpleNamespace(http_protocol_class=object), server_state=SimpleNamespace(connections=set())
    )
    monkeypatch.setattr(connections, "raise_limit", lambda: 256)
    monkeypatch.setattr(connections, "in_use", lambda: 160)
    monkeypatch.setattr(left_sessions, "drop", dropped.append)
    bound, browser = connections.Connections(server), SimpleNamespace(loop=loop)
    assert [bound.has_room(browser) for _ in range(7)] == [True] * 5 + [False] * 2, "those about to come are counted"
    assert len(dropped) == 2
    closed: list[str] = []
    idle = Idle(closed)
    server.server_state.connections.add(idle)
    bound._base = 158  # and one connection
    assert bound.has_room(browser), "an idle connection makes room for it"
    assert closed == ["idle"]
    for call in later:
        call()
    assert bound.has_room(browser)


def test_the_soft_limit_is_raised_as_far_as_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda what: (256, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda what, limits: asked.append(limits))
    assert connections.raise_limit() == 4096
    assert asked == [(4096, 4096)]
    monkeypatch.setattr(resource, "getrlimit", lambda what: (4096, 4096))
    assert connections.raise_limit() == 4096
    assert len(asked) == 1


def test_nothing_is_taken_over_where_uvicorn_does_not_serve() -> None:
    assert connections.running_server() is None
