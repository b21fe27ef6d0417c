"""The tail of a log: reading it bit by bit is reading it whole, and a browser gets JSON of bounded length."""

from __future__ import annotations

import json
import threading
from array import array

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan import files, tail
from gan.runs import Run
from gan.tail import COLUMNS, LISTS, SCORES, Tail, newest


def record(seq, **more):
    return {"seq": seq, "step": 10 * seq, "d_loss": 1 / (seq + 1), "g_loss": None, **more}


def text_of(records):
    return "".join(files.dump(r) + "\n" for r in records).encode()


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def whole(run):
    return Tail(run).series()


ROWS = st.lists(
    st.floats(width=32) | st.none() | st.integers(-(10**400), 10**400), min_size=1, max_size=20
)
JUNK = st.sampled_from(
    [b"", b"\n", b'{"seq": 1', b"7\n", b"[]\n", b"{}\n", b'{"seq": "x"}\n', b"\xff\n"]
)


@settings(max_examples=60)
@given(ROWS, st.data())
def test_reading_bit_by_bit_is_reading_whole(tmp_path_factory, losses, data):
    run = Run(tmp_path_factory.mktemp("run"))
    path = run.path / "metrics.jsonl"
    text = text_of([record(k, d_loss=loss) for k, loss in enumerate(losses)])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    path.write_bytes(b"")
    tail, got, after = Tail(run), [], -1
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        with path.open("ab") as file:
            file.write(text[start:end])
        told = tail.series(after)
        got += told["columns"].get("seq", [])
        after = told["seq"]
    assert tail.series() == whole(run)
    assert got == list(range(len(losses)))


@settings(max_examples=40)
@given(st.lists(st.tuples(JUNK, st.integers(0, 3)), max_size=8))
def test_junk_between_records_is_passed_over(tmp_path_factory, parts):
    run, seq, text = Run(tmp_path_factory.mktemp("run")), 0, b""
    for junk, count in parts:
        text += junk if junk.endswith(b"\n") or not junk else junk + b"\n"
        text += text_of([record(seq + k) for k in range(count)])
        seq += count
    (run.path / "metrics.jsonl").write_bytes(text)
    told = whole(run)
    assert told["columns"].get("seq", []) == list(range(seq))
    assert len({len(column) for column in told["columns"].values()}) <= 1


def test_a_run_without_a_log_has_nothing_to_tell(run):
    told = Tail(run).series()
    assert told.pop("checks").keys() == {"seq", "step", "samples", *LISTS}
    assert told == {"generation": 0, "seq": -1, "columns": {}, "events": []}
    assert Tail(run).series(after=5)["columns"] == {}
    assert Tail(run).last() == {}


def test_columns_are_equally_long_also_when_a_score_comes_late(run):
    files.append(run.path / "metrics.jsonl", [record(0), record(1, classes=9.0), record(2)])
    columns = whole(run)["columns"]
    assert list(columns)[: len(COLUMNS)] == list(COLUMNS)
    assert columns["classes"] == [None, 9, None]
    assert {len(column) for column in columns.values()} == {3}


def test_an_unchanged_log_is_not_read_again(run, monkeypatch):
    files.append(run.path / "metrics.jsonl", [record(0)])
    files.append(run.path / "events.jsonl", [{"event": "created"}])
    tail = Tail(run)
    first = tail.series()
    monkeypatch.setattr(type(run.path), "open", None)
    monkeypatch.setattr(type(run.path), "read_bytes", None)
    assert tail.series() == first


def test_only_what_is_new_is_answered(run):
    tail = Tail(run)
    files.append(run.path / "metrics.jsonl", [record(k) for k in range(5)])
    assert tail.series(after=2)["columns"]["seq"] == [3, 4]
    assert tail.series(after=4)["columns"]["seq"] == []
    assert tail.series(after=4)["seq"] == 4
    assert tail.series(after=-1)["columns"]["seq"] == [0, 1, 2, 3, 4]
    assert tail.last()["step"] == 40


