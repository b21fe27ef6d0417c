"""What a page may change: each command acts on the folder, or says in a sentence why not."""

from __future__ import annotations

import shutil
import sys
import time
import types
from pathlib import Path
from typing import Any

import pytest

from gan import datasets, files, registry, runs
from gan.cli import main as cli
from gan.config import ConfigError, RunConfig
from gan.hosting import jobs
from gan.hosting import trainers as hosting_trainers
from gan.runs import Run, RunError
from gan.training import branch as branching
from tests.pages.conftest import FakeTrainers
from ui.shared import commands, compatibility
from ui.shared.access import NotAllowed


@pytest.fixture
def fake(monkeypatch, tmp_path):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("GAN_DATA", str(tmp_path / "data"))
    trainers = FakeTrainers()
    monkeypatch.setattr(hosting_trainers, "trainers", lambda: trainers)
    return trainers


@pytest.fixture
def run(fake):
    return runs.create(RunConfig(dataset="mnist"), {"steps": 10}, run_id="mine", title="Mine")


def active(fake, run, status="training"):
    fake.alive[run.id] = status
    return run


def test_start_makes_a_run_and_trains_it(fake, monkeypatch):
    monkeypatch.setattr(registry, "missing", lambda card, root: [])
    monkeypatch.setattr(
        hosting_trainers, "new_run", lambda c, b, title, preset: runs.create(c, b, title, "new", preset)
    )
    run = commands.start(RunConfig(dataset="mnist"), {"epochs": 2}, " A title ", "lean")
    assert fake.started == ["new"]
    assert (run.control().title, run.control().budget) == ("A title", {"epochs": 2})


def test_a_branch_is_made_and_trained(fake, run, monkeypatch):
    monkeypatch.setattr(registry, "missing", lambda card, root: [])
    asked: list[tuple[Any, ...]] = []

    def branch(*given: Any) -> Run:
        asked.append(given)
        return runs.create(run.config(), {"steps": 20}, run_id="new")

    monkeypatch.setattr(branching, "branch", branch)
    made = commands.branch(run, 7, {"steps": 20}, {"lr_g": 0.001}, fresh_d=True)
    assert asked == [(run, 7, {"steps": 20}, {"lr_g": 0.001}, True)]
    assert fake.started == [made.id] == ["new"]


def test_a_branch_trains_in_turns_with_its_twin_or_neither_is_made(fake, run, monkeypatch):
    monkeypatch.setattr(registry, "missing", lambda card, root: [])

    def branch(*given: Any) -> Run:
        if given[3:] == ({"lr_g": -1.0}, False):
            raise RunError("No such rate.")
        return runs.create(run.config(), {"steps": 20}, run_id="new" if given[3:] else "twin")

    monkeypatch.setattr(branching, "branch", branch)
    with pytest.raises(RunError, match="No such rate"):
        commands.branch_with_twin(run, 7, {"steps": 20}, {"lr_g": -1.0})
    assert not (run.path.parent / "twin").exists()
    twin, made = commands.branch_with_twin(run, 7, {"steps": 20}, {"lr_g": 0.001})
    assert fake.started == [twin.id, made.id] == ["twin", "new"]


def test_a_branch_that_cannot_be_says_so(fake, run, monkeypatch):
    with pytest.raises(RunError, match="not here yet"):
        commands.branch(run, 0, {"steps": 20})
    monkeypatch.setattr(registry, "missing", lambda card, root: [])
    with pytest.raises(ConfigError, match="budget"):
        commands.branch(run, 0, {})
    with pytest.raises(RunError, match="kept nothing of step 0"):
        commands.branch(run, 0, {"steps": 20})
    monkeypatch.setenv("FORGER_PIN", "1234")
    with pytest.raises(NotAllowed):
        commands.branch(run, 0, {"steps": 20})
    assert not fake.started


def test_start_refuses_data_that_is_not_here(fake, monkeypatch):
    monkeypatch.setattr(registry, "missing", lambda card, root: ["a file"])
    with pytest.raises(RunError, match="not here yet"):
        commands.start(RunConfig(dataset="mnist"), {"steps": 5})
    assert not fake.started


