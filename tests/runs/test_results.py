"""The results of runs as rows: settings, newest scores; and all of them as one Parquet file."""

from __future__ import annotations

import pytest
from pyarrow import parquet

from gan import files
from gan.cli import main as command_line
from gan.runs import results
from gan.runs.scores import Scores, keep
from tests.engine import make, play, tiny

pytestmark = pytest.mark.usefixtures("quick_disk")
SCORES = Scores(9, "average", 10, 0, "mnist", "test", None, {"fd": 7.5}, {})


def test_a_row_has_settings_and_the_newest_of_each_score(tmp_path):
    run = make(tmp_path, steps=9)
    play(run)
    files.append(run.path / "metrics.jsonl", [{"seq": 3, "step": 9, "fd": 4.5}, {"seq": 4, "step": 9, "fd": None}])
    keep(run, SCORES)
    row = results.whole_row(run)
    assert row.items() >= {"id": "tiny", "status": "finished", "step": 9, "lr_g": 0.002, "seed": 0}.items()
    assert row.items() >= {"live_fd": 4.5, "eval_fd": 7.5, "eval_step": 9}.items()


def test_all_runs_are_written_as_parquet_also_one_that_cannot_be_read(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path / "runs"))
    keep(make(tmp_path / "runs", tiny(lr_g=0.5)), SCORES)
    (make(tmp_path / "runs", run_id="odd").path / "config.json").write_text("{}}")
    assert command_line.main(["list", "--parquet", str(tmp_path / "x.parquet")]) == 0
    by_id = {row["id"]: row for row in parquet.read_table(tmp_path / "x.parquet").to_pylist()}
    assert (by_id["tiny"]["lr_g"], by_id["tiny"]["eval_fd"]) == (0.5, 7.5)
    assert by_id["odd"]["status"] == "failed"
    assert by_id["odd"]["lr_g"] is None
    assert command_line.main(["list", "--parquet", str(tmp_path / "x.csv")]) == 2
