"""The server process itself: how it starts, answers and ends. Real processes, real signals, no browser."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import http.client
import importlib
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import tomllib
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import streamlit as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

import gan
from gan.config import RunConfig
from gan.hosting import torch_loader, trainer_process, trainers
from gan.runs import Run, create
from tests.serving import HOME, Server, free_port, server
from ui.shell import lifespan, listening, uploads

BEGIN = """
import sys, threading, time

def begin():
    while "gan.hosting.trainers" not in sys.modules or "ui.shell.lifespan" not in sys.modules:
        time.sleep(0.05)
    time.sleep(0.5)
    from gan import runs
    from gan.hosting import trainers
    trainers.trainers().start(runs.find("ring"))
    import torch
    while True:  # a thread inside torch aborts an interpreter that ends by itself (134)
        torch.randn(300, 300) @ torch.randn(300, 300)

if "streamlit" in " ".join(sys.orig_argv):
    threading.Thread(target=begin, daemon=True).start()
"""  # Python runs sitecustomize.py by itself: so a training starts in the server without a browser


@contextmanager
def training_server(folder: Path) -> Iterator[tuple[Server, Run]]:
    """A server that trains a run which would take an hour, and the run."""
    config = RunConfig(dataset="ring", model="first-steps", loss="non-saturating", device="cpu", threads=1)
    run = create(config, {"seconds": 3600}, run_id="ring", home=folder / "runs")
    (folder / "sitecustomize.py").write_text(BEGIN)
    with server(folder, PYTHONPATH=str(folder)) as found:
        deadline = time.monotonic() + 60
        while not run.pictures("fixed"):
            assert time.monotonic() < deadline, found.log.read_text()
            time.sleep(0.1)
        yield found, run


@contextmanager
def watchers(url: str) -> Iterator[None]:
    """A browser's websocket, an idle connection, and one that never finishes its question."""
    where = urlsplit(url)
    address = (where.hostname or "", where.port or 0)
    idle, slow = (socket.create_connection(address) for _ in range(2))
    slow.sendall(b"POST /api/models/x/images HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nhalf")
    browser = connect(
        f"ws://{where.netloc}/_stcore/stream", origin=Origin(url), subprotocols=[Subprotocol("streamlit")]
    )
    with idle, slow, browser:
        yield


@pytest.mark.slow
@pytest.mark.parametrize(("first", "then"), [(signal.SIGTERM, signal.SIGHUP), (signal.SIGINT, signal.SIGINT)])
def test_a_signal_saves_the_training_and_ends_with_0(tmp_path: Path, first: int, then: int) -> None:
    with training_server(tmp_path) as (found, run), watchers(found.url):
        before = run.states()
        started = time.monotonic()
        found.process.send_signal(first)
        time.sleep(0.3)
        if found.process.poll() is None:
            found.process.send_signal(then)  # an impatient hand changes nothing
        assert found.process.wait(15) == 0, found.log.read_text()
        assert time.monotonic() - started < 10
    assert run.states() > before
    assert run.events()[-1]["event"] == "stopped"


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`streamlit run app.py`, nothing training."""
    with server(tmp_path_factory.mktemp("quiet")) as found:
        yield found


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`uvicorn app:app`."""
    port = free_port()
    log = tmp_path_factory.mktemp("bare") / "log"
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=HOME, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while b"running on" not in log.read_bytes():
            assert time.monotonic() < deadline, log.read_text()
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


def test_frames_that_are_no_messages_are_a_line_in_the_log(quiet: Server) -> None:
    """Text, and bytes that are no message: each ends its own connection."""
    for frame in ("text", b"\xff" * 40, "text", b"\xff" * 40):
        with connect(
            quiet.url.replace("http", "ws") + "/_stcore/stream",
            origin=Origin(quiet.url),
            subprotocols=[Subprotocol("streamlit")],
        ) as browser:
            browser.send(frame)
            with contextlib.suppress(ConnectionClosed):
                while browser.recv(5):
                    pass
            assert browser.close_code in (1002, 1003)
    log = quiet.log.read_text()
    assert "Traceback" not in log
    assert log.count("A client sent text") == log.count("A client sent what is no message") == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_a_watcher_cannot_fill_the_memory_with_uploads(method: str) -> None:
    """Refused before a byte of the file is read, whatever the session."""
    reached: list[object] = []

    async def inner(scope: object, receive: object, send: object) -> None:
        reached.append(scope)

    async def ask() -> int:
        transport = httpx.ASGITransport(app=uploads.Uploads(inner))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as asker:
            return (await asker.request(method, "/_stcore/upload_file/some-session/f")).status_code

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORGER_PIN", "483920")
        assert asyncio.run(ask()) == 403
    assert not reached


def test_the_server_refuses_an_upload_where_nobody_drives(tmp_path: Path) -> None:
    with server(tmp_path, FORGER_PIN="483920") as found, closing(_dial(found.url)) as connection:
        connection.request("PUT", "/_stcore/upload_file/some-session/f", b"x")
        answer = connection.getresponse()
        assert answer.status == 403
        assert b'"error"' in answer.read()