def test_start_tells_that_torch_is_broken(fake, monkeypatch):
    monkeypatch.setattr(registry, "missing", lambda card, root: [])

    def broken(*args, **kwargs):
        raise ImportError("libgomp.so.1 is not there")

    monkeypatch.setattr(hosting_trainers, "new_run", broken)
    with pytest.raises(RunError, match="libgomp"):
        commands.start(RunConfig(dataset="mnist"), {"steps": 5})


@pytest.mark.parametrize(
    "budget",
    [
        {},
        {"steps": 0},
        {"steps": -1},
        {"years": 1},
        {"steps": 1, "epochs": 1},
        {"seconds": float("inf")},
        {"epochs": float("nan")},
    ],
)
def test_a_budget_is_one_number_above_zero(fake, run, budget):
    for command in (lambda: commands.start(run.config(), budget), lambda: commands.raise_budget(run, budget)):
        with pytest.raises(ConfigError, match=r"budget: one of steps, epochs, seconds"):
            command()
    assert run.control().budget == {"steps": 10}


def test_pause_resume_stop(fake, run):
    active(fake, run)
    assert commands.pause(run).control().want == "pause"
    assert commands.resume(run).control().want == "run"
    assert commands.stop(run).control().want == "stop"
    assert not fake.started


def test_a_stopped_run_is_taken_up_again(fake, run):
    run.write_control(want="stop")
    commands.resume(run)
    assert fake.started == ["mine"]
    assert run.control().want == "run"


def test_a_finished_run_needs_a_larger_budget(fake, run):
    run.record("finished", step=10)
    with pytest.raises(RunError, match="budget"):
        commands.resume(run)
    with pytest.raises(RunError, match="larger"):
        commands.raise_budget(run, {"steps": 10})
    commands.raise_budget(run, {"steps": 20})
    assert fake.started == ["mine"]


def test_on_a_full_disk_no_run_goes_on_from_here_or_from_a_shell(fake, run, monkeypatch, capsys):
    before = run.write_control(want="stop")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: types.SimpleNamespace(free=100 << 20))
    for command in (commands.resume, commands.resume_gently, lambda run: commands.raise_budget(run, {"steps": 20})):
        with pytest.raises(RunError, match="100 MB left"):
            command(run)
    assert cli.main(["train", "--run", "mine", "--resume", "--steps", "20"]) == 1
    assert "100 MB left" in capsys.readouterr().err
    assert (fake.started, run.control()) == ([], before)


def test_a_running_run_takes_a_larger_budget_as_it_goes(fake, run):
    commands.raise_budget(active(fake, run), {"steps": 20})
    assert run.control().budget == {"steps": 20}
    assert not fake.started


@pytest.mark.parametrize("what", ["both", "d", "g"])
def test_a_single_step_only_while_paused(fake, run, what):
    with pytest.raises(RunError, match="paused"):
        commands.step(active(fake, run), what)
    active(fake, run, "paused")
    commands.step(run, what)
    assert run.control().asked[what] == 1
    assert sum(run.control().asked.values()) == 1


def test_no_other_step(fake, run):
    with pytest.raises(RunError, match="both, d and g"):
        commands.step(active(fake, run, "paused"), "x")  # type: ignore[arg-type]


def test_what_changes_while_it_trains_is_checked(fake, run):
    commands.adjust(run, lr_g=0.001, lr_d=0.002)
    commands.adjust(run, d_steps=5)
    control = run.control()
    assert (control.lr_g, control.lr_d, control.d_steps, control.g_steps) == (0.001, 0.002, 5, None)
    wrong: list[dict[str, Any]] = [{"lr_g": rate} for rate in (0.0, -1.0, 2.0, float("nan"))]
    for changes in (*wrong, {"d_steps": 11}, {"g_steps": -1}, {"d_steps": 0, "g_steps": 0}, {"batch": 8}):
        with pytest.raises(ConfigError, match=next(iter(changes))):
            commands.adjust(run, **changes)
    commands.adjust(run, g_steps=0)
    with pytest.raises(ConfigError, match="at least one"):
        commands.adjust(run, d_steps=0)  # together with what was changed before
    assert run.control() == control.replace(g_steps=0)


