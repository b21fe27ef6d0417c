"""The search for a z as a stream: lines that come one by one, an end when nobody listens, few at once."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import itertools
import json
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from streamlit.web.server.starlette.starlette_gzip_middleware import SelectiveGZipMiddleware

from gan.latents import inversion
from gan.latents.inversion import Tick
from gan.sampler import Sampler
from tests import engine
from tests.asgi import Client, Listener
from tests.serving import HOME, server
from ui.api import inversion as api_inversion
from ui.api.app import mount
from ui.api.worker import GeneratorWorker

URL = "/api/models/tiny/inversion"
PICTURE = bytes(range(64))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_RUNS", str(folder))
        engine.play(engine.make(folder, steps=2))
        dots = engine.tiny(model="first-steps", width=16, z_dim=2)
        engine.play(engine.make(folder, dots, steps=1, run_id="dots"), engine.points())
        yield folder


@pytest.fixture
def client(home: Path) -> Client:
    return Client([mount(api_inversion.routes(GeneratorWorker(lambda: "ready")))])


def lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


def array(text: str, kind: str, *shape: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind).reshape(shape)


def test_answers_stay_in_the_order_that_the_search_gave_them(home: Path) -> None:
    sampler = Sampler.load(home / "tiny")
    z = np.zeros((2, 3), np.float32)
    errors = np.array([0.2, 0.1], np.float32)
    tick = Tick(9, 9, z, sampler.images(z), errors)
    assert api_inversion.line_of(tick, sampler, np.asarray, late=False)["errors"] == pytest.approx([0.2, 0.1])
    stopped = api_inversion.line_of(replace(tick, step=8), sampler, np.asarray, late=True)
    assert stopped["errors"] == pytest.approx([0.1, 0.2])
    assert stopped["last"]


@pytest.mark.parametrize("task", ["project", "inpaint", "enlarge"])
def test_the_last_line_has_the_best_first_and_is_what_the_generator_makes(
    client: Client, home: Path, task: str
) -> None:
    body = PICTURE + (bytes([1]) * 32 + bytes(32) if task == "inpaint" else b"")
    answer = client.post(f"{URL}?task={task}&restarts=3&seed=5", body)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    told = lines(answer.content)
    assert [line["last"] for line in told] == [False] * (len(told) - 1) + [True]
    last = told[-1]
    assert last["step"] == last["steps"] > told[0]["step"]
    if task != "inpaint":  # whose answers are ranked by what they agree on
        assert last["errors"] == sorted(last["errors"])
    z = array(last["z"], "<f4", 3, 3)
    pixels = array(last["pixels"], "u1", 3, 8, 8, 1)
    sampler = Sampler.load(home / "tiny")
    assert np.abs(sampler.images(z).astype(int) - pixels).max() <= 1
    shown = pixels.copy()
    if task == "inpaint":  # what is known stays on the page, and that is what is read
        known = np.frombuffer(body[64:], np.uint8).reshape(8, 8) == 1
        shown[:, known] = np.frombuffer(PICTURE, np.uint8).reshape(8, 8, 1)[known]
    np.testing.assert_allclose(last["readings"]["d"], sampler.critic(shown), atol=1e-3)
    assert len(last["readings"]["classes"]) == 3


WRONG = [
    ("", PICTURE[:-1], 400),
    ("", PICTURE + b"x", 413),
    ("", b"", 400),
    ("task=inpaint", PICTURE, 400),
    ("task=inpaint", PICTURE + bytes(64), 400),  # nothing is known
    ("task=inpaint", PICTURE + bytes([2]) * 64, 400),
    ("task=paint", PICTURE, 400),
    ("restarts=17", PICTURE, 400),
    ("restarts=0", PICTURE, 400),
    ("restarts=x", PICTURE, 400),
    ("seed=-1", PICTURE, 400),
    ("user=a.b", PICTURE, 400),
]


@pytest.mark.parametrize(("query", "body", "status"), WRONG)
def test_refuses_with_a_sentence(client: Client, query: str, body: bytes, status: int) -> None:
    answer = client.post(f"{URL}?{query}", body)
    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")


def test_points_have_nothing_to_find(client: Client) -> None:
    answer = client.post("/api/models/dots/inversion", bytes(2))
    assert answer.status_code == 409
    assert answer.json()["error"].startswith("not available because")


class Search:
    """Stands in for the search: ticks for ever, counted; unless `free` each waits until it may go on."""

    def __init__(self) -> None:
        self.ticks, self.may, self.free = 0, threading.Semaphore(0), False

    def __call__(self, sampler: Any, target: Any, see: Any, restarts: int, seed: int) -> Any:
        for step in itertools.count():
            assert self.free or self.may.acquire(timeout=20)
            self.ticks += 1
            zeros = np.zeros((restarts, 3), np.float32)
            pixels = np.zeros((restarts, 8, 8, 1), np.uint8)
            yield Tick(step, 10_000, zeros, pixels, np.arange(restarts, dtype=np.float32))


@pytest.fixture
def search(monkeypatch: pytest.MonkeyPatch) -> Search:
    found = Search()
    monkeypatch.setattr(inversion, "invert", found)
    return found


def app() -> Starlette:
    found = Starlette(routes=[mount(api_inversion.routes(GeneratorWorker(lambda: "ready")))])
    found.add_middleware(SelectiveGZipMiddleware)
    return found


def test_a_line_comes_as_soon_as_it_is_known(home: Path, search: Search) -> None:
    async def listen() -> None:
        listener = Listener(app(), URL, PICTURE, headers=[(b"accept-encoding", b"gzip")])
        for step in range(3):
            search.may.release()
            assert (await listener.line())["step"] == step  # though the next one may not even begin
        assert listener.headers[b"content-encoding"] == b"identity"
        search.may.release()
        await listener.leave()

    asyncio.run(listen())


def test_when_the_asker_leaves_the_search_ends_within_a_tick(home: Path, search: Search) -> None:
    async def listen() -> int:
        listener = Listener(app(), URL, PICTURE)
        search.may.release()
        await listener.line()
        before = search.ticks
        await listener.leave()
        for _ in range(20):
            search.may.release()
        await asyncio.sleep(0.1)
        return search.ticks - before

    assert asyncio.run(listen()) <= 1


def test_a_newer_search_of_a_user_ends_the_older(home: Path, search: Search) -> None:
    async def listen() -> None:
        served = app()
        older = Listener(served, URL, PICTURE, "user=me")
        search.may.release()
        await older.line()
        newer = Listener(served, URL, PICTURE, "user=me")
        for _ in range(4):
            search.may.release()
        told = await older.line()
        while "error" not in told:
            told = await older.line()
        assert "newer" in told["error"]
        await asyncio.wait_for(older.task, 20)
        assert (await newer.line())["step"] == 0
        search.may.release()
        await newer.leave()

    asyncio.run(listen())


def test_only_a_few_search_at_once_and_a_place_gets_free(home: Path, search: Search) -> None:
    search.free = True

    async def listen() -> None:
        served = app()
        places = []
        for k in range(api_inversion.MAX_SEARCHES):
            places.append(Listener(served, URL, PICTURE, f"user=u{k}"))
            await places[-1].line()
        refused = Listener(served, URL, PICTURE, "user=late")
        await asyncio.wait_for(refused.task, 20)
        assert refused.status == 503
        assert int(refused.headers[b"retry-after"]) >= 1
        await places[0].leave()
        late = Listener(served, URL, PICTURE, "user=late")
        assert (await late.line())["step"] == 0
        for listener in (late, *places[1:]):
            await listener.leave()

    asyncio.run(listen())


def test_it_ends_in_time_on_a_busy_machine(client: Client, search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_inversion, "MAX_SECONDS", 0.2)

    def now_and_then() -> None:
        for _ in range(99):
            search.may.release()
            time.sleep(0.05)

    threading.Thread(target=now_and_then).start()
    told = lines(client.post(URL, PICTURE).content)
    assert told[-1]["last"]
    assert 2 <= len(told) < 60
    assert told[-1]["step"] < told[-1]["steps"]


@pytest.mark.slow
def test_a_server_sends_line_by_line_and_ends_in_time_with_a_search_under_way(tmp_path: Path) -> None:
    shutil.copytree(HOME / "checkpoints" / "lean-mnist", tmp_path / "runs" / "lean-mnist")
    with server(tmp_path) as found, contextlib.ExitStack() as open_ones:

        def ask() -> http.client.HTTPResponse:
            connection = http.client.HTTPConnection(found.url.removeprefix("http://"), timeout=20)
            open_ones.callback(connection.close)
            accept = {"Accept-Encoding": "gzip"}  # as a browser asks
            connection.request("POST", "/api/models/lean-mnist/inversion", bytes(784), accept)
            return open_ones.enter_context(connection.getresponse())

        until = time.monotonic() + 60
        while (answer := ask()).status == 503 and time.monotonic() < until:
            time.sleep(0.2)  # torch is being loaded
        assert answer.status == 200
        told = [json.loads(answer.readline()) for _ in range(2)]
        assert told[0]["step"] <= told[1]["step"] < told[1]["steps"]
        assert json.loads(answer.read().splitlines()[-1])["last"]
        assert ask().readline()
        began = time.monotonic()
        assert found.stop() == 0
        assert time.monotonic() - began < 9
