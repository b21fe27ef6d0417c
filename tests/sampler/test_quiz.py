"""Real or generated: half of each, decided by a seed alone; real ones that nobody trained on where there are any."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gan import runs
from gan.sampler import Sampler, quiz
from tests import engine
from tests.asgi import Client, pixels_of
from tests.digits import World
from ui.api import quiz as routes
from ui.api.app import mount
from ui.api.worker import GeneratorWorker

URL = "/api/models/tiny/quiz"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_RUNS", str(folder))
        patch.setenv("GAN_DATA", str(folder / "nothing"))
        engine.play(engine.make(folder, steps=2), engine.pictures(count=30))
        dots = engine.tiny(model="first-steps", width=16, z_dim=2)
        engine.play(engine.make(folder, dots, steps=1, run_id="dots"), engine.points())
        quiz._held_out.cache_clear()
        yield folder
    quiz._held_out.cache_clear()


@pytest.fixture
def client(home: Path) -> Client:
    return Client([mount(routes.routes(GeneratorWorker(lambda: "ready")))])


def truth(client: Client, query: str, n: int) -> list[bool]:
    asked = [client.post(f"{URL}?{query}&n={n}&k={k}&guess=real").json() for k in range(n)]
    assert [told["right"] for told in asked] == [told["truth"] == "real" for told in asked]
    return [told["right"] for told in asked]


def test_half_is_real_and_the_seed_decides_which(client: Client, home: Path) -> None:
    answer = client.get(f"{URL}?seed=3&n=12")
    assert answer.headers["X-Step"] == "2"
    assert "MNIST" in answer.headers["X-Real"]
    shown = pixels_of(answer)
    assert shown.shape == (12, 8, 8, 1)
    which = truth(client, "seed=3", 12)
    assert sum(which) == 6
    others = Client([mount(routes.routes(GeneratorWorker(lambda: "ready")))])  # another server
    assert truth(others, "seed=3", 12) == which
    assert truth(client, "seed=4", 12) != which
    trained = engine.pictures(count=30).images.transpose(0, 2, 3, 1)
    is_real = [any((picture == real).all() for real in trained) for picture in shown]
    assert is_real == which


def test_d_s_opinion_is_that_of_the_critic(client: Client, home: Path) -> None:
    shown = pixels_of(client.get(f"{URL}?seed=5&n=4"))
    chances = Sampler.load(home / "tiny").probability(shown)
    for k in range(4):
        told = client.post(f"{URL}?seed=5&n=4&k={k}&guess=generated").json()
        assert told["d"] == pytest.approx(float(chances[k]), abs=1e-3)
        assert told["d_right"] == ((told["d"] > 0.5) == (told["truth"] == "real"))


def test_where_the_loss_gives_no_probability_d_guesses_by_its_score(home: Path, client: Client) -> None:
    engine.play(engine.make(home, engine.tiny(loss="wasserstein"), steps=1, run_id="critic"), engine.pictures(count=30))
    url = "/api/models/critic/quiz?seed=5&n=4"
    scores = Sampler.load(home / "critic").critic(pixels_of(client.get(url)))
    for k in range(4):
        told = client.post(f"{url}&k={k}&guess=generated").json()
        assert told["d"] is None
        assert told["d_score"] == pytest.approx(float(scores[k]), abs=1e-3)
        assert told["d_right"] == ((told["d_score"] > 0) == (told["truth"] == "real"))


def test_a_round_is_judged_by_the_generator_that_dealt_it(home: Path, client: Client) -> None:
    run = engine.make(home, steps=4, run_id="growing")
    engine.until(run, 2, engine.pictures(count=30))
    url = "/api/models/growing/quiz"
    client.get(f"{url}?seed=1&n=6")
    before = [client.post(f"{url}?seed=1&n=6&k={k}&guess=real").json() for k in range(6)]
    engine.play(run, engine.pictures(count=30))
    after = [client.post(f"{url}?seed=1&n=6&k={k}&guess=real").json() for k in range(6)]
    assert after == before


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("k=6&n=6&guess=real", "k is"),
        ("n=6&guess=real", "k is"),
        ("k=0&n=65&guess=real", "n is"),
        ("k=0&n=0&guess=real", "n is"),
        ("k=0&guess=perhaps", "guess"),
        ("k=0", "guess"),
        ("k=0&guess=real&seed=-1", "seed"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(client: Client, query: str, word: str) -> None:
    answer = client.post(f"{URL}?{query}")
    assert answer.status_code == 400
    assert word in answer.json()["error"]


def test_points_and_runs_without_real_images_say_why(client: Client, home: Path) -> None:
    answer = client.get("/api/models/dots/quiz")
    assert answer.status_code == 409
    assert answer.json()["error"].startswith("not available because")
    shutil.copytree(home / "tiny", home / "bare")
    (home / "bare" / "samples" / "real.webp").unlink()
    answer = client.get("/api/models/bare/quiz")
    assert answer.status_code == 409
    assert "real" in answer.json()["error"]


def test_an_odd_round_and_one_longer_than_there_are_real_images(client: Client) -> None:
    assert pixels_of(client.get(f"{URL}?n=1")).shape == (1, 8, 8, 1)
    sizes = {sum(truth(client, f"seed={seed}", 3)) for seed in range(8)}
    assert sizes == {1, 2}
    assert pixels_of(client.get(f"{URL}?n=64")).shape == (64, 8, 8, 1)


def test_real_ones_come_from_the_test_split_where_it_is_at_hand(
    world: World, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.enter(monkeypatch)
    quiz._held_out.cache_clear()
    config = engine.tiny(dataset="strokes")
    run = engine.make(home, config, steps=1, run_id="written")
    engine.play(run, world.data)
    found = quiz.real(runs.find("written"), (1, 28, 28))
    assert "test split" in found.source
    held_out = world.data.test
    assert held_out is not None
    np.testing.assert_array_equal(found.pictures[:9, ..., 0], held_out.images[:9, 0])
    quiz._held_out.cache_clear()
    monkeypatch.setenv("GAN_DATA", str(home / "nothing"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "nowhere"))
    monkeypatch.setenv("TMPDIR", str(home / "nowhere"))
    found = quiz.real(runs.find("written"), (1, 28, 28))  # nothing is made for it
    assert "training split" in found.source
    assert len(found.pictures) == 16