def test_a_log_that_a_resume_cut_is_read_anew(run):
    path, tail = run.path / "metrics.jsonl", Tail(run)
    files.append(path, [record(k) for k in range(6)])
    assert tail.series()["seq"] == 5
    path.write_bytes(text_of([record(k) for k in range(3)]))
    files.append(run.path / "events.jsonl", [{"event": "resumed", "generation": 1}])
    files.append(path, [record(3, d_loss=7)])
    told = tail.series()
    assert told["generation"] == 1
    assert told["columns"]["seq"] == [0, 1, 2, 3]
    assert told["columns"]["d_loss"][3] == 7
    assert told == whole(run)


def test_a_cut_is_seen_also_when_the_log_is_long_again(run):
    """As long as before: only the generation tells."""
    path, tail = run.path / "metrics.jsonl", Tail(run)
    files.append(path, [record(k, d_loss=1) for k in range(4)])
    tail.series()
    path.write_bytes(text_of([record(k, d_loss=2) for k in range(4)]))
    files.append(run.path / "events.jsonl", [{"event": "resumed", "generation": 1}])
    assert tail.series()["columns"]["d_loss"] == [2, 2, 2, 2]


def test_a_log_that_vanished_is_an_empty_one(run):
    path, tail = run.path / "metrics.jsonl", Tail(run)
    files.append(path, [record(0)])
    assert tail.series()["seq"] == 0
    path.unlink()
    assert tail.series()["seq"] == -1


def test_a_long_log_is_thinned_to_a_thousand_rows_with_its_extremes(run):
    rng = np.random.default_rng(0)
    losses = rng.normal(size=12_345)
    losses[7_777], losses[3_333] = 50, -50
    (run.path / "metrics.jsonl").write_bytes(
        text_of([record(k, d_loss=float(loss)) for k, loss in enumerate(losses)])
    )
    columns = whole(run)["columns"]
    assert {len(column) for column in columns.values()} == {999}
    assert max(columns["d_loss"]) == 50
    assert min(columns["d_loss"]) == -50
    assert columns["seq"] == sorted(columns["seq"])
    assert columns["seq"][-1] == 12_344
    after = Tail(run).series(after=12_000)["columns"]
    assert after["seq"] == list(range(12_001, 12_345))


def test_the_answer_is_json_for_a_browser(run):
    odd = record(0, d_loss=float("nan"), extra=10**400, word="no number", yes=True)
    (run.path / "metrics.jsonl").write_text(json.dumps(odd) + "\n")
    text = json.dumps(whole(run), allow_nan=False)
    columns = json.loads(text)["columns"]
    assert (columns["d_loss"], columns["extra"], columns["word"]) == ([None], [None], [None])
    assert columns["step"] == [0]
    assert "0.0" not in text


def test_many_threads_read_one_tail(run):
    path, tail = run.path / "metrics.jsonl", Tail(run)
    path.write_bytes(b"")
    odd: list[object] = []
    done = threading.Event()

    def look():
        try:
            while not done.is_set():
                columns = tail.series()["columns"]
                if columns and columns["seq"] != list(range(len(columns["seq"]))):
                    odd.append(columns["seq"])
        except Exception as error:
            odd.append(error)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for k in range(300):
        files.append(path, [record(k)])
    done.set()
    for thread in threads:
        thread.join()
    assert odd == []
    assert tail.series()["seq"] == 299


def test_how_far_a_run_is_the_later_of_record_and_event_tells(run):
    assert newest(run) == {}
    files.append(run.path / "events.jsonl", [{"event": "created", "step": 0}])
    assert newest(run)["event"] == "created"
    files.append(run.path / "metrics.jsonl", [record(k) for k in range(1000)])
    assert newest(run)["step"] == 9990
    files.append(run.path / "events.jsonl", [{"event": "finished", "step": 9995}])
    assert newest(run)["step"] == 9995
    with (run.path / "metrics.jsonl").open("ab") as file:
        file.write(text_of([record(2000)]) + b'7\n[]\n\xff\n{"torn')
    assert newest(run)["step"] == 20_000


def test_a_long_log_costs_no_more_a_record_than_a_short_one(run, monkeypatch):
    made = []

    def counted(kind, values):
        made.append(kind)
        return array(kind, values)

    monkeypatch.setattr(tail, "array", counted)
    (run.path / "metrics.jsonl").write_bytes(text_of([record(k) for k in range(50)]))
    Tail(run).last()
    assert len(made) == len({*COLUMNS, *SCORES})