def test_a_gentle_resume_halves_both_rates(fake, run):
    run.write_control(lr_g=0.008)
    commands.resume_gently(run)
    assert (run.control().lr_g, run.control().lr_d) == (0.004, 0.001)
    assert fake.started == ["mine"]


def test_a_title_is_one_line_of_text(fake, run):
    assert commands.rename(run, "  two\n words ").control().title == "two words"
    for wrong in ("", "   ", "x" * 121):
        with pytest.raises(RunError, match="120"):
            commands.rename(run, wrong)


def test_delete_spares_what_is_being_trained(fake, run):
    for status in commands.ACTIVE:
        with pytest.raises(RunError, match="stop it first"):
            commands.delete(active(fake, run, status))
    fake.alive.clear()
    commands.delete(run)
    assert not run.path.exists()


def test_an_upload_is_named_by_its_content(fake, tmp_path):
    one, again, other = (commands.keep_upload(data) for data in (b"a", b"a", b"b"))
    assert one == again != other
    assert [p.parent for p in map(Path, (one, other))] == [tmp_path / "data/uploads"] * 2
    assert Path(one).read_bytes() == b"a"


def test_a_large_upload_is_refused(fake, monkeypatch):
    monkeypatch.setattr(commands, "UPLOAD_MB", 0)
    with pytest.raises(RunError, match="larger"):
        commands.keep_upload(b"a")


def test_data_that_cannot_be_fetched(fake):
    with pytest.raises(registry.Unknown):
        commands.get_data("no-such-data")


def test_data_is_fetched_in_the_background(fake, monkeypatch, tmp_path):
    roots = []

    def download(root):
        roots.append(root)
        yield datasets.Progress(1, 1, "MB", "all of it")

    module = types.SimpleNamespace(download=download)
    monkeypatch.setattr(registry, "load", lambda kind, name: module)
    job = jobs.job(commands.get_data("mnist"))
    assert job
    assert job.thread
    job.thread.join(5)
    assert (job.state, roots) == ("done", [tmp_path / "data"])


def test_data_without_a_source_says_so(fake, monkeypatch):
    monkeypatch.setattr(registry, "load", lambda kind, name: types.SimpleNamespace())
    with pytest.raises(RunError, match="MNIST cannot be fetched"):
        commands.get_data("mnist")


# -- scores ----------------------------------------------------------------------------------------


@pytest.fixture
def judge(monkeypatch, run):
    """Stands in for gan.evaluation.evaluate: remembers what was scored, and keeps a row of it."""
    asked = []

    def evaluate(run, step=None, weights="average"):
        asked.append((step, weights))
        yield datasets.Progress(1, 2, "images", "Drawing")
        row = {
            "step": step or 7,
            "weights": weights,
            "n": 2,
            "seed": 0,
            "dataset": "mnist",
            "split": "",
            "evaluator": None,
            "scores": {},
            "real": {},
        }
        files.append(run.path / "scores.jsonl", [row])

    monkeypatch.setitem(sys.modules, "gan.evaluation.evaluate", types.SimpleNamespace(evaluate=evaluate))
    run.weights().write_bytes(b"")
    return asked


def finished(key):
    job = jobs.job(key)
    assert job
    assert job.thread
    job.thread.join(10)
    return job


def test_the_newest_generator_is_scored_and_what_it_averages_too(run, judge):
    key = commands.evaluate(run)
    assert key == "eval mine@newest" == compatibility.score_job("mine")
    assert finished(key).state == "done"
    assert judge == [(None, "average")]
    run.state(7).write_bytes(b"")  # of the step that was scored
    job = finished(commands.evaluate(run))
    assert judge[1:] == [(None, "average"), (7, "raw")]
    assert job.text == "Weights as trained: drawing"


