"""python -m gan sweep: trials end, fail and go on alone; processes and a cluster leave the same run folders."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gan import runs
from gan.cli import main as command_line
from gan.cli import ray_trials, sweep_command
from gan.runs import Run, scores
from tests.engine import kept, rows, same

pytestmark = pytest.mark.usefixtures("quick_disk")
SMALL = {"dataset": "ring", "batch": 4, "z_dim": 2, "log_every": 7, "threads": 1, "device": "cpu"}
SPEC = {"preset": "first-steps", "settings": {"lr_g": [0.01, 0.02], **SMALL}, "steps": 20}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setenv("GAN_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("GAN_DATA", str(tmp_path / "data"))
    return tmp_path


def call(home: Path, *words: str, **changes) -> int:
    """The exit code of `python -m gan sweep` with SPEC, as changed."""
    (home / "a.json").write_text(json.dumps({**SPEC, **changes}))
    return command_line.main(["sweep", str(home / "a.json"), *words])


def made() -> list[Run]:
    return sorted(runs.runs(), key=lambda run: run.config().lr_g)


def test_trials_are_trained_one_after_another_and_not_again(home, capsys):
    assert call(home, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(row["status"], row["step"], row["lr_g"]) for row in told] == [
        ("finished", 20, 0.01),
        ("finished", 20, 0.02),
    ]
    before = [run.events() for run in made()]
    assert call(home) == 0
    assert "2 of 2 trials had ended before" in capsys.readouterr().err
    assert [run.events() for run in made()] == before
    assert call(home, steps=30) == 0, "a larger budget"
    assert [row["step"] for run in made() for row in rows(run)[-1:]] == [28, 28]


def test_an_interrupted_sweep_saves_and_goes_on(home, capsys, monkeypatch):
    ticks = []

    def interrupt(run, tick):
        ticks.append(tick.step)
        if len(ticks) == 5:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(sweep_command, "show_progress", interrupt)
    assert call(home) == 130
    assert "Stopped and saved. The same command goes on" in capsys.readouterr().err
    assert [run.states()[-1] for run in made()] == [5]
    assert call(home) == 0
    assert [e["event"] for e in made()[0].events()][-2:] == ["resumed", "finished"]
    assert [run.states()[-1] for run in made()] == [20, 20]


def test_a_trial_that_cannot_be_costs_only_itself(home, capsys):
    settings = {**SMALL, "lr_g": [0.01], "loss": ["hinge", "no-such-loss"]}
    assert call(home, settings=settings) == 1
    told = capsys.readouterr()
    assert told.out.count("finished") == 1
    assert "failed: loss: 'no-such-loss' is not one of" in told.out
    assert len(runs.runs()) == 1
    made()[0].write_control(title="mine")
    assert call(home, settings={**settings, "loss": ["hinge"]}, preset="gan-2014", steps=30) == 1
    assert "is there already, with another model" in capsys.readouterr().out


def test_a_sweep_that_is_scored_scores_each_run_once(home, monkeypatch):
    def evaluate(run):
        scores.keep(run, scores.Scores(20, "average", 10, 0, "ring", "test", None, {"fd": 7.5}, {}))
        yield from ()

    monkeypatch.setattr("gan.evaluation.evaluate.evaluate", evaluate)
    assert call(home, "--json", eval=True) == call(home, eval=True) == 0
    assert [len(scores.rows(run)) for run in made()] == [1, 1]


def python(home: Path, script: str, monkeypatch) -> None:
    """Puts a shell script in the place of the Python that trains a trial."""
    stand_in = home / "python"
    stand_in.write_text(f"#!/bin/sh\n{script}")
    stand_in.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stand_in))


def test_a_process_leaves_the_same_run(home, monkeypatch):
    settings = {**SMALL, "lr_g": [0.01]}
    python(home, f'echo "$*" > {home}/asked', monkeypatch)
    assert call(home, "--processes", "1", settings=settings) == 0
    asked = (home / "asked").read_text().split()
    assert asked[:2] == ["-m", "gan"]
    assert command_line.main(asked[2:]) == 0  # what the process does
    [apart] = made()
    monkeypatch.setenv("GAN_RUNS", str(home / "other"))
    assert call(home, settings=settings) == 0
    [other] = made()
    assert apart.id == other.id
    assert rows(apart) == rows(other)
    assert same(kept(apart), kept(other))


def test_a_process_that_is_killed_costs_only_its_trial(home, capsys, monkeypatch):
    script = 'case "$*" in *0p01*) kill -9 $$;; *0p02*) echo "python -m gan: No." >&2; exit 1;; esac'
    python(home, script, monkeypatch)
    assert call(home, "--processes", "2", settings={"lr_g": [0.01, 0.02, 0.03]}) == 1
    told = capsys.readouterr().out
    assert "a-lr-g-0p01-s0 failed: its process was killed by SIGKILL." in told
    assert "a-lr-g-0p02-s0 failed: No." in told
    assert told.count("failed: ") == 2


def test_a_cluster_gives_back_run_folders_and_a_lost_trial_costs_only_itself(home, capsys, monkeypatch):
    class RayError(Exception):
        pass

    declared: dict[str, Any] = {}
    tasks: dict[str, Any] = {}

    def remote(**resources):
        declared.update(resources)
        return lambda function: SimpleNamespace(
            remote=lambda *given: tasks.setdefault(given[1], (function, given)) and given[1]
        )

    def get(task):
        if "0p02" in task:
            raise RayError("The node died.")
        function, given = tasks[task]
        return function(*given)

    def wait(waiting, num_returns, timeout):
        return waiting[:1], waiting[1:]

    stand_in = SimpleNamespace(
        init=lambda **how: declared.update(how), remote=remote, wait=wait, get=get, cancel=None,
        shutdown=lambda: declared.update(over=True), exceptions=SimpleNamespace(RayError=RayError),
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "ray", stand_in)
    assert call(home, "--ray", "auto", resources={"cpus": 2}) == 1
    assert "failed: Ray gave it up: The node died." in capsys.readouterr().out
    assert declared.items() >= {"address": "auto", "num_cpus": 2, "num_gpus": 0.0, "over": True}.items()
    [back] = made()
    assert (back.path.parent, rows(back)[-1]["step"]) == (home / "runs", 14)
    tasks.clear()
    monkeypatch.setattr(stand_in, "get", lambda task: tasks[task][0](*tasks[task][1]))
    assert call(home, "--ray", "auto", steps=30) == 0
    assert [run.states()[-1] for run in made()] == [30, 30]
    assert "resumed" in [event["event"] for event in made()[0].events()]


def test_without_ray_it_is_said(home, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert call(home, "--ray", "auto") == 1
    assert ray_trials.MISSING in capsys.readouterr().err


def test_one_trial_alone_and_what_is_no_sweep(home, capsys):
    assert call(home, "--only", "b") == 2
    assert "--only b: not one of a-lr-g-0p01" in capsys.readouterr().err
    assert call(home, steps=0) == 2
    assert "more than 0" in capsys.readouterr().err
    (home / "b.json").write_text("{")
    assert command_line.main(["sweep", str(home / "b.json")]) == 2
    assert "is no JSON" in capsys.readouterr().err
