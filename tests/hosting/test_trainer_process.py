"""A process that trains: as threads do, and when one of the two processes ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gan.hosting.trainer_process import TrainerProcess
from gan.runs import Busy, Run
from tests.engine import endless, happened, wait_for
from tests.serving import HOME

pytestmark = pytest.mark.slow


@pytest.fixture
def trainers() -> Iterator[TrainerProcess]:
    found = TrainerProcess()
    yield found
    assert found.shutdown(20) == []


def process_of(trainers: TrainerProcess, run: Run) -> subprocess.Popen[str]:
    """The process, once it trains this run."""
    trainers.start(run)
    wait_for(lambda: run.states())
    assert trainers._process
    return trainers._process


def ended(run: Run) -> bool:
    return happened(run)[-1:] == ["stopped"]


def test_runs_queue_rest_stop_and_are_saved(tmp_path: Path, trainers: TrainerProcess) -> None:
    first, second = endless(tmp_path, "first"), endless(tmp_path, "second")
    assert trainers.status(first) == "stopped"
    trainers.start(first)
    assert trainers.active() == ["first"]  # at once
    wait_for(lambda: first.states())
    assert trainers.status(first) == "training"
    with pytest.raises(Busy):
        first.delete()
    trainers.start(second)
    wait_for(lambda: trainers.status(second) == "queued")
    assert (trainers.place(first), trainers.place(second)) == (0, 1)
    first.write_control(want="pause")
    wait_for(lambda: trainers.status(first) == "paused")
    wait_for(lambda: trainers.status(second) == "training")
    second.write_control(want="stop")
    assert trainers.join(second)
    assert trainers.status(second) == "stopped"
    first.write_control(want="run")
    wait_for(lambda: trainers.status(first) == "training")
    assert not trainers.join(first, 0.1)
    assert trainers.shutdown(20) == []
    assert (trainers.active(), trainers.failure("first")) == ([], "")
    assert ended(first)


def test_why_a_run_cannot_begin_is_told_whatever_a_library_prints(
    tmp_path: Path, trainers: TrainerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('{ from a library')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    odd = endless(tmp_path, "odd")
    whole = (odd.path / "config.json").read_text()
    (odd.path / "config.json").write_text("{")
    trainers.start(odd)
    assert trainers.join(odd, 30)
    assert "settings of run 'odd' cannot be read" in trainers.failure("odd")
    (odd.path / "config.json").write_text(whole)
    trainers.start(odd)
    assert trainers.failure("odd") == ""


def test_a_killed_process_is_told_and_another_one_goes_on(tmp_path: Path, trainers: TrainerProcess) -> None:
    run = endless(tmp_path, "a")
    process = process_of(trainers, run)
    process.kill()
    assert trainers.join(run, 10)
    assert "ended by SIGKILL" in trainers.failure("a")
    assert trainers.status(run) == "stopped"
    trainers.start(run)
    assert trainers.failure("a") == ""
    wait_for(lambda: happened(run)[-1] == "resumed")
    assert trainers._process is not process


def test_training_is_saved_where_it_is_asked_to_end(tmp_path: Path, trainers: TrainerProcess) -> None:
    run = endless(tmp_path, "a")
    process = process_of(trainers, run)
    assert os.getsid(process.pid) != os.getsid(0)  # Ctrl-C in a terminal does not reach it
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert ended(run)


SERVES = """
import pathlib, sys, time
from gan.hosting.trainer_process import TrainerProcess
from gan.runs import Run

TrainerProcess().start(Run(pathlib.Path(sys.argv[1])))
time.sleep(100)
"""


def test_training_is_saved_where_the_process_that_serves_is_killed(tmp_path: Path) -> None:
    run = endless(tmp_path, "a")
    with subprocess.Popen([sys.executable, "-c", SERVES, str(run.path)], cwd=HOME) as process:
        wait_for(lambda: run.states(), 60)
        os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: ended(run))
