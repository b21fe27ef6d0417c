"""POST /api/models/{id}/images: what it draws, what it refuses, and that it never keeps anybody waiting."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from starlette.applications import Starlette
from streamlit.web.server.starlette.starlette_gzip_middleware import SelectiveGZipMiddleware

from gan import hardware, images, runs
from gan.datasets import Data
from gan.hosting import trainers
from gan.runs import Run
from gan.sampler import Sampler
from tests import engine
from tests.asgi import Client, Listener, pixels_of
from ui.api import images as api_images
from ui.api import requests
from ui.api.app import mount
from ui.api.images import MAX_VECTORS
from ui.api.worker import GeneratorWorker, Samplers

URL = "/api/models/tiny/images"
Z_DIM = 3
SCOPE = {
    "type": "http",
    "method": "POST",
    "path": URL,
    "raw_path": URL.encode(),
    "query_string": b"",
    "headers": [],
    "http_version": "1.1",
    "scheme": "http",
    "root_path": "",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_RUNS", str(folder))
        engine.play(engine.make(folder, steps=2))
        yield folder


@pytest.fixture(scope="module")
def run(home: Path) -> Run:
    return Run(home / "tiny")


@pytest.fixture(scope="module")
def dots(home: Path) -> Run:
    """A run that draws points of the plane."""
    config = engine.tiny(model="first-steps", width=16, z_dim=2)
    made = engine.make(home, config, steps=1, run_id="dots")
    engine.play(made, engine.points())
    return made


@pytest.fixture(scope="module")
def client(home: Path) -> Client:
    return client_of(GeneratorWorker(lambda: "ready"))


def client_of(worker: GeneratorWorker) -> Client:
    return Client([mount(api_images.routes(worker))])


def noise(count: int, length: int = Z_DIM) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, length)).astype("<f4")


def test_draws_what_the_sampler_draws(client: Client, run: Run) -> None:
    z = noise(5)
    answer = client.post(URL, content=z.tobytes())
    assert answer.status_code == 200
    assert answer.headers["X-Step"] == "2"
    expected = Sampler.load(run.path).images(z)
    assert pixels_of(answer).shape == (5, 8, 8, 1)
    np.testing.assert_array_equal(pixels_of(answer), expected)


def test_w_of_a_plain_generator_is_z(client: Client) -> None:
    z = noise(3).tobytes()
    one, other = (client.post(f"{URL}?kind={kind}", content=z) for kind in "zw")
    np.testing.assert_array_equal(pixels_of(one), pixels_of(other))


def test_styles_are_added_to_mixed_and_drawn_to_a_centre(client: Client, home: Path) -> None:
    run = engine.make(home, engine.tiny(model="mini-stylegan", width=4, w_dim=8), steps=1, run_id="styled")
    engine.play(run)
    sampler, url = Sampler.load(run.path), "/api/models/styled/images"

    def drawn(query: str, vectors: np.ndarray) -> np.ndarray:
        answer = client.post(f"{url}?{query}", content=vectors.tobytes())
        assert answer.status_code == 200, answer.text
        return pixels_of(answer)

    z, zw = noise(4), noise(4, 11)
    np.testing.assert_array_equal(drawn("kind=zw", zw), sampler.images(zw))
    np.testing.assert_array_equal(drawn("kind=z&psi=0.5&centre=mean", z), sampler.images(z, None, 0.5, "mean"))
    np.testing.assert_array_equal(drawn("kind=zw&border=2&coarse=1", zw), sampler.mix(zw[:1], zw[1:], 2))
    w = noise(2, 5 * 8)
    np.testing.assert_array_equal(drawn("kind=ws", w), images.to_pixels(sampler.synthesis(w.reshape(2, 5, 8))))
    for query, told in {
        "border=5&coarse=1": "1 to 4",
        "border=2": "coarse says",
        "border=2&coarse=4": "not 4 x 0",
        "kind=w&border=2&coarse=1": "z and zw",
        "psi=2": "from 0 to 1",
    }.items():
        refused = client.post(f"{url}?{query}", content=noise(4, 8 if "kind=w" in query else 3).tobytes())
        assert refused.status_code == 400
        assert told in refused.json()["error"]
    other = client.post(f"{URL}?border=2&coarse=1", content=z.tobytes())
    assert other.status_code == 409
    assert "no styles" in other.json()["error"]


def test_draws_with_a_snapshot(client: Client, run: Run) -> None:
    first = run.snapshots()[0]
    answer = client.post(f"/api/models/tiny@{first}/images", content=noise(1).tobytes())
    assert answer.headers["X-Step"] == str(first) == "0"


def test_points_come_as_two_bytes(client: Client, dots: Run) -> None:
    answer = client.post("/api/models/dots/images", content=noise(4, 2).tobytes())
    assert answer.headers["X-Shape"] == "4,1,1,2"


def test_a_class_can_be_asked_for_where_the_generator_was_told_classes(client: Client, home: Path) -> None:
    some = engine.pictures()
    data = Data(some.images, np.arange(len(some)) % 3, ("a", "b", "c"))
    run = engine.make(home, engine.tiny(conditional=True), steps=1, run_id="told")
    engine.play(run, data)
    url, z = "/api/models/told/images", noise(4)
    for label in range(3):
        shown = pixels_of(client.post(f"{url}?class={label}", z.tobytes()))
        expected = Sampler.load(run.path).images(z, np.full(4, label))
        np.testing.assert_array_equal(shown, expected)
    refused = client.post(f"{url}?class=3", z.tobytes())
    assert refused.status_code == 400
    assert "0 to 2" in refused.json()["error"]


WRONG = [
    ("", b"", 400, "0 numbers"),
    ("", b"abc", 400, "float32"),
    ("", noise(1).tobytes()[:8], 400, "3 float32"),
    ("", noise(MAX_VECTORS + 1).tobytes(), 413, str(MAX_VECTORS)),
    ("", np.full(3, np.nan, "<f4").tobytes(), 400, "finite"),
    ("", np.full(3, np.inf, "<f4").tobytes(), 400, "finite"),
    ("", np.full(3, 20.5, "<f4").tobytes(), 400, "20"),
    ("?kind=x", noise(1).tobytes(), 400, "kind"),
    ("?kind=w", noise(1).tobytes()[:8], 400, "3 float32"),
    ("?class=1", noise(1).tobytes(), 400, "classes"),
    ("?class=one", noise(1).tobytes(), 400, "whole number"),
    ("?after=-1", noise(1).tobytes(), 400, "whole number"),
    ("?format=jpg", noise(1).tobytes(), 400, "format"),
    ("?format=png&columns=257", noise(1).tobytes(), 400, "columns"),
    ("?format=gif&fps=51", noise(1).tobytes(), 400, "fps"),
]


@pytest.mark.parametrize(("query", "body", "status", "word"), WRONG)
def test_refuses_with_a_sentence(client: Client, query: str, body: bytes, status: int, word: str) -> None:
    answer = client.post(URL + query, content=body)
    assert answer.status_code == status
    assert word in answer.json()["error"]


@pytest.mark.parametrize(
    "name", ["nobody", "tiny@7", "tiny@", "tiny@-1", "TINY", "..", "%2e%2e%2ftiny", "tiny@٣", "x" * 65]
)
def test_unknown_generators_are_not_found(client: Client, name: str) -> None:
    answer = client.post(f"/api/models/{name}/images", content=noise(1).tobytes())
    assert answer.status_code == 404


def test_a_run_without_weights_says_so(client: Client, home: Path) -> None:
    engine.make(home, run_id="empty")
    answer = client.post("/api/models/empty/images", content=noise(1).tobytes())
    assert answer.status_code == 404
    assert "no generator yet" in answer.json()["error"]


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=64), st.lists(st.floats(width=32), max_size=12).map(lambda n: np.array(n, "<f4").tobytes())
    )
)
def test_any_body_gets_pictures_or_a_sentence(client: Client, body: bytes) -> None:
    answer = client.post(URL, content=body)
    numbers = np.frombuffer(body, "<f4") if len(body) % 4 == 0 else np.empty(0)
    right = numbers.size > 0 and numbers.size % Z_DIM == 0 and bool((np.abs(numbers) <= 20).all())
    assert answer.status_code == (200 if right else 400)
    if right:
        assert pixels_of(answer).shape == (numbers.size // Z_DIM, 8, 8, 1)
    else:
        assert answer.json()["error"].endswith(".")


def asked(worker: GeneratorWorker, chunks: list[bytes], headers: list[tuple[bytes, bytes]]) -> tuple[int, int]:
    """The status of a request told piece by piece, and how many pieces were taken."""
    taken, sent = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": chunks[taken - 1], "more_body": taken < len(chunks)}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Starlette(routes=[mount(api_images.routes(worker))])({**SCOPE, "headers": headers}, receive, send))
    return sent[0]["status"], taken


def test_stops_reading_a_body_that_is_too_long(home: Path) -> None:
    worker = GeneratorWorker(lambda: "ready")
    assert asked(worker, [bytes(2048)] * 100, []) == (413, 2)  # 3072 bytes are the most
    told = [(b"content-length", b"3073")]
    assert asked(worker, [bytes(3073)], told) == (413, 0)
    assert asked(worker, [bytes(12)], [(b"content-length", b"many")]) == (400, 0)


def test_gives_up_on_a_body_that_does_not_come(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "BODY_SECONDS", 0.02)

    async def stalled() -> int:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(30)
            raise AssertionError

        async def send(message: Any) -> None:
            sent.append(message)

        await Starlette(routes=[mount(api_images.routes(GeneratorWorker(lambda: "ready")))])(SCOPE, receive, send)
        return int(sent[0]["status"])

    assert asyncio.run(stalled()) == 408


def test_a_full_house_is_told_to_come_back(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    real = Samplers.get

    def slow(self: Samplers, run: Run, step: int | None) -> Any:
        begun.set()
        assert go_on.wait(20)
        return real(self, run, step)

    monkeypatch.setattr(Samplers, "get", slow)
    worker = GeneratorWorker(lambda: "ready", max_waiting=1)
    client = client_of(worker)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(client.post, URL, content=noise(1).tobytes())
        assert begun.wait(20)
        second = pool.submit(client.post, URL, content=noise(1).tobytes())
        while not len(worker._render_thread._queue):
            time.sleep(0.001)
        busy = client.post(URL, content=noise(1).tobytes())
        wrong = client.post(URL, content=b"abc")  # refused at once, though nobody can draw
        go_on.set()
        assert first.result(20).status_code == second.result(20).status_code == 200
    assert busy.status_code == 503
    assert int(busy.headers["Retry-After"]) >= 1
    assert busy.json()["error"]
    assert wrong.status_code == 400
    assert client.post(URL, content=noise(1).tobytes()).status_code == 200


def test_waits_for_torch_with_a_sentence(home: Path) -> None:
    answer = client_of(GeneratorWorker(lambda: "loading")).post(URL, content=noise(1).tobytes())
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "PyTorch" in answer.json()["error"]
    answer = client_of(GeneratorWorker(lambda: "failed: no such file")).post(URL, content=noise(1).tobytes())
    assert answer.status_code == 500
    assert "no such file" in answer.json()["error"]


def test_newer_weights_are_drawn_with(client: Client, home: Path) -> None:
    run = engine.make(home, steps=4, run_id="growing")
    engine.until(run, 2)
    url, body = "/api/models/growing/images", noise(2).tobytes()
    before = client.post(url, content=body)
    same = client.post(f"{url}?after={before.headers['X-Step']}", content=body)
    assert same.status_code == 204
    assert same.headers["X-Step"] == before.headers["X-Step"]
    engine.play(run)
    after = client.post(f"{url}?after={before.headers['X-Step']}", content=body)
    assert int(after.headers["X-Step"]) > int(before.headers["X-Step"])
    np.testing.assert_array_equal(pixels_of(after), Sampler.load(run.path).images(noise(2)))


def test_damaged_weights_are_a_sentence(client: Client, home: Path) -> None:
    run = engine.make(home, steps=1, run_id="torn")
    engine.play(run)
    whole = run.weights().read_bytes()
    for data, status in ((whole[:-50], 409), (whole[:100], 404), (b"", 404)):
        run.weights().write_bytes(data)
        answer = client.post("/api/models/torn/images", content=noise(1).tobytes())
        assert answer.status_code == status
        assert answer.json()["error"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("step", "1e999"),
        ("config", '{"model": "lean-dcgan", "z_dim": 0}'),
        ("config", '{"model": "lean-dcgan", "z_dim": 1e999}'),
        ("data", "[" * 200_000),
    ],
)
def test_a_header_that_cannot_be_meant_is_a_sentence(client: Client, home: Path, key: str, value: str) -> None:
    run = engine.make(home, steps=1, run_id="odd")
    told = {"step": "1", "config": '{"model": "lean-dcgan", "z_dim": 3}', key: value}
    told.setdefault("data", '{"shape": [1, 8, 8], "n_classes": 0, "names": []}')
    header = json.dumps({"__metadata__": told}).encode()
    run.weights().write_bytes(len(header).to_bytes(8, "little") + header)
    answer = client.post("/api/models/odd/images", content=noise(1).tobytes())
    run.delete()
    assert answer.status_code == 404
    assert answer.json()["error"]


def test_only_a_few_generators_stay_in_memory(run: Run) -> None:
    samplers = Samplers(most=2)
    kept = [samplers.get(run, step) for step in (None, 0, None)]
    assert kept[0] is kept[2]
    for step in run.snapshots():
        samplers.get(run, step)
    assert len(samplers._recent) <= 2


def test_a_generator_that_is_held_stays_though_it_was_replaced_and_is_no_snapshot(home: Path, client: Client) -> None:
    run = engine.make(home, steps=60, run_id="held")
    engine.until(run, 20)
    z = noise(2).tobytes()
    shown = client.post("/api/models/held/images", content=z)
    step = int(shown.headers["X-Step"])
    run.weights(step).unlink(missing_ok=True)  # were it a snapshot, nothing would have to be held
    assert client.post(f"/api/models/held@{step}/images", content=z).content == shown.content
    engine.until(run, 40)
    newer = client.post("/api/models/held/images", content=z)
    assert newer.headers["X-Step"] != shown.headers["X-Step"]
    for other in run.snapshots():  # many others are looked at in between
        for _ in range(3):
            client.post(f"/api/models/held@{other}/images", content=z)
    held = client.post(f"/api/models/held@{step}/images", content=z)
    assert held.content == shown.content
    assert held.headers["X-Step"] == str(step)
    run.delete()


def test_the_drawing_thread_takes_no_core_of_the_trainer() -> None:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(hardware.use_threads, 1).result()
            assert pool.submit(torch.get_num_threads).result() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_only_post(client: Client) -> None:
    assert client.post(URL, b"", "GET").status_code == 405
    assert runs.find("tiny").config().z_dim == Z_DIM


def test_a_user_s_newer_question_takes_the_place_of_the_older(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    real = Samplers.get

    def slow(self: Samplers, run: Run, step: int | None) -> Any:
        begun.set()
        assert go_on.wait(20)
        return real(self, run, step)

    monkeypatch.setattr(Samplers, "get", slow)
    worker = GeneratorWorker(lambda: "ready")
    client = client_of(worker)

    def ask(user: str, count: int) -> Any:
        return client.post(f"{URL}?user={user}", noise(count).tobytes())

    def waits(pool: ThreadPoolExecutor, user: str, count: int, length: int) -> Any:
        asked = pool.submit(ask, user, count)
        until = time.monotonic() + 20
        while len(worker._render_thread._queue) < length and time.monotonic() < until:
            time.sleep(0.001)
        return asked

    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(ask, "one", 1)
        assert begun.wait(20)
        older = waits(pool, "one", 2, 1)
        other = waits(pool, "two", 3, 2)
        newer = pool.submit(ask, "one", 4)
        assert older.result(20).status_code == 409  # at once, while nothing can be drawn
        assert "newer" in older.result().json()["error"]
        go_on.set()
        done = [asked.result(20) for asked in (first, other, newer)]
    assert [len(pixels_of(answer)) for answer in done] == [1, 3, 4]


def test_nothing_is_drawn_for_whoever_has_gone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, drawn = threading.Event(), threading.Event(), []
    real = Sampler.images

    def slow(self: Sampler, z: np.ndarray, *more: Any) -> np.ndarray:
        begun.set()
        assert go_on.wait(20)
        drawn.append(len(z))
        return real(self, z, *more)

    monkeypatch.setattr(Sampler, "images", slow)
    worker = GeneratorWorker(lambda: "ready")
    app = Starlette(routes=[mount(api_images.routes(worker))])

    async def listen() -> None:
        first = Listener(app, URL, noise(1).tobytes())
        await asyncio.to_thread(begun.wait, 20)
        gone, stays = (Listener(app, URL, noise(count).tobytes()) for count in (2, 3))
        while len(worker._render_thread._queue) < 2:
            await asyncio.sleep(0.001)
        await gone.leave()
        go_on.set()
        await asyncio.wait_for(asyncio.gather(first.task, stays.task), 20)

    asyncio.run(listen())
    assert drawn == [1, 3]


@pytest.mark.parametrize("user", ["a b", "x" * 33, "ü", "../x"])
def test_a_user_is_a_short_token(client: Client, user: str) -> None:
    answer = client.post(f"{URL}?user={user}", noise(1).tobytes())
    assert answer.status_code == 400
    assert "user" in answer.json()["error"]


def test_a_sheet_shows_what_the_pixels_show(client: Client) -> None:
    z = noise(5).tobytes()
    answer = client.post(f"{URL}?format=png&columns=3", z)
    assert answer.headers["Content-Type"] == "image/png"
    with Image.open(io.BytesIO(answer.content)) as picture:
        sheet = np.asarray(picture)
    times = sheet.shape[1] // 28  # three pictures of eight pixels and two gaps
    assert sheet.shape == (18 * times, 28 * times)
    assert sheet.shape[1] >= 600
    small = sheet[::times, ::times, None]
    np.testing.assert_array_equal(small, images.grid(pixels_of(client.post(URL, z)), 3))


def test_a_film_shows_one_picture_after_the_other(client: Client) -> None:
    answer = client.post(f"{URL}?format=gif&fps=20", noise(4).tobytes())
    assert answer.headers["Content-Type"] == "image/gif"
    with Image.open(io.BytesIO(answer.content)) as film:
        assert (getattr(film, "n_frames", 1), film.info["duration"]) == (4, 50)
        assert film.width >= 280


def test_points_make_no_film(client: Client, dots: Run) -> None:
    answer = client.post("/api/models/dots/images?format=gif", noise(4, 2).tobytes())
    assert answer.status_code == 409
    assert answer.json()["error"].startswith("not available because")


def test_answers_are_compressed_once_and_quickly(home: Path) -> None:
    """Behind Streamlit's middleware, which would take 14 ms of the event loop for it."""
    client = client_of(GeneratorWorker(lambda: "ready"))
    client.app.add_middleware(SelectiveGZipMiddleware)
    answer = client.post(URL, noise(64).tobytes())
    assert answer.headers["Content-Encoding"] == "gzip"
    assert pixels_of(answer).shape == (64, 8, 8, 1)


