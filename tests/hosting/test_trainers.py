"""What outlives a hot reload in this process: trainers, jobs, PyTorch; and how a new run is made."""

from __future__ import annotations

import importlib
import sys
import threading

import pytest

from gan.datasets import DataError, Progress
from gan.hosting import jobs, torch_loader
from gan.hosting import trainers as hosting_trainers
from tests.engine import endless, happened, tiny, wait_for

pytestmark = pytest.mark.usefixtures("quick_disk")


@pytest.fixture
def process(monkeypatch):
    """A process of its own, as far as this module is concerned."""
    monkeypatch.setattr("atexit.register", lambda work: None)
    own = sys.modules.pop("forger_process", None)
    yield
    hosting_trainers.trainers().shutdown(20)
    del sys.modules["forger_process"]
    if own:
        sys.modules["forger_process"] = own


def test_a_hot_reload_keeps_trainers_jobs_and_what_is_known(tmp_path, process):
    run = endless(tmp_path, "a")
    before = hosting_trainers.trainers()
    before.start(run)
    job = jobs.start_job("get", lambda: iter(()))
    wait_for(lambda: run.states())
    importlib.reload(hosting_trainers)
    assert hosting_trainers.trainers() is before
    assert hosting_trainers.trainers().active() == ["a"]
    assert jobs.job("get") is job
    hosting_trainers.trainers().start(run)
    assert hosting_trainers.trainers().shutdown(20) == []
    assert happened(run)[-1] == "stopped"


def test_a_job_tells_how_far_it_is_and_runs_once_at_a_time(process):
    go, calls = threading.Event(), []

    def work():
        calls.append(1)
        yield Progress(1, 4, "MB", "one of four")
        go.wait(20)
        yield Progress(4, 4, "MB", "all")

    job = jobs.start_job("get", work)
    wait_for(lambda: job.done == 1)
    assert (job.total, job.unit, job.text, job.state) == (4, "MB", "one of four", "running")
    assert jobs.start_job("get", work) is job
    go.set()
    wait_for(lambda: job.state == "done")
    assert job.done == 4
    assert calls == [1]
    assert jobs.start_job("get", work) is not job
    assert jobs.job("other") is None


def test_a_job_that_is_asked_to_end_does_so_after_its_piece_of_work(process):
    go, kept = threading.Event(), []

    def work():
        yield Progress(1, 2, "classifiers", "the first")
        go.wait(20)
        yield Progress(2, 2, "classifiers", "the second")
        kept.append(1)

    job = jobs.start_job("get", work)
    wait_for(lambda: job.done == 1)
    jobs.stop_job("get")
    jobs.stop_job("other")
    go.set()
    wait_for(lambda: job.state != "running")
    assert (job.state, job.done, kept) == ("stopped", 2, [])


@pytest.mark.parametrize(("error", "told"), [(DataError("No network."), "No network."), (KeyError(), "KeyError")])
def test_a_job_that_fails_says_why(process, error, told):
    def work():
        yield Progress(1, 4, "MB", "one of four")
        raise error

    job = jobs.start_job("get", work)
    wait_for(lambda: job.state != "running")
    assert (job.state, job.error, job.done) == ("failed", told, 1)


@pytest.mark.parametrize("error", [None, ImportError("no torch")])
def test_warming_up_happens_once_and_tells_how_it_went(process, monkeypatch, error):
    called = []

    def imported(name):
        called.append(name)
        if error:
            raise error
        return

    assert torch_loader.torch_state() == "no"
    with monkeypatch.context() as patch:
        patch.setattr("gan.hosting.torch_loader.importlib.import_module", imported)
        for _ in range(3):
            torch_loader.warm_up(then=lambda: called.append("then"))
        wait_for(lambda: torch_loader.torch_state() != "loading")
        torch_loader.wait()
    assert torch_loader.torch_state() == ("failed: no torch" if error else "ready")
    assert called == (["gan.training.loop"] if error else ["gan.training.loop", "then"])


def test_a_first_run_is_made_without_pytorch_where_no_gpu_can_be(tmp_path, process, monkeypatch):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    monkeypatch.setattr(torch_loader, "torch_state", lambda: "loading")
    monkeypatch.setattr("gan.hardware.may_have_gpu", lambda: False)
    monkeypatch.setattr("gan.hardware.resolve", None)  # it would wait
    run = hosting_trainers.new_run(tiny(device="auto"), {"steps": 1}, run_id="first")
    assert run.config().device == "cpu"


def test_a_new_run_stores_its_device_and_whether_threads_are_open(tmp_path, process, monkeypatch):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    monkeypatch.setattr(torch_loader, "warm_up", lambda: None)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    for count in (0, 1, 5):
        wanted = tiny(device="auto", threads=count)
        run = hosting_trainers.new_run(wanted, {"steps": 1}, title="T", preset="lean")
        assert (run.config().device, run.config().threads) == ("cpu", count)
    assert run.control().title == "T"
    assert run.events()[0]["preset"] == "lean"