def test_a_route_answers_without_the_delay_of_a_plain_socket(quiet: Server, bare: str) -> None:
    """Three servers asked in turn; the slow one is ours as it would be without `undelay`."""
    with delayed() as slow, ExitStack() as stack:
        urls = {"streamlit": quiet.url, "uvicorn": bare, "slow": slow}
        times: dict[str, list[float]] = {name: [] for name in urls}
        connections = {name: stack.enter_context(closing(_dial(urls[name]))) for name in urls}
        for _ in range(15):
            for name, connection in connections.items():
                times[name].append(_round_trip(connection))
    middle = {name: statistics.median(found) for name, found in times.items()}
    assert middle["streamlit"] < 0.5 * middle["slow"]
    assert middle["uvicorn"] < 0.5 * middle["slow"]


def test_listening_sockets_hand_their_lack_of_delay_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as ours:
        assert listening.undelay() >= 1
        with socket.create_connection(ours.getsockname()), ours.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("headless", [True, False])
def test_a_start_by_hand_opens_the_browser(monkeypatch: pytest.MonkeyPatch, headless: bool) -> None:
    opened: list[str] = []
    settings = {"server.headless": headless, "server.port": 8765}
    monkeypatch.setattr(st, "get_option", settings.get)
    monkeypatch.setattr(webbrowser, "open", opened.append)

    async def start() -> None:
        with socket.create_server(("127.0.0.1", 0)):
            async with lifespan.lifespan(None):
                await asyncio.sleep(0.2)

    asyncio.run(start())
    assert opened == ([] if headless else ["http://localhost:8765"])


def test_after_torch_is_there_the_collector_has_nothing_old_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    states = iter(["loading", "loading", "ready"])
    calls: list[str] = []
    monkeypatch.setattr(lifespan, "BROWSER_SECONDS", 0.0)
    monkeypatch.setattr(lifespan, "PAGE_SECONDS", 0.0)
    monkeypatch.setattr(torch_loader, "warm_up", lambda then=None: calls.append("warm up"))
    monkeypatch.setattr(torch_loader, "torch_state", lambda: next(states))
    monkeypatch.setattr(trainer_process.TrainerProcess, "warm_up", lambda self: calls.append("trainers"))
    monkeypatch.setattr(trainer_process.TrainerProcess, "ready", True)
    monkeypatch.setattr(gc, "collect", lambda: calls.append("collect"))
    monkeypatch.setattr(gc, "freeze", lambda: calls.append("freeze"))
    asyncio.run(lifespan.settle())
    assert calls == ["trainers", "warm up", "collect", "freeze", "collect"]


def test_torch_waits_for_the_first_page(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(lifespan, "SEEN", set())
    monkeypatch.setattr(torch_loader, "warm_up", lambda then=None: calls.append("warm up"))
    monkeypatch.setattr(torch_loader, "torch_state", lambda: "ready")
    monkeypatch.setattr(trainer_process.TrainerProcess, "warm_up", lambda self: calls.append("trainers"))
    monkeypatch.setattr(trainer_process.TrainerProcess, "ready", True)
    monkeypatch.setattr(gc, "freeze", lambda: None)

    async def browse() -> None:
        settling = asyncio.create_task(lifespan.settle())
        await asyncio.sleep(0.5)
        assert not calls
        app = lifespan.FirstPage(_nothing)
        await app({"type": "websocket", "path": "/_stcore/stream"}, _never, _never)  # type: ignore[arg-type]
        await asyncio.sleep(0.5)
        assert not calls
        await app({"type": "http", "path": "/api/runs/x/series"}, _never, _never)  # type: ignore[arg-type]
        await asyncio.wait_for(settling, 5)

    asyncio.run(browse())
    assert calls == ["trainers", "warm up"]


def test_a_line_that_nobody_reads_stops_nothing(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        lifespan.say("said", log)
    lifespan.say("not said", log)
    assert (tmp_path / "log").read_text() == "said\n"


def test_streamlit_does_not_collect_after_every_script_run() -> None:
    settings = tomllib.loads((HOME / ".streamlit" / "config.toml").read_text())
    assert settings["runner"]["postScriptGC"] is False
    assert settings["server"]["fileWatcherType"] == "none"


def test_no_folder_of_pages_lies_beside_the_entry_script() -> None:
    """Streamlit would run a deep link's page alone, without the navigation."""
    assert not (HOME / "ui" / "pages").exists()


def test_the_trainers_outlive_a_hot_reload_and_cleared_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    before = trainers.trainers()
    monkeypatch.delitem(sys.modules, "gan.hosting.trainers")
    monkeypatch.delattr(gan.hosting, "trainers")
    st.cache_resource.clear()
    again = importlib.import_module("gan.hosting.trainers")
    assert again is not trainers
    assert again.trainers() is before


@contextmanager
def delayed() -> Iterator[str]:
    """A server that writes head and body apart into a socket with the usual delay."""
    ours = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with ours.accept()[0] as peer:
            while peer.recv(4096):
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
                peer.sendall(b"ok")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{ours.getsockname()[1]}"
    ours.close()


def _dial(url: str) -> http.client.HTTPConnection:
    where = urlsplit(url)
    return http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)


def _round_trip(connection: http.client.HTTPConnection) -> float:
    started = time.perf_counter()
    connection.request("GET", "/api/health")
    connection.getresponse().read()
    return time.perf_counter() - started


async def _nothing(scope: object, receive: object, send: object) -> None:
    pass


async def _never() -> None:
    raise AssertionError
