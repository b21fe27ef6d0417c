"""The run folder: making, reading and removing it, its lock, its status, and thinning what it keeps."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gan
from gan import files, runs
from gan.config import RunConfig
from gan.runs import Busy, Run, RunError
from gan.runs.lock import LockCache

BUDGET = {"steps": 10}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return runs.create(RunConfig(), BUDGET, title="One", run_id="one", home=tmp_path)


# -- making and finding ----------------------------------------------------------------------------


def test_a_new_run_says_what_it_is(run):
    assert run.config() == RunConfig()
    assert run.control().budget == BUDGET
    assert run.control().title == "One"
    assert run.control().want == "run"
    assert run.created() == pytest.approx(time.time(), abs=60)
    assert [event["event"] for event in run.events()] == ["created"]
    assert runs.find("one", run.path.parent) == run


@pytest.mark.parametrize("name", ["", "-a", "A", "a_b", "a/b", "../a", ".", "a" * 65, "a\n", "ä", "a.b", " a"])
def test_an_odd_id_is_refused(tmp_path, name):
    assert not runs.ID.match(name)
    with pytest.raises(RunError, match=r"is not a run id"):
        runs.find(name, tmp_path)
    if name:
        with pytest.raises(RunError, match=r"is not a run id"):
            runs.create(RunConfig(), BUDGET, run_id=name, home=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_id_is_taken_once(run):
    with pytest.raises(RunError, match=r"'one' is there already"):
        runs.create(RunConfig(), BUDGET, run_id="one", home=run.path.parent)
    assert run.config() == RunConfig()


def test_ids_are_made_from_preset_or_model_and_data_and_count_up(tmp_path):
    made = [runs.create(RunConfig(), BUDGET, home=tmp_path).id for _ in range(2)]
    assert made == ["lean-dcgan-strokes-1", "lean-dcgan-strokes-2"]
    odd = runs.create(RunConfig(), BUDGET, preset="My_Best.Preset" * 9, home=tmp_path)
    assert runs.ID.match(odd.id)
    assert odd.id.startswith("my-best-preset")


def test_half_a_run_does_not_hold_its_name(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "append", full)
        with pytest.raises(RunError, match=r"cannot be written: No space left"):
            runs.create(RunConfig(), BUDGET, run_id="one", home=tmp_path)
    assert list(tmp_path.iterdir()) == []
    runs.create(RunConfig(), BUDGET, run_id="one", home=tmp_path)


def test_a_home_that_is_a_file_is_said(tmp_path):
    (tmp_path / "home").write_text("")
    with pytest.raises(RunError, match=r"is a file, and runs need a folder"):
        runs.create(RunConfig(), BUDGET, home=tmp_path / "home")


def test_runs_come_newest_first_and_odd_folders_are_passed_over(run, monkeypatch):
    home = run.path.parent
    for name in ("Odd", ".deleted-x", "no-config"):
        (home / name).mkdir()
    (home / "Odd" / "config.json").write_text("{}")
    (home / "a-file").write_text("")
    two = runs.create(RunConfig(), BUDGET, run_id="two", home=home)
    assert runs.runs(home) == [two, run]
    assert runs.runs(home / "nowhere") == []
    monkeypatch.setenv("GAN_RUNS", str(home))
    assert runs.find("two") == two


@pytest.mark.parametrize("broken", ["events.jsonl", "control.json", "metrics.jsonl", "config.json"])
def test_a_file_that_cannot_be_read_breaks_only_its_own_run(run, broken):
    """A folder in place of the file cannot be read by anybody, not even by root."""
    two = runs.create(RunConfig(), BUDGET, run_id="two", home=run.path.parent)
    (run.path / broken).unlink(missing_ok=True)
    (run.path / broken).mkdir()
    assert two in runs.runs(run.path.parent)
    assert runs.folder_status(run) == "stopped"
    assert run.control().want == "run"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ("\xff", "cannot be read"),
        ("[" * 200_000, "cannot be read"),
        ('{"lr_g": "fast"}', "lr_g: 'fast' is not a number; allowed: 1e-06 to 1."),
        ('{"batch": 0, "colour": 1}', "colour: no such setting; there are dataset, model"),
    ],
)
def test_settings_that_do_not_hold_are_said(run, text, said):
    (run.path / "config.json").write_text(text, encoding="latin-1")
    with pytest.raises(RunError) as caught:
        run.config()
    assert str(caught.value).startswith("The settings of run 'one' cannot be read:")
    assert said in str(caught.value)


# -- lock, status, delete --------------------------------------------------------------------------


def test_one_trainer_a_run(run):
    with run.locked():
        with pytest.raises(Busy, match=r"'one' is being trained by another trainer"):
            run.locked(timeout=0).__enter__()
        with pytest.raises(Busy):
            run.delete()
    with run.locked(timeout=0):
        pass


def test_a_run_that_is_gone_is_not_made_by_locking_it(run):
    run.delete()
    with pytest.raises(RunError, match=r"There is no run 'one'"):
        run.locked().__enter__()
    with pytest.raises(RunError, match=r"There is no run 'one'"):
        run.delete()
    assert list(run.path.parent.iterdir()) == []


def test_a_lock_that_cannot_be_made_is_said(run):
    (run.path / "lock").mkdir()
    with pytest.raises(RunError, match=r"cannot be locked"):
        run.locked().__enter__()
    assert runs.folder_status(run) == "stopped"


def test_a_delete_that_fails_keeps_the_run(run, monkeypatch):
    def refuse(*_):
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(RunError, match=r"cannot be removed: Permission denied"):
        run.delete()
    assert run.config() == RunConfig()


STATUSES = [
    ({}, "stopped"),
    ({"held": True}, "training"),
    ({"held": True, "want": "pause"}, "paused"),
    ({"held": True, "want": "stop"}, "training"),  # still saving
    ({"held": True, "error": "Boom."}, "training"),
    ({"want": "pause"}, "stopped"),  # a killed trainer cannot leave a run that claims to live
    ({"error": "Boom."}, "failed"),
    ({"error": "Boom.", "step": 10}, "failed"),
    ({"step": 9}, "stopped"),
    ({"step": 10}, "finished"),
    ({"step": 10, "budget": {"steps": 20}}, "stopped"),
    ({"step": 10, "budget": {}}, "finished"),  # the last good budget holds
    ({"epoch": 1 / 3, "budget": {"epochs": 1 / 3}}, "finished"),
    ({"seconds": 4.9, "budget": {"seconds": 5}}, "stopped"),
    ({"seconds": 5.0, "budget": {"seconds": 5}}, "finished"),
]


@pytest.mark.parametrize(("given_", "expected"), STATUSES)
def test_status_is_derived(run, given_, expected):
    run.write_control(**{key: given_[key] for key in ("want", "budget") if key in given_})
    run.record("stopped", **{key: given_.get(key, 0) for key in ("step", "seconds", "epoch")})
    (run.path / "error.txt").write_text(given_.get("error", ""))
    assert runs.folder_status(run, held=given_.get("held", False)) == expected


def test_the_cache_sees_a_lock_and_looks_at_most_once_in_its_interval(run):
    locks = LockCache(every=60)
    with run.locked():
        assert locks.held(run.path)
    assert locks.held(run.path)  # still what it saw
    locks.forget(run.path)
    assert not locks.held(run.path)
    with run.locked():
        assert not locks.held(run.path)
        assert LockCache().held(run.path)


def test_looking_never_keeps_a_trainer_out(run):
    locks = LockCache(every=0)
    with run.locked():
        pass
    for _ in range(200):
        locks.held(run.path)
        with run.locked(timeout=0.5):
            assert locks.held(run.path)


# -- log -------------------------------------------------------------------------------------------


def test_going_back_forgets_events_and_raises_the_generation(run):
    for step in (0, 5, 9):
        run.record("lr", step=step)
    assert run.rewind(9, cut=False) == 0
    assert len(run.events()) == 4
    assert run.rewind(5, cut=False) == 1  # an event was taken back
    run.record("resumed", step=5, generation=1)
    assert [event["step"] for event in run.events()] == [0, 0, 5, 5]
    assert run.rewind(5, cut=True) == 2  # records were
    assert run.rewind(5, cut=False) == 0


def test_an_error_that_is_no_text_is_an_error(run):
    (run.path / "error.txt").write_bytes(b"Boom \xff.")
    assert run.error().startswith("Boom ")
    assert runs.folder_status(run) == "failed"


def test_going_back_drops_a_torn_last_line(run):
    run.record("lr")
    before = run.events()
    with (run.path / "events.jsonl").open("ab") as file:
        file.write(b'{"event": "sto')
    run.rewind(0, cut=False)
    run.record("resumed")
    assert [event["event"] for event in run.events()] == ["created", "lr", "resumed"]
    assert run.events()[:-1] == before


def test_what_a_killed_trainer_left_half_written_goes(run):
    mine = [
        ".state-7.safetensors.a.tmp",
        ".weights.safetensors.a.tmp",
        ".events.jsonl.a.tmp",
        "snapshots/.7.safetensors.a.tmp",
        "samples/.real.webp.a.tmp",
        "samples/fixed/.7.webp.a.tmp",
    ]
    for name in [*mine, ".control.json.a.tmp"]:
        (run.path / name).write_bytes(b"")
    kept = {path for path in run.path.rglob("*") if not path.name.endswith(".tmp")}
    run.sweep()
    assert set(run.path.rglob("*")) == kept | {run.path / ".control.json.a.tmp"}  # not the trainer's


# -- around it ------------------------------------------------------------------------------------


@given(st.sampled_from(["steps", "epochs", "seconds"]), st.floats(0.001, 1e6), st.floats(0, 1e6))
def test_a_budget_is_spent_when_it_is_used_up(unit, total, used):
    told = {"steps": 0, "epochs": 0.0, "seconds": 0.0, unit: used}
    assert runs.spent({unit: total}, *told.values()) == used / total
    assert runs.spent({}, *told.values()) == 0.0


def test_importing_needs_no_root_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("GAN_RUNS", raising=False)
    assert runs.root() == Path("checkpoints")
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    assert runs.root() == tmp_path


def test_the_files_are_plain_json(run):
    for name in ("config.json", "control.json"):
        assert isinstance(json.loads((run.path / name).read_text()), dict)
    assert os.access(run.path / "events.jsonl", os.R_OK)


@pytest.mark.parametrize(
    "junk",
    [
        '{"step": null}',
        '{"event": "paused", "step": null}',
        '{"event": "paused", "time": "noon"}',
        '{"event": "paused", "generation": 1e999}',
        '{"event": "paused", "step": NaN}',
        '{"event": "paused", "time": 1' + "0" * 400 + "}",
        "[" * 200_000,
        '{"event": 3}',
        "[]",
    ],
)
def test_a_line_that_tells_no_event_breaks_nothing(tmp_path, junk):
    run = runs.create(RunConfig(), {"steps": 5}, run_id="odd", home=tmp_path)
    with (run.path / "events.jsonl").open("a") as file:
        file.write(junk + "\n")
    run.record("finished", step=5)
    assert [e["event"] for e in run.events()] == ["created", "finished"]
    assert [found.id for found in runs.runs(tmp_path)] == ["odd"]
    assert runs.folder_status(run, held=False) == "finished"


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        ({"config": "0.9.1"}, "Version 0.9.1 wrote it: open it with that"),
        ({"event": "2.0"}, "Version 2.0 wrote it: open it with that"),
        ({"config": "<b>", "event": gan.__version__}, "Open it with a later version"),
    ],
)
def test_a_run_of_a_later_format_says_which_version_reads_it(versions, told, run):
    settings = files.load((run.path / "config.json").read_text())
    more = {"version": versions["config"]} if "config" in versions else {}
    (run.path / "config.json").write_text(json.dumps({**settings, "format": 3, **more}))
    events = [{**event, "version": versions.get("event", gan.__version__)} for event in run.events()]
    (run.path / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    with pytest.raises(RunError, match=rf"format 3, .* Forger, {gan.__version__}, reads up to 2\. {told}"):
        run.config()


def test_a_run_too_long_or_on_a_full_disk_is_not_made(tmp_path, monkeypatch):
    with pytest.raises(RunError, match=r"at most 10,000,000 steps"):
        runs.create(RunConfig(), {"steps": 10_000_001}, run_id="long", home=tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=100 << 20))
    with pytest.raises(RunError, match=r"100 MB left"):
        runs.create(RunConfig(), {"steps": 5}, run_id="full", home=tmp_path)
    assert list(tmp_path.iterdir()) == []
