"""The doctor: what it finds of machine, folders and ways to a server, in sentences, and its exit code."""

from __future__ import annotations

import contextlib
import http.server
import json
import resource
import shutil
import socket
import threading
import time
import urllib.request
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bootstrap
from gan.cli.main import main
from gan.diagnostics import addresses, doctor
from gan.diagnostics.doctor import Check, folders, machine, network

Usage = namedtuple("Usage", "free")


def state(checks: Iterator[Check] | list[Check], name: str) -> Check:
    (found,) = [check for check in checks if check.name == name]
    return found


def test_every_check_says_what_is_so_and_what_to_do() -> None:
    for check in (*machine.checks(), *folders.checks()):
        assert check.text.endswith("."), check
        assert check.state == "ok" or check.advice.endswith((".", "setup")), check


def test_the_versions_are_those_of_the_set_up() -> None:
    assert set(machine.TESTED) == set(bootstrap.TESTED)
    assert machine._pins().keys() >= set(machine.PACKAGES)


@pytest.mark.parametrize(
    ("broken", "name", "wanted"),
    [
        (("sys.version_info", (3, 13, 1)), "Python", "warning"),
        (("gan.hardware.cores", lambda: 64), "threads", "warning"),
        (("resource.getrlimit", lambda which: (256, 256)), "descriptors", "warning"),
        (("resource.getrlimit", lambda which: (256, resource.RLIM_INFINITY)), "descriptors", "ok"),
        (("time.localtime", lambda: time.gmtime(0)), "clock", "problem"),
        (("os.access", lambda *args: False), "HOME", "warning"),
        (("gan.diagnostics.doctor.machine._pins", lambda: {"torch": "0.1"}), "packages", "warning"),
    ],
    ids=["python", "threads", "few-files", "more-files", "clock", "home", "packages"],
)
def test_what_is_amiss_is_found(
    monkeypatch: pytest.MonkeyPatch, broken: tuple[str, Any], name: str, wanted: str
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(*broken)
    assert state(machine.checks(), name).state == wanted


def test_folders_that_cannot_be_written_to_are_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    assert folders.writable("runs", tmp_path / "deep/er", "GAN_RUNS").state == "ok"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"], "nothing is left behind"
    for path in ("file", "file/er"):
        found = folders.writable("runs", tmp_path / path, "GAN_RUNS")
        assert found.state == "problem"
        assert "GAN_RUNS" in found.advice

    def refuse(path: Path, data: bytes) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    assert "Read-only" in folders.writable("data", tmp_path, "GAN_DATA").text


@pytest.mark.parametrize(("free", "wanted"), [(1 << 20, "problem"), (1 << 30, "warning"), (1 << 40, "ok")])
def test_a_full_disk_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, wanted: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(free))
    assert state(folders.disk("runs", tmp_path / "not-yet"), "disk").state == wanted


def test_a_dead_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as living:
        port = living.getsockname()[1]
        monkeypatch.setattr(urllib.request, "getproxies", lambda: {"http": f"http://me:secret@127.0.0.1:{port}"})
        assert state(machine.checks(), "proxy").state == "ok"
    found = state(machine.checks(), "proxy")
    assert found.state == "warning"
    assert f"127.0.0.1:{port}" in found.text
    assert "secret" not in found.text + found.advice


class Answers(http.server.BaseHTTPRequestHandler):
    """A server, or what stands before it: `page` is its answer, `upgrade` that of a websocket."""

    page: tuple[int, str] = (200, "")
    upgrade = 101

    def do_GET(self) -> None:
        status, text = (self.upgrade, "") if "Upgrade" in self.headers else self.page
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def answering(page: tuple[int, str], upgrade: int = 101) -> Iterator[int]:
    kind = type("Kind", (Answers,), {"page": page, "upgrade": upgrade})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield served.server_port
        served.shutdown()


def about(refused: str | None = None) -> tuple[int, str]:
    return 200, json.dumps({"host": "x", "prefix": "", "refused": refused})


@pytest.mark.parametrize(
    ("page", "upgrade", "wanted", "words"),
    [
        (about(), 101, "ok", "gets through"),
        (about("Start it with --public-url."), 101, "problem", "Start it with --public-url."),
        (about(), 400, "problem", "400"),
        ((502, "<html>"), 101, "problem", "502"),
        ((200, "<html>sign in"), 101, "problem", "something else answers"),
        ((200, "{}"), 101, "problem", "another program"),
    ],
    ids=["well", "refused", "no-upgrade", "bad-gateway", "portal", "stranger"],
)
def test_the_way_through_a_proxy_is_tried(page: tuple[int, str], upgrade: int, wanted: str, words: str) -> None:
    with answering(page, upgrade) as port:
        checks = [check for check in network.checks(1, [f"http://127.0.0.1:{port}/forger"]) if "public" in check.name]
    assert words in " ".join(check.text for check in checks)
    assert ("problem" in {check.state for check in checks}) == (wanted == "problem")


def test_nothing_at_the_public_address_is_a_problem() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert state(network.checks(1, [f"http://127.0.0.1:{port}"]), "public").state == "problem"
    assert state(network.checks(1, ["gan.example"]), "public").state == "problem"


def test_the_server_on_this_machine_is_looked_at() -> None:
    with answering(about()) as port:
        checks = list(network.checks(port, []))
    assert state(checks, "server").text == f"A server runs at http://localhost:{port}."
    assert state(checks, "websocket").state == "ok"
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        found = state([network._idle(port)], "server")
    assert found.state == "warning"
    assert "--port" in found.advice


def test_a_machine_without_a_network_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "reachable", list)
    assert network._addresses().state == "warning"


@pytest.mark.parametrize(("found", "code"), [("ok", 0), ("warning", 0), ("problem", 1)])
def test_the_command_tells_it_and_fails_where_something_is_in_the_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], found: Any, code: int
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda port, public: iter([Check("disk", found, "So it is.", "Do this.")]))
    assert main(["doctor"]) == code
    assert capsys.readouterr().out.split() == [found, "disk", "So", "it", "is.", "Do", "this."]
    assert main(["doctor", "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "fit": not code,
        "checks": [{"name": "disk", "state": found, "text": "So it is.", "advice": "Do this."}],
    }