def test_a_snapshot_is_scored_by_its_step(run, judge):
    run.weights(0).write_bytes(b"")
    assert finished(commands.evaluate(run, 0)).state == "done"
    assert compatibility.score_job("mine", 0) == "eval mine@0"
    assert judge == [(0, "average")]


def test_evaluations_wait_for_each_other(run, judge, monkeypatch):
    other = runs.create(RunConfig(dataset="mnist"), {"steps": 10}, run_id="other")
    other.weights().write_bytes(b"")
    with commands._SCORING:
        job = jobs.job(commands.evaluate(other))
        assert job
        for _ in range(500):
            if job.text:
                break
            time.sleep(0.01)
        assert job.text == "Waiting for the evaluation before this one"
        assert not judge
    assert finished(compatibility.score_job("other")).state == "done"
    assert not commands._SCORING.locked()


def test_what_cannot_be_scored_says_so(run, judge):
    with pytest.raises(RunError, match="no generator of step 3"):
        commands.evaluate(run, 3)
    run.weights().unlink()
    with pytest.raises(RunError, match="no generator yet"):
        commands.evaluate(run)
    ring = runs.create(RunConfig(dataset="ring"), {"steps": 10}, run_id="dots")
    ring.weights().write_bytes(b"")
    with pytest.raises(RunError, match="points of the plane"):
        commands.evaluate(ring)
    assert not judge


# -- a pair ----------------------------------------------------------------------------------------


@pytest.fixture
def pair(fake, monkeypatch):
    monkeypatch.setattr(registry, "missing", lambda card, root: [])
    monkeypatch.setattr(hosting_trainers, "new_run", lambda c, b, title, preset: runs.create(c, b, title, "", preset))
    config = RunConfig(dataset="mnist")
    return [("One", config), ("Other", config.replace(lr_d=0.02))]


def test_a_pair_is_made_and_started_together(fake, pair):
    one, other = commands.start_together(pair, {"steps": 5}, "lean")
    assert fake.started == [one.id, other.id]
    assert [run.control().title for run in (one, other)] == ["One", "Other"]
    assert [run.config().lr_d for run in (one, other)] == [0.002, 0.02]
    assert other.events()[0]["preset"] == "lean"


@pytest.mark.usefixtures("fake")
def test_new_runs_of_a_lent_wheel_tell_who_asked(run, pair, monkeypatch):
    monkeypatch.setattr(registry, "missing", lambda card, root: [])
    monkeypatch.setattr(commands, "require_driver", lambda: None)
    monkeypatch.setattr(commands, "driver", lambda: "phone 7")
    monkeypatch.setattr(branching, "branch", lambda *given: runs.create(run.config(), {"steps": 20}, run_id="new"))
    made = [*commands.start_together(pair, {"steps": 5}), commands.branch(run, 7, {"steps": 20})]
    assert [each.control().by for each in made] == ["phone 7"] * 3


def test_of_a_pair_both_are_made_or_none(fake, pair, monkeypatch):
    made: list[runs.Run] = []

    def second_fails(config, budget, title, preset):
        if made:
            raise RunError("The disk is full.")
        made.append(runs.create(config, budget, title))
        return made[0]

    monkeypatch.setattr(hosting_trainers, "new_run", second_fails)
    with pytest.raises(RunError, match="disk is full"):
        commands.start_together(pair, {"steps": 5})
    assert made
    assert not made[0].path.exists()
    assert not fake.started
    monkeypatch.setattr(registry, "missing", lambda card, root: ["a file"])
    with pytest.raises(RunError, match="not here yet"):
        commands.start_together(pair, {"steps": 5})


def test_an_evaluation_tells_how_far_it_is_also_after_the_drawing():
    words = [(0, 2), (1, 2), *[(2, 2)] * (len(registry.names("metrics")) + 4)]
    told = [*commands._paced(datasets.Progress(k, n, "images", "x") for k, n in words)]
    shares = [found.done / found.total for found in told]
    assert shares == sorted(set(shares))
    assert (shares[0], shares[1], shares[-1]) == (0.0, 0.1, 1.0)
