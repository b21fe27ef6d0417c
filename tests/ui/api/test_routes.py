"""The HTTP routes: what they answer, how little when nothing is new, and what they refuse."""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from gan import files, images, runs
from gan.config import RunConfig
from gan.runs import Run
from gan.runs.log_reader import COLUMNS
from tests.asgi import Client
from ui.api import routes
from ui.api import runs as runs_api


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    monkeypatch.setattr(runs.LOCKS, "every", 0.0)
    return tmp_path


@pytest.fixture(scope="module")
def client() -> Client:
    return Client(routes.routes())


@pytest.fixture
def run(home: Path) -> Run:
    """Five records, two pictures of each sort, a budget of 100 steps."""
    config = RunConfig(dataset="mnist", device="cpu", threads=1)
    run = runs.create(config, {"steps": 100}, title="A title", run_id="one")
    log(run, range(5))
    run.record("started")
    for step in (0, 40):
        show(run, step)
    run.real_picture().write_bytes(tiny_picture())
    return run


def log(run: Run, seqs: range, **values: Any) -> None:
    told = {
        "d_loss": 1.0,
        "g_loss": 0.5,
        "d_real": 0.6,
        "d_fake": 0.4,
        "grad_norm_d": 3.0,
        "grad_norm_g": 2.0,
        "lr_d": 2e-3,
        "lr_g": 2e-3,
        "images_per_second": 1000.0,
    }
    for k in seqs:
        so_far = {"step": 10 * (k + 1), "epoch": 0.1 * (k + 1), "images": 320 * (k + 1)}
        record = {"seq": k, "seconds": k + 1.0, **so_far, **told, **values}
        files.append(run.path / "metrics.jsonl", [record])


def show(run: Run, step: int) -> None:
    for sort in ("fixed", "random"):
        (run.path / "samples" / sort / f"{step}.webp").write_bytes(tiny_picture())


def tiny_picture() -> bytes:
    return images.webp(np.zeros((4, 4, 1), np.uint8))


