"""The route of a film: 202 while it is drawn, then the GIF; a run without pictures is refused."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gan.export import film as films
from tests import engine
from tests.asgi import Client
from ui.api import film
from ui.api.app import mount


def test_it_is_drawn_in_the_background(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    monkeypatch.setattr(films, "FRAMES", 5)
    client = Client([mount(film.routes())])
    run = engine.make(tmp_path, steps=3)
    assert client.get(f"/api/runs/{run.id}/film.gif").status_code == 409
    engine.play(run)
    answer = client.get(f"/api/runs/{run.id}/film.gif")
    assert answer.status_code == 202
    assert {*answer.json()} == {"done", "text"}
    end = time.monotonic() + 60
    while answer.status_code == 202 and time.monotonic() < end:
        answer = client.get(f"/api/runs/{run.id}/film.gif")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.content.startswith(b"GIF8")
    assert client.get("/api/runs/no-such-run/film.gif").status_code == 404
