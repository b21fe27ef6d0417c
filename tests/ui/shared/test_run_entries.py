"""Runs as a list tells them: words for times and sizes, the end of a log, folders that are broken."""

import pytest

from gan import runs
from gan.config import RunConfig
from ui.report import details
from ui.shared import run_entries
from ui.shared.run_entries import Entry, Facts


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    return runs.create(RunConfig(dataset="mnist"), {"steps": 200}, title="One", run_id="one")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3, "just now"), (59.9, "just now"), (60, "1 min ago"), (7300, "2 h ago"), (90_000, "1 d ago")],
)
def test_a_time_as_people_say_it(seconds, text):
    assert run_entries.ago(1e9, 1e9 + seconds) == text


def test_an_old_time_is_a_date():
    assert run_entries.ago(1e9, 2e9).endswith(" 2001")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_a_duration_as_people_say_it(seconds, text):
    assert run_entries.lasted(seconds) == text


@pytest.mark.parametrize(("size", "text"), [(400, "0 kB"), (12_400, "12 kB"), (3.4e6, "3.4 MB"), (2e9, "2.0 GB")])
def test_a_size_as_people_say_it(size, text):
    assert run_entries.weight(size) == text


def test_how_far_a_run_is_comes_from_the_log_or_a_later_event(run):
    (run.path / "metrics.jsonl").write_text('{"step": 40, "epoch": 0.5, "seconds": 3}\n')
    run.record("stopped", step=50, seconds=4.0, epoch=0.6)
    facts = Facts.of(Entry.of(run))
    assert (facts.step, facts.epoch, facts.seconds, facts.done) == (50, 0.6, 4.0, 0.25)
    (run.path / "metrics.jsonl").write_text('{"step": 60, "epoch": 0.7, "seconds": 5}\n')
    assert Facts.of(Entry.of(run)).step == 60


def test_junk_in_the_files_harms_nothing(run):
    (run.path / "metrics.jsonl").write_text('{"step": "many", "seconds": null}\n')
    (run.path / "events.jsonl").write_text('{"generation": [], "seconds": "long"}\n[]\n{"ste')
    facts = Facts.of(Entry.of(run))
    assert (facts.step, facts.seconds, facts.created) == (0, 0.0, 0.0)


def test_rates_that_are_no_numbers_are_told_all_the_same():
    event = {"event": "lr", "lr_g": "fast", "lr_d": 1e-4}
    assert details.sentence(event) == "Learning rate of G: ?, Learning rate of D: 0.0001"


def test_history_says_what_a_run_began_with():
    begun = {"event": "started", "device": "cpu", "threads": 2}
    assert details.sentence(begun) == "started on CPU, 2 threads"
    how = {"precision": "bf16"}
    assert details.sentence(begun | how) == "started on CPU, 2 threads, in bfloat16"
    assert details.sentence({"event": "complaint", "text": "No CUDA graphs"}) == "No CUDA graphs"


def test_a_finished_run_without_state_came_along(run):
    run.record("finished", step=200)
    assert Facts.of(Entry.of(run)).shipped
    run.state(200).write_bytes(b"")
    assert not Facts.of(Entry.of(run)).shipped


def test_the_stamp_changes_with_what_is_done_not_with_training(run):
    seen = {run_entries.stamp()}
    (run.path / "metrics.jsonl").write_text('{"step": 1}\n')
    run.picture("fixed", 0).write_bytes(b"")
    assert seen == {run_entries.stamp()}
    for change in (
        lambda: run.record("paused"),
        lambda: run.write_control(title="Two"),
        lambda: runs.create(RunConfig(dataset="mnist"), {"steps": 1}, run_id="two"),
        run.delete,
    ):
        change()
        assert run_entries.stamp() not in seen
        seen.add(run_entries.stamp())


def test_search_finds_all_words_anywhere(run):
    entry = Entry.of(run)
    assert entry.says(["one", "lean", "mnist", "stopped"])
    assert entry.says([])
    assert not entry.says(["one", "nowhere"])


def test_the_disk_is_told_by_purpose(run):
    for name, size in (
        ("weights.safetensors", 10),
        ("snapshots/5.safetensors", 20),
        ("state-5.safetensors", 400),
        ("samples/fixed/5.webp", 3),
    ):
        (run.path / name).write_bytes(b"x" * size)
    sizes = run_entries.sizes(run)
    assert (sizes["generators"], sizes["to go on from"], sizes["pictures"]) == (30, 400, 3)
    assert sum(sizes.values()) == sum(p.stat().st_size for p in run.path.rglob("*") if p.is_file())