def strict(answer: httpx.Response) -> Any:
    """JSON as a browser reads it: NaN and infinities are errors."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} in JSON")

    return json.loads(answer.text, parse_constant=refuse)


def test_health_names_what_trains(client: Client) -> None:
    told = strict(client.get("/api/health"))
    assert told.keys() == {"status", "training", "version"}
    assert told["status"] == "ok"
    assert told["training"] == []


def test_the_list_tells_of_every_run(client: Client, run: Run) -> None:
    [told] = strict(client.get("/api/runs"))["runs"]
    assert told.pop("created") == pytest.approx(time.time(), abs=60)
    thumbnail = told.pop("thumbnail")
    assert thumbnail.startswith("api/runs/one/samples/fixed/40.webp?g=0")
    assert client.get(f"/{thumbnail}").status_code == 200
    assert told == {
        "id": "one",
        "title": "A title",
        "status": "stopped",
        "step": 50,
        "steps": 100,
        "dataset": "mnist",
        "model": "lean-dcgan",
        "loss": "hinge",
        "seconds": 5.0,
    }


@pytest.mark.parametrize(("budget", "steps"), [({"epochs": 2}, 200), ({"seconds": 60}, None)])
def test_the_list_reckons_steps_from_epochs_only(
    client: Client, run: Run, budget: dict[str, float], steps: int | None
) -> None:
    run.write_control(budget=budget)
    [told] = strict(client.get("/api/runs"))["runs"]
    assert told["steps"] == steps


def test_a_broken_run_does_not_hide_the_others(client: Client, run: Run, home: Path) -> None:
    (home / "two").mkdir()
    (home / "two" / "config.json").write_text("{")
    told = {each["id"]: each for each in strict(client.get("/api/runs"))["runs"]}
    assert told.keys() == {"one", "two"}
    assert told["two"]["model"] is None


@pytest.mark.parametrize("name", ["events.jsonl", "metrics.jsonl", "control.json", "config.json"])
@pytest.mark.parametrize(
    "junk",
    [
        '{"event": "created", "seq": 1e999, "time": 1e999, "generation": 1e999, "step": 1e999}',
        '{"event": "created", "seq": 0, "time": NaN, "generation": NaN, "step": "many", "epoch": []}',
        '{"event": "started", "seq": 0, "time": 1' + "0" * 400 + ', "step": 1, "epoch": 1e-308}',
        '{"title": "\\ud800", "event": "\\ud800"}',
        "[" * 200_000,
    ],
)
def test_junk_in_one_run_does_not_hide_the_others(client: Client, run: Run, home: Path, name: str, junk: str) -> None:
    two = runs.create(RunConfig(), {"epochs": 1e5}, run_id="two")
    (two.path / name).write_text(junk + "\n")
    told = {each["id"]: each for each in strict(client.get("/api/runs"))["runs"]}
    assert told.keys() == {"one", "two"}
    assert strict(client.get("/api/runs/two/series"))["status"] == "stopped"


def test_a_link_in_the_place_of_a_picture_is_not_followed(client: Client, run: Run) -> None:
    secret = run.path / "secret.txt"
    secret.write_text("nobody's business")
    real, grid = run.real_picture(), run.picture("fixed", 40)
    for path in (real, grid):
        path.unlink()
        path.symlink_to(secret)
    for url in ("/api/runs/one/real.webp", "/api/runs/one/samples/fixed/40.webp"):
        answer = client.get(url)
        assert answer.status_code == 404
        assert strict(answer)["error"]


def test_a_run_deleted_while_it_is_asked_about_is_a_sentence(
    client: Client, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(run: Run) -> None:
        raise FileNotFoundError(run.path)

    monkeypatch.setattr(runs_api.FEEDS, "of", gone)
    answer = client.get("/api/runs/one/series")
    assert answer.status_code == 404
    assert strict(answer)["error"].endswith(".")
    assert str(run.path) not in answer.text


def test_the_series_has_everything_a_page_shows(client: Client, run: Run) -> None:
    told = strict(client.get("/api/runs/one/series"))
    assert set(COLUMNS) <= told["columns"].keys()
    assert {len(values) for values in told["columns"].values()} == {5}
    assert told["columns"]["step"] == [10, 20, 30, 40, 50]
    assert (told["generation"], told["seq"], told["status"]) == (0, 4, "stopped")
    assert told["control"]["budget"] == {"steps": 100}
    assert told["about"]["statistics"]["d_loss"] == "D's loss"
    assert [event["event"] for event in told["events"]] == ["created", "started"]
    assert told["samples"] == {"fixed": [0, 40], "random": [0, 40]}
    assert client.get(told["real"]).status_code == 200
    shown = told["picture_url"].replace("{sort}", "fixed").replace("{step}", "40")
    assert shown == strict(client.get("/api/runs"))["runs"][0]["thumbnail"]
    assert client.get(shown).headers["cache-control"].endswith("immutable")


def test_what_is_not_finite_is_null(client: Client, run: Run) -> None:
    log(run, range(5, 6), d_loss=math.nan, g_loss=math.inf)
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write('{"seq": 6, "step": 70, "d_loss": NaN, "g_loss": -Infinity}\n')
    columns = strict(client.get("/api/runs/one/series"))["columns"]
    assert columns["d_loss"][4:] == [1, None, None]
    assert columns["g_loss"][5:] == [None, None]


def test_only_new_records_come_after_the_first_answer(client: Client, run: Run) -> None:
    first = strict(client.get("/api/runs/one/series"))
    log(run, range(5, 7))
    told = strict(client.get(f"/api/runs/one/series?after={first['seq']}"))
    assert told["columns"]["seq"] == [5, 6]
    assert told["seq"] == 6


def test_without_news_an_answer_is_tiny_and_cheap(client: Client, run: Run) -> None:
    log(run, range(5, 5000))
    for step in range(100, 400):
        show(run, step)
    time.sleep(0.1)  # a folder must be at rest before its listing is kept
    first = strict(client.get("/api/runs/one/series"))
    again = f"/api/runs/one/series?after={first['seq']}&known={first['known']}"
    answer = client.get(again)
    told = strict(answer)
    assert (told["control"], told["events"], told["samples"], told["about"]) == (None, None, None, None)
    assert not any(told["columns"].values())
    assert len(answer.content) < 1000
    reader = runs_api.FEEDS.of(run)
    started = time.thread_time()
    for _ in range(20):
        reader.series(first["seq"], first["known"])
    assert (time.thread_time() - started) / 20 < 0.002


def test_a_statistic_of_any_name_is_told_with_the_words_of_its_game(client: Client, run: Run) -> None:
    first = strict(client.get("/api/runs/one/series"))
    assert {"step", "lr_d", "fd"} & first["about"]["statistics"].keys() == set()
    log(run, range(5, 6), my_stat=0.5, fd=3.0, samples=2000)
    told = strict(client.get(f"/api/runs/one/series?after={first['seq']}&known={first['known']}"))
    assert told["columns"]["my_stat"] == [0.5]
    assert told["about"]["statistics"] == {**first["about"]["statistics"], "my_stat": "my_stat"}


def test_what_is_known_comes_again_when_it_changed(client: Client, run: Run) -> None:
    first = strict(client.get("/api/runs/one/series"))
    ask = f"/api/runs/one/series?after={first['seq']}&known={first['known']}"
    run.write_control(lr_g=1e-3)
    told = strict(client.get(ask))
    assert told["control"]["lr_g"] == 1e-3
    assert (told["events"], told["samples"]) == (None, None)
    run.record("lr", step=50, lr_g=1e-3)
    show(run, 50)
    told = strict(client.get(ask))
    assert told["events"][-1]["event"] == "lr"
    assert told["samples"]["fixed"] == [0, 40, 50]


def test_a_picture_written_within_a_clock_tick_is_not_missed(
    client: Client, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.api.run_feed.SETTLE_SECONDS", 60.0)  # however busy the machine is
    folder = run.path / "samples" / "fixed"
    show(run, 50)
    before = folder.stat().st_mtime_ns
    assert strict(client.get("/api/runs/one/series"))["samples"]["fixed"][-1] == 50
    show(run, 60)
    os.utime(folder, ns=(before, before))  # as on a file system with a coarse clock
    assert strict(client.get("/api/runs/one/series"))["samples"]["fixed"][-1] == 60


def test_a_long_log_is_thinned_without_after(client: Client, run: Run) -> None:
    log(run, range(5, 5000))
    columns = strict(client.get("/api/runs/one/series"))["columns"]
    assert len(columns["step"]) <= 1000
    assert columns["step"][-1] == 50_000


def test_a_resume_that_cuts_the_log_raises_the_generation(client: Client, run: Run) -> None:
    assert strict(client.get("/api/runs/one/series"))["seq"] == 4
    (run.path / "metrics.jsonl").write_text("")
    log(run, range(2))
    run.record("resumed", step=20, generation=1)
    told = strict(client.get("/api/runs/one/series?after=4"))
    assert told["generation"] == 1
    assert told["seq"] == 1


def test_a_new_run_in_the_place_of_a_deleted_one_starts_over(client: Client, run: Run) -> None:
    first = strict(client.get("/api/runs/one/series"))
    run.delete()
    assert client.get("/api/runs/one/series").status_code == 404
    again = runs.create(RunConfig(dataset="mnist"), {"steps": 9}, run_id="one")
    log(again, range(20), d_loss=7.0)
    again.real_picture().write_bytes(tiny_picture())
    told = strict(client.get("/api/runs/one/series"))
    assert set(told["columns"]["d_loss"]) == {7}
    assert told["real"] != first["real"]  # else a browser shows the picture it kept


def test_a_failed_run_says_why(client: Client, run: Run) -> None:
    (run.path / "error.txt").write_text("The disk is full.")
    told = strict(client.get("/api/runs/one/series"))
    assert (told["status"], told["error"]) == ("failed", "The disk is full.")


@pytest.mark.parametrize("name", ["samples/fixed/40.webp?g=0", "samples/random/0.webp", "real.webp"])
def test_pictures_are_kept_for_ever(client: Client, run: Run, name: str) -> None:
    answer = client.get(f"/api/runs/one/{name}")
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert images.decode(answer.content).shape == (4, 4, 3)


def test_a_picture_of_an_old_generation_is_not_kept(client: Client, run: Run) -> None:
    run.record("resumed", step=20, generation=1)
    old, new = (client.get(f"/api/runs/one/samples/fixed/0.webp?g={g}") for g in (0, 1))
    assert old.headers["cache-control"] == "no-store"
    assert "immutable" in new.headers["cache-control"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/runs/nobody/series", 404),
        ("/api/runs/NOBODY/series", 400),
        ("/api/runs/%2e%2e/series", 400),
        ("/api/runs/one/series?after=x", 400),
        ("/api/runs/one/samples/fixed/9.webp", 404),
        ("/api/runs/one/samples/fixed/x.webp", 400),
        ("/api/runs/one/samples/secret/0.webp", 404),
        ("/api/runs/one/samples/fixed/0.webp?g=x", 400),
        ("/api/runs/one/config.json", 404),
        ("/api/nothing", 404),
        ("/api/health/", 404),
        ("/assets/nothing.js", 404),
        ("/assets/..%2fapp.py", 404),
        ("/assets/.hidden", 404),
        ("/assets/" + "a" * 5000, 404),
    ],
)
def test_refusals_are_sentences(client: Client, run: Run, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert strict(answer)["error"].endswith(".")
    assert str(run.path.parent) not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_no_route_changes_a_run(client: Client, run: Run, method: str) -> None:
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    for path in ("/api/runs", "/api/runs/one/series", "/api/runs/one/real.webp"):
        answer = client.request(method, path)
        assert answer.status_code == 405
        assert strict(answer)["error"].endswith(".")
    assert before == {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
