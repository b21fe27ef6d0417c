"""A run published by a thread of this process: to a folder, past its end, until it is stopped; errors are kept."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from gan.export import watch_about
from gan.hosting import publishing
from tests import engine


def until(true: object, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.usefixtures("quick_disk")
def test_a_run_is_published_past_its_end_until_somebody_stops_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_about, "_directions", lambda sampler: ([], "they take a second"))
    monkeypatch.setattr(publishing, "LOOK_SECONDS", 0.01)
    run = engine.make(tmp_path, engine.tiny(z_dim=8), steps=10)
    assert publishing.of(run) is None
    engine.play(run)
    made = publishing.begin(run, tmp_path / "out")
    until(lambda: made.step == 10 or made.error)
    assert (made.error, made.status, made.active) == ("", "finished", True)
    assert made.files > 5
    assert publishing.begin(run, tmp_path / "elsewhere") is made
    run.write_control(budget={"steps": 20})
    engine.play(run)
    until(lambda: made.step == 20 or made.error)
    until(lambda: json.loads((tmp_path / "out/now.json").read_text())["generators"][-1][0] == 20)
    assert not made.error
    publishing.end(run)
    assert made.thread
    made.thread.join(60)
    assert not made.active
    assert (tmp_path / "out/index.html").is_file()
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/photo.jpg").touch()
    again = publishing.begin(run, tmp_path / "taken")
    until(lambda: again.error)
    assert "holds something else" in again.error
    assert not again.active
