"""The log: one record an interval, means over its updates, and a loss that is not finite found in time."""

from __future__ import annotations

import json
from concurrent.futures import Future

import pytest
import torch

from gan import files
from gan.journal import D_STATS, G_STATS, Diverged, Journal, Look
from gan.runs import Run
from gan.tail import COLUMNS
from tests.engine import rows


@pytest.fixture
def journal(tmp_path):
    return Journal(Run(tmp_path))


def play(journal, d=(), g=()):
    """A step with these losses of D and of G; the other statistics are tenths of them."""
    journal.d_rows += [torch.tensor([loss, *[loss / 10] * (len(D_STATS) - 1)]) for loss in d]
    journal.g_rows += [torch.tensor([loss, *[loss / 10] * (len(G_STATS) - 1)]) for loss in g]
    journal.step += 1
    journal.images += 4 * len(d)
    journal.seconds += 0.5


def test_a_record_sums_up_its_interval(journal):
    play(journal, d=[1, 2], g=[5])
    play(journal, d=[6], g=[7])
    journal.epoch = 0.25
    journal.end_interval(lr_d=0.1, lr_g=0.2)
    told = journal.flush()
    assert told == {
        "seq": 0, "step": 2, "epoch": 0.25, "images": 12, "seconds": 1.0, "images_per_second": 12.0,
        "lr_d": 0.1, "lr_g": 0.2,
        "d_loss": 3.0, "d_real": pytest.approx(0.3), "d_fake": pytest.approx(0.3),
        "grad_norm_d": pytest.approx(0.3), "d_accuracy": pytest.approx(0.3),
        "g_loss": 6.0, "grad_norm_g": pytest.approx(0.6),
    }  # fmt: skip
    assert set(told) == set(COLUMNS)
    (line,) = (journal.run.path / "metrics.jsonl").read_text().splitlines()
    assert json.loads(line) == told


def test_records_wait_for_one_flush_and_count_on(journal):
    for k in range(3):
        play(journal, d=[k], g=[k])
        journal.end_interval(0.1, 0.1)
    assert rows(journal.run) == []
    assert journal.flush()["seq"] == 2
    assert journal.flush() is None
    assert [(row["seq"], row["step"], row["d_loss"]) for row in rows(journal.run)] == [
        (0, 1, 0.0),
        (1, 2, 1.0),
        (2, 3, 2.0),
    ]


def test_what_came_before_a_checkup_that_failed_is_written(journal):
    sound: Look = Future()
    failed: Look = Future()
    sound.set_result({"samples": 128})
    failed.set_exception(OSError("no space"))
    for look in (None, sound, failed, None):
        play(journal, d=[1], g=[1])
        journal.end_interval(0.1, 0.1, look)
    with pytest.raises(OSError, match="no space"):
        journal.flush()
    assert [(row["seq"], row.get("samples")) for row in rows(journal.run)] == [(0, None), (1, 128)]


def test_a_player_that_made_no_update_has_nothing_to_tell(journal):
    play(journal, d=[1])
    journal.end_interval(0.1, 0.1)
    play(journal, g=[2])
    journal.end_interval(0.1, 0.1)
    play(journal)
    journal.end_interval(0.1, 0.1)
    journal.flush()
    told = [(row["d_loss"], row["grad_norm_d"] is None, row["g_loss"]) for row in rows(journal.run)]
    assert told == [(1.0, False, None), (None, True, 2.0), (None, True, None)]


@pytest.mark.parametrize(
    ("name", "played"),
    [("d_loss", {"d": [1, float("nan")]}), ("g_loss", {"d": [1], "g": [float("-inf")]})],
)
@pytest.mark.parametrize("over", [True, False])
def test_a_statistic_that_is_not_finite_is_named_with_its_step(journal, name, played, over):
    play(journal, d=[1], g=[1])
    journal.end_interval(0.1, 0.1)
    play(journal, **played)
    if over:
        journal.end_interval(0.1, 0.1)
    with pytest.raises(Diverged) as caught:
        journal.flush()
    assert (caught.value.name, caught.value.step) == (name, 2)
    told = rows(journal.run)  # what led to it is kept, as JSON
    assert len(told) == 1 + over
    assert told[-1][name] == (None if over else 1.0)


def test_going_on_takes_up_the_counts_and_the_interval_that_is_not_over(journal):
    journal.seconds = 10.0  # a slow beginning
    for k in range(5):
        play(journal, d=[k], g=[k])
        if k == 2:
            journal.end_interval(0.1, 0.1)
    journal.flush()
    told = json.loads(json.dumps(journal.told()))
    pending = {name: rows.clone() for name, rows in journal.pending().items()}
    again = Journal(journal.run)
    again.go_on(told, pending, torch.device("cpu"))
    assert not again.cut(told["offset"])
    for one in (journal, again):
        before = list(files.lines(one.run.path / "metrics.jsonl"))
        play(one, d=[5], g=[9])
        one.end_interval(0.1, 0.1)
        one.flush()
        last = list(files.lines(one.run.path / "metrics.jsonl"))[len(before) :]
        assert last[0].items() >= {"seq": 1, "step": 6, "d_loss": 4.0, "seconds": 13.0}.items()
        assert last[0]["images_per_second"] == 8.0
        one.cut(told["offset"])


def test_a_state_does_not_outlive_the_records_it_counts_on(journal, monkeypatch):
    synced: list[object] = []
    monkeypatch.setattr(files, "sync", synced.append)
    play(journal, d=[1])
    journal.end_interval(0.1, 0.1)
    journal.flush()
    assert synced == []  # a record alone may be lost in a power cut
    journal.told()
    assert synced == [journal.run.path / "metrics.jsonl"]


def test_what_comes_after_a_state_is_cut(journal):
    play(journal, d=[1])
    journal.end_interval(0.1, 0.1)
    journal.flush()
    offset = journal.told()["offset"]
    play(journal, d=[1])
    journal.end_interval(0.1, 0.1)
    journal.flush()
    assert journal.cut(offset)
    assert len(rows(journal.run)) == 1
    assert not journal.cut(offset)
    with (journal.run.path / "metrics.jsonl").open("ab") as file:
        file.write(b'{"torn')
    assert journal.cut(offset)


def test_a_run_without_a_log_has_nothing_to_cut(journal):
    assert journal.told()["offset"] == 0
    assert not journal.cut(0)
    assert not journal.cut(100)
