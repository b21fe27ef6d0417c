"""What `make run` and `make class` make of their arguments: where the server listens, and which addresses it admits."""

from __future__ import annotations

import http.server
import socket
import sys
import threading
from pathlib import Path

import pytest

from gan.diagnostics import addresses
from tools import launch


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORGER_PUBLIC_URL", "FORGER_FRAME_ORIGIN", "STREAMLIT_SERVER_PORT", "STREAMLIT_SERVER_BASE_URL_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(launch, "ASK_SECONDS", 0.2)
    monkeypatch.setattr(addresses, "reachable", lambda: ["192.168.7.5", "fd00::2"])


def read(*arguments: str, address: str = "localhost") -> launch.Launch:
    return launch.read(["--port", str(addresses.next_free(address)), *arguments], address)


@pytest.mark.parametrize(
    ("arguments", "local"),
    [
        ((), "http://localhost:{port}"),
        (("--server.baseUrlPath", "forger"), "http://localhost:{port}/forger/"),
        (("--server.baseUrlPath=/a/b/",), "http://localhost:{port}/a/b/"),
        (("--server.address", "::1"), "http://[::1]:{port}"),
        (("--server.address=[::1]", "--server.baseUrlPath", "x"), "http://[::1]:{port}/x/"),
        (("--server.address", "0.0.0.0"), "http://localhost:{port}"),
    ],
)
def test_the_address_that_is_printed_is_the_one_that_answers(arguments: tuple[str, ...], local: str) -> None:
    wanted = read(*arguments)
    assert wanted.local() == local.format(port=wanted.port)


@pytest.mark.parametrize(
    ("address", "name", "announced", "short"),
    [
        ("::", "Desk.school.example", True, "http://desk.local:{port}"),
        ("0.0.0.0", "desk", False, ""),
        ("localhost", "desk", True, ""),
        ("::", "localhost", True, ""),
        ("::", "two words", True, ""),
    ],
)
def test_the_short_address_is_a_name_that_something_announces(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str, name: str, announced: bool, short: str
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: name)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(launch, "ANNOUNCER", tmp_path if announced else tmp_path / "missing")
    wanted = read(address=address)
    assert wanted.short() == short.format(port=wanted.port)


@pytest.mark.parametrize(
    ("address", "others"),
    [
        ("localhost", []),
        ("0.0.0.0", ["http://192.168.7.5:{port}"]),
        ("::", ["http://192.168.7.5:{port}", "http://[fd00::2]:{port}"]),
    ],
)
def test_others_are_told_every_address_that_reaches_them(address: str, others: list[str]) -> None:
    wanted = read(address=address)
    assert wanted.others() == [each.format(port=wanted.port) for each in others]


def test_one_flag_admits_an_address_and_its_folder() -> None:
    wanted = read("--public-url", "https://hub.example/user/a/proxy/8501", "--server.headless", "true")
    assert wanted.others() == ["https://hub.example/user/a/proxy/8501/"]
    assert wanted.local().endswith("/user/a/proxy/8501/")
    flags = wanted.flags()
    assert "--server.baseUrlPath=user/a/proxy/8501" in flags
    assert flags[-2:] == ["--server.headless", "true"]
    assert wanted.environment() == {"FORGER_PUBLIC_URL": "https://hub.example/user/a/proxy/8501/"}


def test_a_path_that_is_given_beats_that_of_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read("--public-url=https://a.example/b/", "--server.baseUrlPath=").path == ""
    monkeypatch.setenv("STREAMLIT_SERVER_BASE_URL_PATH", "of/environment")
    assert read("--public-url=https://a.example/b/").path == "/of/environment"


@pytest.mark.parametrize("wrong", ["gan.example", "ftp://gan.example", "https://"])
def test_an_address_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(SystemExit, match="give the whole address"):
        read("--public-url", wrong)


@pytest.mark.parametrize(
    ("host", "asked"), [("127.0.0.1", "localhost"), ("127.0.0.1", "0.0.0.0"), ("::1", "localhost")]
)
def test_a_taken_port_is_told_with_the_next_free_one(host: str, asked: str) -> None:
    if ":" in host and not socket.has_ipv6:
        pytest.skip("no IPv6")
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=rf'Port {port} is taken .*\nPort \d+ is free: make run ARGS="--port \d+"'):
            launch.read(["--server.port", str(port)], asked)


def test_a_forger_that_runs_already_is_named() -> None:
    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"status": "ok", "training": []}')

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Health) as other:
        threading.Thread(target=other.handle_request, daemon=True).start()
        port = other.server_port
        with pytest.raises(SystemExit, match=rf"a Forger runs there already, http://localhost:{port}"):
            launch.read(["--port", str(port)], "localhost")


@pytest.mark.parametrize("port", ["-1", "70000"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(SystemExit, match=f"There is no port {port}"):
        launch.read([f"--port={port}"], "localhost")
