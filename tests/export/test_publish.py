"""A run published as a folder: whole at any moment, unchanged but for one file, and what the app's own feed tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gan import files
from gan.export import publish as publishing
from gan.export import watch_about, watch_files
from gan.runs import Run, RunError
from tests import engine
from ui.api.run_feed import RunFeed

pytestmark = pytest.mark.usefixtures("quick_disk", "no_directions")


@pytest.fixture
def no_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_about, "_directions", lambda sampler: ([], "they take a second"))


@pytest.fixture
def status(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The status of the run, as the folder would have it while another process trains."""
    now = {"is": "training"}
    for module in (publishing, watch_files):
        monkeypatch.setattr(module, "folder_status", lambda run: now["is"])
    return now


def read(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "now.json").read_text())
    return found


def columns(folder: Path) -> dict[str, list[Any]]:
    """The log as a watcher puts it together who comes now."""
    pieces = [json.loads((folder / name).read_text())["columns"] for name, _ in read(folder)["pieces"]]
    names = dict.fromkeys(name for piece in pieces for name in piece)
    return {
        name: [value for piece in pieces for value in piece.get(name, [None] * len(piece.get("seq", [])))]
        for name in names
    }


def test_a_run_is_published_while_it_trains_and_to_its_end(
    tmp_path: Path, status: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = engine.make(tmp_path, engine.tiny(z_dim=8), steps=60)
    order: list[str] = []
    real = files.replace

    def noted(path: Path, data: bytes, durable: bool = True) -> None:
        if path.is_relative_to(tmp_path / "out"):
            order.append(path.relative_to(tmp_path / "out").as_posix())
        real(path, data, durable)

    monkeypatch.setattr(files, "replace", noted)
    looks = publishing.publish(run, tmp_path / "out")
    first = next(looks)
    assert (first.status, first.ended) == ("training", False)
    assert read(tmp_path / "out")["why"] == "This run has no generator yet."
    bodies: dict[str, bytes] = {}
    for step in (20, 40):
        engine.until(run, step)
        next(looks)
        names = [name for name, _ in read(tmp_path / "out")["pieces"]]
        for path in (tmp_path / "out").glob("*/*"):
            name = path.relative_to(tmp_path / "out").as_posix()
            assert bodies.setdefault(name, path.read_bytes()) == path.read_bytes(), f"{name} has changed"
        assert order[-1] == "now.json", "after all that it names"
        assert len(order) - len({*order}) == order.count("now.json") - 1, "each other file is written once"
    assert len(names) == 3, "pieces that were there stay"
    engine.play(run)
    status["is"] = "finished"
    *_, last = looks
    assert last.ended
    told, feed = read(tmp_path / "out"), RunFeed(run).series()
    assert told["status"] == "finished"
    assert columns(tmp_path / "out") == feed["columns"]
    assert (told["seq"], told["generation"], told["light"]) == (feed["seq"], feed["generation"], feed["light"])
    words = json.loads((tmp_path / "out" / told["words"]).read_text())
    assert (words["events"], words["about"]) == (feed["events"], feed["about"])
    assert told["samples"]["fixed"] == run.pictures("fixed")
    assert told["generators"][-1][0] == 60
    named = {told["words"], told["view"], told["program"], *told["critic"].values()}
    assert all((tmp_path / "out" / name).is_file() for name in named)
    assert "http" not in (tmp_path / "out/index.html").read_text().replace("http-equiv", "").replace("http.js", "")


def test_a_run_that_is_followed_stays_published_when_it_ends_and_goes_on(
    tmp_path: Path, status: dict[str, str]
) -> None:
    run = engine.make(tmp_path, engine.tiny(z_dim=8), steps=20)
    looks = publishing.publish(run, tmp_path / "out", follow=True)
    engine.play(run)
    status["is"] = "finished"
    assert [(look.ended, look.step) for look in (next(looks), next(looks))] == [(True, 20), (True, 20)]
    run.write_control(budget={"steps": 30})
    status["is"] = "training"
    engine.play(run)
    assert (next(looks).ended, read(tmp_path / "out")["samples"]["fixed"][-1]) == (False, 30)
    looks.close()


def test_pieces_become_one_again_and_what_is_not_named_goes(
    tmp_path: Path, status: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_files, "PIECES", 2)
    run = engine.make(tmp_path, engine.tiny(z_dim=8), steps=60)
    looks = publishing.publish(run, tmp_path / "out", grace=0)
    counts = []
    for step in (10, 20, 30, 40, 50):
        engine.until(run, step)
        next(looks)
        counts.append(len(read(tmp_path / "out")["pieces"]))
        assert columns(tmp_path / "out") == RunFeed(run).series()["columns"]
    assert counts == [1, 2, 3, 1, 2]
    next(looks)
    assert len(list((tmp_path / "out/feed").iterdir())) == 2


@pytest.mark.usefixtures("status")
def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    run, other = (engine.make(tmp_path / "runs", run_id=name) for name in ("one", "two"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/photo.jpg").touch()
    with pytest.raises(RunError, match="holds something else"):
        next(publishing.publish(run, tmp_path / "mine"))
    next(publishing.publish(run, tmp_path / "out"))
    next(publishing.publish(Run(run.path), tmp_path / "out"))
    with pytest.raises(RunError, match="holds the run 'one'"):
        next(publishing.publish(other, tmp_path / "out"))
