"""How long a training will be, in words; the pace of earlier runs."""

from __future__ import annotations

import pytest

from gan import files, runs
from gan.config import RunConfig, preset
from gan.runs import pace

LEAN = RunConfig(dataset="mnist", batch=32)


@pytest.mark.parametrize(
    ("budget", "count", "speed", "text"),
    [
        ({"steps": 9375}, 60_000, 1250, "9,375 steps: about 5 passes over 60,000 pictures, about 4 min here"),
        ({"steps": 9375}, 48, 1250, "9,375 steps: about 6,250 passes over 48 pictures, about 4 min here"),
        ({"steps": 1}, 60_000, None, "1 steps: about 0.00053 passes over 60,000 pictures"),
        ({"steps": 9375}, 0, None, "9,375 steps"),
        ({"epochs": 5}, 48, None, "5 passes over 48 pictures: about 8 steps"),
        ({"epochs": 5}, 0, None, "5 passes"),
        ({"seconds": 120}, 1000, 1600, "2 min: about 6,000 steps, about 192 passes over 1,000 pictures"),
        ({"seconds": 120}, 1000, None, "2 min"),
    ],
)
def test_a_length_in_words(budget, count, speed, text):
    assert pace.length_text(LEAN, budget, count, speed) == text


def test_points_are_not_called_pictures():
    ring = preset("first-steps")[0]
    assert pace.length_text(ring, {"steps": 10_000}, pace.count(ring), None).endswith("64 passes over 20,000 points")


def test_fewer_are_counted_where_fewer_are_chosen():
    assert pace.count(LEAN) == 60_000
    assert pace.count(LEAN.replace(n_images=100)) == 100
    assert pace.count(RunConfig(dataset="own-images")) == 0


def test_the_pace_of_the_newest_run_alike(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    assert pace.measured(LEAN) is None
    run = runs.create(LEAN, {"steps": 1})
    files.append(run.path / "metrics.jsonl", [{"images_per_second": k} for k in (1, 7, 7, 7, 90)])
    assert pace.measured(LEAN) is None  # shipped
    run.state(0).touch()
    assert pace.measured(LEAN) == 7
    assert pace.measured(LEAN.replace(batch=64)) is None
    assert pace.declared(preset("lean")[0]) == 1050
