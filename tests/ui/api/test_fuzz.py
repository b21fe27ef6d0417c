"""Every route, asked anything: a sentence or an answer, never an error of the server's own."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.routing import BaseRoute, Mount, Route

from gan import images, runs
from gan.config import RunConfig
from tests.asgi import Client
from ui.api import routes
from ui.api.worker import GeneratorWorker
from ui.shared import assets

ROUNDS = 12  # questions for each route
METHODS = ("GET", "GET", "POST", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "X")
WORDS = (
    *("one", "one@0", "one@", "one@-1", "one@" + "9" * 30, "ONE", "", ".", "..", "%2e%2e", "%00", "%ff", "a" * 3000),
    *("..%2f..%2fetc%2fpasswd", "/etc/passwd", "fixed", "random", "real", "0", "-0", "1e9", "²", "%e2%98%83", "'\"<x>"),
)
NAMES = ("after", "known", "g", "c", "class", "kind", "format", "columns", "fps", "user", "task", "seed", "as", "step")
VALUES = (
    *WORDS,
    "z",
    "w",
    "png",
    "gif",
    "digit",
    "1",
    "-1",
    "NaN",
    "Infinity",
    "0x10",
    "1_0",
    "9" * 400,
    "%0d%0a",
    "&",
)
BODIES = (b"", b"\0", b"\0" * 48, b"\xff" * 48, b"\x00\x00\x80\x7f" * 12, b"{}", b"[" * 5000, bytes(70_000), b"RIFF")


def leaves(found: list[BaseRoute], before: str = "") -> Iterator[str]:
    for route in found:
        if isinstance(route, Mount):
            yield from leaves(route.routes or [], before + route.path)
        elif isinstance(route, Route):
            yield before + route.path


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    run = runs.create(RunConfig(dataset="mnist", device="cpu", threads=1), {"steps": 9}, run_id="one")
    run.picture("fixed", 0).write_bytes(images.webp(np.zeros((4, 4, 1), np.uint8)))
    return Client([routes.api(GeneratorWorker(lambda: "loading")), *assets.routes()])


ALL = sorted({*leaves([routes.api(GeneratorWorker()), *assets.routes()])})


def test_there_are_routes() -> None:
    assert len(ALL) > 10
    assert {"/api/health", "/api/runs"} <= {*ALL}


@pytest.mark.parametrize("pattern", ALL)
def test_a_route_answers_anything_and_changes_no_run(client: Client, tmp_path: Path, pattern: str) -> None:
    def kept() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    luck, before = random.Random(pattern), kept()
    for _ in range(ROUNDS):
        url = "/".join(luck.choice(WORDS) if part.startswith("{") else part for part in pattern.split("/"))
        url = url if luck.random() < 0.8 else url + luck.choice(("/", "//", "/../x", "%00", ".webp"))
        query = "&".join(f"{luck.choice(NAMES)}={luck.choice(VALUES)}" for _ in range(luck.randrange(4)))
        length = {"Content-Length": luck.choice(("-1", "x", "9" * 30, "5"))} if luck.random() < 0.2 else None
        answer = client.request(luck.choice(METHODS), f"{url}?{query}", length, luck.choice(BODIES))
        assert answer.status_code < 500 or answer.status_code == 503, (url, query, answer.text)
        assert "root:" not in answer.text
        assert "Traceback" not in answer.text
    assert kept() == before
