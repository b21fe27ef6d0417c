"""The reader of a log: reading it bit by bit is reading it whole, and a browser gets JSON of bounded length."""

from __future__ import annotations

import json
import threading
from array import array

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan import files
from gan.runs import Run, log_reader
from gan.runs.log_reader import COLUMNS, LISTS, SCORES, LogReader, newest


def record(seq, **more):
    return {"seq": seq, "step": 10 * seq, "d_loss": 1 / (seq + 1), "g_loss": None, **more}


def text_of(records):
    return "".join(files.dump(r) + "\n" for r in records).encode()


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def whole(run):
    return LogReader(run).series()


ROWS = st.lists(st.floats(width=32) | st.none() | st.integers(-(10**400), 10**400), min_size=1, max_size=20)
JUNK = st.sampled_from([b"", b"\n", b'{"seq": 1', b"7\n", b"[]\n", b"{}\n", b'{"seq": "x"}\n', b"\xff\n"])


@settings(max_examples=60)
@given(ROWS, st.data())
def test_reading_bit_by_bit_is_reading_whole(tmp_path_factory, losses, data):
    run = Run(tmp_path_factory.mktemp("run"))
    path = run.path / "metrics.jsonl"
    text = text_of([record(k, d_loss=loss) for k, loss in enumerate(losses)])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    path.write_bytes(b"")
    log_reader, got, after = LogReader(run), [], -1
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        with path.open("ab") as file:
            file.write(text[start:end])
        told = log_reader.series(after)
        got += told["columns"].get("seq", [])
        after = told["seq"]
    assert log_reader.series() == whole(run)
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
    told = LogReader(run).series()
    assert told.pop("checks").keys() == {"seq", "step", "samples", *LISTS}
    assert told == {"generation": 0, "seq": -1, "columns": {}, "events": []}
    assert LogReader(run).series(after=5)["columns"] == {}
    assert LogReader(run).last() == {}


def test_columns_are_equally_long_also_when_a_score_comes_late(run):
    files.append(run.path / "metrics.jsonl", [record(0), record(1, classes=9.0), record(2)])
    columns = whole(run)["columns"]
    assert list(columns)[: len(COLUMNS)] == list(COLUMNS)
    assert columns["classes"] == [None, 9, None]
    assert {len(column) for column in columns.values()} == {3}


def test_an_unchanged_log_is_not_read_again(run, monkeypatch):
    files.append(run.path / "metrics.jsonl", [record(0)])
    files.append(run.path / "events.jsonl", [{"event": "created"}])
    log_reader = LogReader(run)
    first = log_reader.series()
    monkeypatch.setattr(type(run.path), "open", None)
    monkeypatch.setattr(type(run.path), "read_bytes", None)
    assert log_reader.series() == first


def test_only_what_is_new_is_answered(run):
    log_reader = LogReader(run)
    files.append(run.path / "metrics.jsonl", [record(k) for k in range(5)])
    assert log_reader.series(after=2)["columns"]["seq"] == [3, 4]
    assert log_reader.series(after=4)["columns"]["seq"] == []
    assert log_reader.series(after=4)["seq"] == 4
    assert log_reader.series(after=-1)["columns"]["seq"] == [0, 1, 2, 3, 4]
    assert log_reader.last()["step"] == 40


def test_a_log_that_a_resume_cut_is_read_anew(run):
    path, log_reader = run.path / "metrics.jsonl", LogReader(run)
    files.append(path, [record(k) for k in range(6)])
    assert log_reader.series()["seq"] == 5
    path.write_bytes(text_of([record(k) for k in range(3)]))
    files.append(run.path / "events.jsonl", [{"event": "resumed", "generation": 1}])
    files.append(path, [record(3, d_loss=7)])
    told = log_reader.series()
    assert told["generation"] == 1
    assert told["columns"]["seq"] == [0, 1, 2, 3]
    assert told["columns"]["d_loss"][3] == 7
    assert told == whole(run)


def test_a_cut_is_seen_also_when_the_log_is_long_again(run):
    """As long as before: only the generation tells."""
    path, log_reader = run.path / "metrics.jsonl", LogReader(run)
    files.append(path, [record(k, d_loss=1) for k in range(4)])
    log_reader.series()
    path.write_bytes(text_of([record(k, d_loss=2) for k in range(4)]))
    files.append(run.path / "events.jsonl", [{"event": "resumed", "generation": 1}])
    assert log_reader.series()["columns"]["d_loss"] == [2, 2, 2, 2]


def test_a_log_that_vanished_is_an_empty_one(run):
    path, log_reader = run.path / "metrics.jsonl", LogReader(run)
    files.append(path, [record(0)])
    assert log_reader.series()["seq"] == 0
    path.unlink()
    assert log_reader.series()["seq"] == -1