def test_a_page_is_told_to_rest_while_somebody_trains(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "X-Rest" not in client.post(URL, noise(1).tobytes()).headers
    monkeypatch.setattr(trainers.trainers(), "active", lambda: ["a run"])
    assert 0 < int(client.post(URL, noise(1).tobytes()).headers["X-Rest"]) < 40


def test_too_many_sheets_at_once_are_told_to_come_back(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_images, "MAX_FILES", 0)
    full = client_of(GeneratorWorker(lambda: "ready"))
    answer = full.post(f"{URL}?format=gif", content=noise(2).tobytes())
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert full.post(URL, content=noise(2).tobytes()).status_code == 200  # pictures are not files


def test_a_tall_sheet_is_not_enlarged_beyond_reason(client: Client) -> None:
    answer = client.post(f"{URL}?format=png&columns=1", content=noise(256).tobytes())
    with Image.open(io.BytesIO(answer.content)) as sheet:
        assert sheet.width * sheet.height <= api_images.MAX_SHEET_PX
        assert sheet.height > 256 * 8


def test_a_stranger_is_not_told_where_runs_lie(client: Client, home: Path) -> None:
    answer = client.post("/api/models/gone/images", content=noise(1).tobytes())
    assert answer.json() == {"error": "There is no run 'gone'."}
