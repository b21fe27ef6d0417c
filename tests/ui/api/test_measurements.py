"""What is measured of a generator: directions at once and only once, truncation and the nearest image as jobs."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from gan.hosting import jobs
from gan.latents import directions, truncation
from tests import engine
from tests.asgi import Client
from tests.digits import World
from ui.api import measurements, nearest
from ui.api.app import mount
from ui.api.worker import GeneratorWorker


@pytest.fixture
def client(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    world.enter(monkeypatch)
    monkeypatch.setattr(truncation, "N_IMAGES", 200)
    monkeypatch.setattr(truncation, "PSIS", (0.5, 1.0))
    engine.play(engine.make(tmp_path, engine.tiny(dataset="strokes"), steps=1), world.data)
    dots = engine.tiny(model="first-steps", width=16, z_dim=2, dataset="ring")
    engine.play(engine.make(tmp_path, dots, steps=1, run_id="dots"), engine.points())
    own = engine.tiny(dataset="own-images", source="/nowhere")
    engine.play(engine.make(tmp_path, own, steps=1, run_id="own"))
    worker = GeneratorWorker(lambda: "ready")
    yield Client([mount([*measurements.routes(worker), *nearest.routes(worker)])])
    jobs._jobs().by_key.clear()


def ended(client: Client, url: str, body: bytes | None = None) -> httpx.Response:
    """Asks again and again until the job has ended."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        answer = client.get(url) if body is None else client.post(url, body)
        if answer.status_code != 202:
            return answer
        told = answer.json()
        assert 0 <= told["done"] <= 1
        assert isinstance(told["text"], str)
        time.sleep(0.02)
    raise AssertionError(f"{url} does not end")


def test_directions_are_measured_once_for_everybody(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    real = directions.of

    def counted(*given: Any) -> Any:
        calls.append(given)
        return real(*given)

    monkeypatch.setattr(directions, "of", counted)
    first, again = (client.get("/api/models/tiny/directions") for _ in range(2))
    assert first.status_code == 200
    assert first.json() == again.json()
    assert first.json()["step"] == 1
    assert all(len(found["vector"]) == 3 for found in first.json()["directions"])
    assert len(calls) == 1
    client.get("/api/models/tiny@0/directions")
    assert len(calls) == 2


@pytest.mark.parametrize("route", ["directions", "truncation"])
def test_points_have_none(client: Client, route: str) -> None:
    answer = client.get(f"/api/models/dots/{route}")
    assert answer.status_code == 409
    assert answer.json()["error"].startswith("not available because")
    assert client.get(f"/api/models/nobody/{route}").status_code == 404


def test_truncation_is_a_job_that_is_done_once(client: Client) -> None:
    url = "/api/models/tiny/truncation"
    assert client.get(url).status_code == 202
    told = ended(client, url).json()
    assert told["psi"] == [0.5, 1.0]
    assert [len(told[name]) for name in ("precision", "recall")] == [2, 2]
    assert told["n"] == 200
    assert client.get(url).json() == told


def test_a_job_that_cannot_be_done_says_why_and_may_be_tried_again(client: Client) -> None:
    url = "/api/models/own/truncation"
    for _ in range(2):
        answer = ended(client, url)
        assert answer.status_code == 409
        assert answer.json()["error"].startswith("not available because this data set has no evaluator")
        assert client.get(url).status_code == 202
    answer = ended(client, "/api/models/own/nearest", bytes(64))
    assert answer.status_code == 409


def test_the_nearest_of_a_training_image_is_itself(client: Client, world: World) -> None:
    url = "/api/models/tiny/nearest"
    for k in (5, 2999):
        picture = world.data.images[k].transpose(1, 2, 0)
        told = ended(client, url, picture.tobytes()).json()
        assert told["index"] == k
        assert told["of"] == 3000
        assert told["distance"] < 0.1
        assert world.data.labels is not None
        assert told["label"] == str(world.data.labels[k])
        pixels = np.frombuffer(base64.b64decode(told["pixels"]), np.uint8)
        np.testing.assert_array_equal(pixels.reshape(28, 28, 1), picture)


@pytest.mark.parametrize(("length", "status"), [(0, 400), (783, 400), (785, 413)])
def test_one_picture_and_nothing_else(client: Client, length: int, status: int) -> None:
    assert client.post("/api/models/tiny/nearest", bytes(length)).status_code == status
    assert client.post("/api/models/dots/nearest", bytes(2)).status_code == 409
