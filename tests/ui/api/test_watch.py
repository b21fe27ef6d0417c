"""The routes of the watch view: which run is followed, that all it names is there, and how little is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan import runs
from gan.export import watch_about
from gan.runs import Run
from gan.sampler import Sampler, quiz
from tests import engine
from tests.asgi import Client
from ui.api import programs, watch
from ui.api import quiz as quiz_api
from ui.api import runs as runs_api
from ui.api.app import mount
from ui.api.worker import GeneratorWorker
from ui.shared import stage
from ui.shared.followed import Followed


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    monkeypatch.setattr(runs.LOCKS, "every", 0.0)
    monkeypatch.setattr("ui.shared.followed.LOOK_SECONDS", 0.0)
    monkeypatch.setattr(watch_about, "_directions", lambda sampler: ([], "they take a second"))
    return tmp_path


@pytest.fixture
def trained(home: Path) -> Run:
    made = engine.make(home, engine.tiny(z_dim=8, dataset="strokes"), steps=2)
    engine.play(made, engine.pictures(28, count=40))
    return made


@pytest.fixture
def client() -> Client:
    worker = GeneratorWorker(lambda: "ready")
    kinds: list[Any] = [runs_api, programs, quiz_api, watch]
    return Client([mount([route for kind in kinds for route in kind.routes(*[worker][: kind is not runs_api])])])


@pytest.fixture
def hold() -> Iterator[Any]:
    """Holds a run as a trainer does until the test ends; what it returns lets go."""
    with ExitStack() as stack:

        def take(run: Run) -> Any:
            held = run.locked()
            stack.enter_context(held)
            return lambda: held.__exit__(None, None, None)

        yield take


def test_what_trains_is_followed_and_what_ends_stays_until_another_begins(home: Path, hold: Any) -> None:
    followed = Followed()
    assert followed.id() == ""
    old, new = (engine.make(home, run_id=name) for name in ("old", "new"))
    newest = max((old, new), key=lambda run: (run.created(), run.id)).id
    assert (followed.id(), followed.id("old"), followed.id("deleted")) == (newest, "old", newest)
    old.write_control(want="pause")
    end_old = hold(old)
    assert (followed.id(), followed.id("new")) == ("old", "old")  # it is paused
    end_new = hold(new)
    assert (followed.id("old"), followed.id("new")) == ("new", "new")
    old.write_control(want="run")
    assert (followed.id("old"), followed.id("new")) == ("old", "new")  # two at once
    end_new()
    assert followed.id("new") == "old"
    end_old()
    assert followed.id("old") == "old"


def test_all_that_an_answer_names_is_there(client: Client, trained: Run) -> None:
    now = client.get("/api/watch").json()
    assert (now["id"], now["status"], now["why"]) == (trained.id, "finished", "")
    assert now["generators"][-1][0] == 2
    for _, weights in now["generators"]:
        assert "immutable" in client.get(f"/{weights}").headers["Cache-Control"]
    assert client.get(f"/{now['program']}").json()["synthesis"]
    judge = client.get(f"/{now['critic']}").json()
    assert judge["evaluator"] is None
    assert client.get(f"/{judge['weights']}").status_code == 200
    view = client.get(f"/{now['view']}").json()
    assert (view["z_dim"], view["shape"], view["directions"]) == (8, [1, 28, 28], [])
    assert view["code"].startswith('"""')
    picture = now["picture_url"].format(sort="fixed", step=now["samples"]["fixed"][-1])
    assert client.get(f"/{picture}").headers["Content-Type"] == "image/webp"


def test_without_news_an_answer_is_small_and_of_another_run_whole(client: Client, trained: Run) -> None:
    first = client.get("/api/watch").json()
    query = f"after={first['seq']}&known={first['known']}"
    again = client.get(f"/api/watch?held={trained.id}&{query}")
    assert again.json()["samples"] is None
    assert len(again.content) < 2000
    other = client.get(f"/api/watch?held=another&{query}").json()
    assert other["samples"] == first["samples"]
    assert other["columns"] == first["columns"]


def test_a_run_that_is_named_is_shown_whatever_trains(client: Client, trained: Run, home: Path, hold: Any) -> None:
    hold(engine.make(home, run_id="busy"))
    assert client.get("/api/watch").json()["id"] == "busy"
    answer = client.get(f"/api/watch?run={trained.id}&held=busy").json()
    assert answer["id"] == trained.id
    assert client.get("/api/watch").json()["why"].startswith("Run 'busy' has no generator yet")
    assert client.get("/api/watch?run=none").status_code == 404
    assert client.get("/api/watch?run=../x").status_code == 400


def test_before_there_is_a_run_the_class_is_asked_all_the_same(client: Client) -> None:
    stage.stage().ask("Will it learn?", ["Yes", "No"])
    answer = client.get("/api/watch").json()
    assert (answer["id"], answer["generators"]) == ("", None)
    assert answer["stage"]["question"]["text"] == "Will it learn?"
    stage.stage().end_question()
    assert client.get("/api/watch/view").status_code == 404


def test_a_page_is_dealt_the_round_that_the_server_would_show(client: Client, trained: Run) -> None:
    answer = client.get(f"/api/models/{trained.id}/hand?seed=5&n=7")
    sampler = Sampler.load(trained.path)
    dealt = quiz.deal(sampler, quiz.real(trained, sampler.shape), trained.id, 5, 7)
    truth = np.array([one == "1" for one in answer.headers["X-Truth"]])
    fakes = int((~truth).sum())
    z = np.frombuffer(answer.content, np.float32, fakes * 8).reshape(fakes, 8)
    real = np.frombuffer(answer.content, np.uint8, offset=z.nbytes).reshape(-1, 28, 28, 1)
    assert truth.tolist() == dealt.truth.tolist()
    assert np.array_equal(real, dealt.pictures[truth])
    assert np.array_equal(sampler.images(z), dealt.pictures[~truth])
    assert answer.headers["X-Real"] == json.loads(json.dumps(quiz.real(trained, sampler.shape).source))
