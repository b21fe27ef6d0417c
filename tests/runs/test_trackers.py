"""What trackers write: a CSV and TensorBoard's events say what the log says, also after a resume, and never stop it."""

from __future__ import annotations

import csv
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from gan import files
from gan.cli import main as command_line
from gan.runs import trackers
from gan.training.loop import train
from tests.engine import make, pictures, rows

pytestmark = pytest.mark.usefixtures("quick_disk")


class Writer:
    """Stands for TensorBoard's SummaryWriter, which is not installed here."""

    written: list[tuple[Any, ...]] = []  # noqa: RUF012

    def __init__(self, folder: str):
        self.written.clear()

    def _get_file_writer(self):
        return SimpleNamespace(add_summary=lambda summary: self.written.append(("hparams", summary)))

    def add_scalar(self, name, value, step, time):
        self.written.append(("scalar", name, step, value))

    def add_text(self, name, text, step, time):
        self.written.append(("text", name, step, text))

    def add_image(self, name, sheet, step, dataformats):
        self.written.append(("image", name, step, sheet.shape[-1]))

    def close(self):
        self.written.append(("closed",))


@pytest.fixture
def tensorboard(monkeypatch) -> list[tuple[Any, ...]]:
    module, summary = ModuleType("torch.utils.tensorboard"), ModuleType("torch.utils.tensorboard.summary")
    module.SummaryWriter = Writer  # type: ignore[attr-defined]
    summary.hparams = lambda settings, results: (settings,)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard.summary", summary)
    return Writer.written


def follow(run, names) -> None:
    """Trains a run and hands trackers each record as it comes."""
    with trackers.tracking(run, names) as track:
        for tick in train(run, pictures()):
            if tick.record or tick.step < 2:
                track()


def table(run) -> list[dict[str, str]]:
    with (run.path / "metrics.csv").open(newline="") as file:
        return [*csv.DictReader(file)]


def test_the_table_has_a_row_for_each_record_and_what_was_not_measured_is_empty(tmp_path):
    run = make(tmp_path, steps=20)
    follow(run, ["csv"])
    records = [*files.lines(run.path / "metrics.jsonl")]
    assert [row["step"] for row in table(run)] == [str(record["step"]) for record in records] != []
    assert table(run)[-1]["d_loss"] == str(records[-1]["d_loss"])
    assert table(run)[-1]["class_loss_real"] == ""


def test_a_column_that_comes_later_is_put_in_and_a_resume_says_nothing_twice(tmp_path):
    run = make(tmp_path, steps=9)
    follow(run, ["csv"])
    run.write_control(budget={"steps": 20})
    with trackers.tracking(run, ["csv"]) as track:
        for tick in train(run, pictures()):
            if tick.step == 11:
                track()
        files.append(run.path / "metrics.jsonl", [{"seq": 9, "step": 21, "fd": 4.5, "shares": [1, 2]}])
    assert [row["seq"] for row in table(run)] == [str(row["seq"]) for row in rows(run)]
    assert (table(run)[0]["fd"], table(run)[-1]["fd"]) == ("", "4.5")
    assert "shares" not in table(run)[0]


def test_tensorboard_gets_scalars_grids_events_and_settings(tmp_path, tensorboard):
    run = make(tmp_path, steps=9)
    follow(run, ["tensorboard"])
    sort = {what: [one[1:] for one in tensorboard if one[0] == what] for what in ("scalar", "text", "image", "hparams")}
    losses = [(step, value) for name, step, value in sort["scalar"] if name == "d_loss"]
    assert losses == [(row["step"], row["d_loss"]) for row in rows(run)]
    assert {name for name, *_ in sort["scalar"]}.isdisjoint({"seq", "step", "class_loss_real"})
    assert [name for name, *_ in sort["text"]] == ["events/created", "events/started", "events/finished"]
    assert sorted(step for name, step, _ in sort["image"] if name == "samples/fixed") == run.pictures("fixed")
    assert sort["hparams"][0][0]["lr_g"] == run.config().lr_g
    assert tensorboard[-1] == ("closed",)


def test_a_tracker_that_cannot_write_is_left_out_and_training_goes_on(tmp_path, capsys):
    run = make(tmp_path, steps=9)
    (run.path / "metrics.csv").mkdir()
    follow(run, ["csv"])
    assert run.events()[-1]["event"] == "finished"
    assert capsys.readouterr().err.count("The log for csv ends here") == 1


def test_without_its_package_tensorboard_is_refused_before_a_run_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    monkeypatch.setattr("gan.runs.trackers.tensorboard.find_spec", lambda name: None)
    assert command_line.main(["train", "--steps", "1", "--log", "tensorboard"]) == 1
    assert "pip install tensorboard" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]
