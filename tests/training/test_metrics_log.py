"""The log: one record an interval, means over its updates, and a loss that is not finite found in time."""

from __future__ import annotations

import json
from concurrent.futures import Future

import pytest
import torch

from gan import files
from gan.runs import Run
from gan.runs.log_reader import COLUMNS
from gan.training.metrics_log import Diverged, MetricsLog, PendingScores
from tests.engine import rows

D_STATS = ("d_loss", "d_real", "d_fake", "grad_norm_d", "d_accuracy")
G_STATS = ("g_loss", "grad_norm_g")
RATES = {"lr_d": 0.1, "lr_g": 0.2}


@pytest.fixture
def log(tmp_path):
    return MetricsLog(Run(tmp_path), (*D_STATS, *G_STATS))


def play(log, d=(), g=()):
    """A step with these losses of D and of G; the other statistics are tenths of them."""
    for names, losses in ((D_STATS, d), (G_STATS, g)):
        for loss in losses:
            log.add({name: torch.tensor(float(loss if k == 0 else loss / 10)) for k, name in enumerate(names)})
    log.step += 1
    log.images += 4 * len(d)
    log.seconds += 0.5


def test_a_record_sums_up_its_interval(log):
    play(log, d=[1, 2], g=[5])
    play(log, d=[6], g=[7])
    log.epoch = 0.25
    log.end_interval(RATES)
    told = log.flush()
    assert told == {
        "seq": 0,
        "step": 2,
        "epoch": 0.25,
        "images": 12,
        "seconds": 1.0,
        "images_per_second": 12.0,
        "lr_d": 0.1,
        "lr_g": 0.2,
        "d_loss": 3.0,
        "d_real": pytest.approx(0.3),
        "d_fake": pytest.approx(0.3),
        "grad_norm_d": pytest.approx(0.3),
        "d_accuracy": pytest.approx(0.3),
        "g_loss": 6.0,
        "grad_norm_g": pytest.approx(0.6),
    }
    assert set(told) >= set(COLUMNS)
    (line,) = (log.run.path / "metrics.jsonl").read_text().splitlines()
    assert json.loads(line) == told


def test_records_wait_for_one_flush_and_count_on(log):
    for k in range(3):
        play(log, d=[k], g=[k])
        log.end_interval(RATES)
    assert rows(log.run) == []
    assert log.flush()["seq"] == 2
    assert log.flush() is None
    assert [(row["seq"], row["step"], row["d_loss"]) for row in rows(log.run)] == [
        (0, 1, 0.0),
        (1, 2, 1.0),
        (2, 3, 2.0),
    ]


def test_what_came_before_scores_that_failed_is_written(log):
    sound: PendingScores = Future()
    failed: PendingScores = Future()
    sound.set_result({"samples": 128})
    failed.set_exception(OSError("no space"))
    for scores in (None, sound, failed, None):
        play(log, d=[1], g=[1])
        log.end_interval(RATES, scores)
    with pytest.raises(OSError, match="no space"):
        log.flush()
    assert [(row["seq"], row.get("samples")) for row in rows(log.run)] == [(0, None), (1, 128)]


def test_a_network_that_made_no_update_has_nothing_to_tell(log):
    play(log, d=[1])
    log.end_interval(RATES)
    play(log, g=[2])
    log.end_interval(RATES)
    play(log)
    log.end_interval(RATES)
    log.flush()
    told = [(row["d_loss"], row["grad_norm_d"] is None, row["g_loss"]) for row in rows(log.run)]
    assert told == [(1.0, False, None), (None, True, 2.0), (None, True, None)]


@pytest.mark.parametrize(
    ("name", "played"), [("d_loss", {"d": [1, float("nan")]}), ("g_loss", {"d": [1], "g": [float("-inf")]})]
)
@pytest.mark.parametrize("over", [True, False])
def test_a_statistic_that_is_not_finite_is_named_with_its_step(log, name, played, over):
    play(log, d=[1], g=[1])
    log.end_interval(RATES)
    play(log, **played)
    if over:
        log.end_interval(RATES)
    with pytest.raises(Diverged) as caught:
        log.flush()
    assert (caught.value.name, caught.value.step) == (name, 2)
    told = rows(log.run)  # what led to it is kept, as JSON
    assert len(told) == 1 + over
    assert told[-1][name] == (None if over else 1.0)


def test_going_on_takes_up_the_counts_and_the_interval_that_is_not_over(log):
    log.seconds = 10.0  # a slow beginning
    for k in range(5):
        play(log, d=[k], g=[k])
        if k == 2:
            log.end_interval(RATES)
    log.flush()
    told = json.loads(json.dumps(log.state_dict()))
    pending = {name: rows.clone() for name, rows in log.pending_rows().items()}
    again = MetricsLog(log.run, log.names)
    again.load_state_dict(told, pending, torch.device("cpu"))
    assert not again.cut(told["offset"])
    for one in (log, again):
        before = list(files.lines(one.run.path / "metrics.jsonl"))
        play(one, d=[5], g=[9])
        one.end_interval(RATES)
        one.flush()
        last = list(files.lines(one.run.path / "metrics.jsonl"))[len(before) :]
        assert last[0].items() >= {"seq": 1, "step": 6, "d_loss": 4.0, "seconds": 13.0}.items()
        assert last[0]["images_per_second"] == 8.0
        one.cut(told["offset"])


def test_a_state_does_not_outlive_the_records_it_counts_on(log, monkeypatch):
    synced: list[object] = []
    monkeypatch.setattr(files, "sync", synced.append)
    play(log, d=[1])
    log.end_interval(RATES)
    log.flush()
    assert synced == []  # a record alone may be lost in a power cut
    log.state_dict()
    assert synced == [log.run.path / "metrics.jsonl"]


def test_what_comes_after_a_state_is_cut(log):
    play(log, d=[1])
    log.end_interval(RATES)
    log.flush()
    offset = log.state_dict()["offset"]
    play(log, d=[1])
    log.end_interval(RATES)
    log.flush()
    assert log.cut(offset)
    assert len(rows(log.run)) == 1
    assert not log.cut(offset)
    with (log.run.path / "metrics.jsonl").open("ab") as file:
        file.write(b'{"torn')
    assert log.cut(offset)


def test_a_run_without_a_log_has_nothing_to_cut(log):
    assert log.state_dict()["offset"] == 0
    assert not log.cut(0)
    assert not log.cut(100)