def test_a_long_log_is_thinned_to_a_thousand_rows_with_its_extremes(run):
    rng = np.random.default_rng(0)
    losses = rng.normal(size=12_345)
    losses[7_777], losses[3_333] = 50, -50
    (run.path / "metrics.jsonl").write_bytes(text_of([record(k, d_loss=float(loss)) for k, loss in enumerate(losses)]))
    columns = whole(run)["columns"]
    assert {len(column) for column in columns.values()} == {999}
    assert max(columns["d_loss"]) == 50
    assert min(columns["d_loss"]) == -50
    assert columns["seq"] == sorted(columns["seq"])
    assert columns["seq"][-1] == 12_344
    after = LogReader(run).series(after=12_000)["columns"]
    assert after["seq"] == list(range(12_001, 12_345))


def test_the_answer_is_json_for_a_browser(run):
    odd = record(0, d_loss=float("nan"), extra=10**400, word="no number", yes=True)
    (run.path / "metrics.jsonl").write_text(json.dumps(odd) + "\n")
    text = json.dumps(whole(run), allow_nan=False)
    columns = json.loads(text)["columns"]
    assert (columns["d_loss"], columns["extra"], columns["word"]) == ([None], [None], [None])
    assert columns["step"] == [0]
    assert "0.0" not in text


def test_many_threads_read_one_reader(run):
    path, log_reader = run.path / "metrics.jsonl", LogReader(run)
    path.write_bytes(b"")
    odd: list[object] = []
    done = threading.Event()

    def look():
        try:
            while not done.is_set():
                columns = log_reader.series()["columns"]
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
    assert log_reader.series()["seq"] == 299


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

    monkeypatch.setattr(log_reader, "array", counted)
    (run.path / "metrics.jsonl").write_bytes(text_of([record(k) for k in range(50)]))
    LogReader(run).last()
    assert len(made) == len({*COLUMNS, *SCORES, *record(0)})


def test_a_log_without_end_takes_bounded_memory_and_keeps_its_extremes(run, monkeypatch):
    monkeypatch.setattr(log_reader, "KEPT_ROWS", 400)
    monkeypatch.setattr(log_reader, "KEPT_NEWEST", 100)
    monkeypatch.setattr(log_reader, "KEPT_CHECKS", 20)
    path, reader = run.path / "metrics.jsonl", LogReader(run)
    for start in range(0, 3000, 300):
        more = [record(k, d_loss=50.0 if k == 777 else 1.0, shares=[0.5, 0.5]) for k in range(start, start + 300)]
        files.append(path, more)
        assert reader.last()["seq"] == start + 299
    columns = reader.columns()
    assert {len(values) for values in columns.values()} == {len(columns["seq"])}
    assert len(columns["seq"]) <= 700
    assert columns["d_loss"].max() == 50
    assert (np.diff(columns["seq"]) >= 0).all()
    assert columns["seq"][-100:].tolist() == [*range(2900, 3000)], "the newest as they are"
    assert len(reader.checks()) <= 320
    assert reader.checks()[-1]["seq"] == 2999


def test_of_a_very_long_log_pieces_are_read_and_its_end(run, monkeypatch):
    monkeypatch.setattr(log_reader, "SAMPLED_FROM", 100_000)
    monkeypatch.setattr(log_reader, "SAMPLED_BYTES", 40_000)
    monkeypatch.setattr(log_reader, "SAMPLE_BYTES", 2_000)
    path, parsed = run.path / "metrics.jsonl", []
    path.write_bytes(text_of([record(k) for k in range(3000)]) + b'{"torn')
    real = log_reader._parsed

    def counted(line):
        parsed.append(line)
        return real(line)

    monkeypatch.setattr(log_reader, "_parsed", counted)
    reader = LogReader(run)
    seqs = reader.columns()["seq"]
    assert len(parsed) < 800
    assert (np.diff(seqs) > 0).all()
    assert seqs[0] == 0
    assert seqs[-1] == 2999
    assert np.diff(seqs).max() < 200, "evenly"
    path.write_bytes(path.read_bytes().removesuffix(b'{"torn') + text_of([record(3000)]))
    assert reader.last()["seq"] == 3000, "and goes on from there"


@pytest.mark.parametrize("junk", [b"\0" * (3 << 20), b"x" * (2 << 20) + b"\n", b"[" * 100_000 + b"\n"])
def test_what_is_no_line_is_passed_over_once(run, junk):
    path, reader = run.path / "metrics.jsonl", LogReader(run)
    path.write_bytes(text_of([record(0)]) + junk + b"\n" + text_of([record(1)]))
    assert reader.columns()["seq"].tolist() == [0, 1]
