"""Looking beside training: the same is seen as by looking at once, while training goes on, and nothing gets lost."""

from __future__ import annotations

import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from functools import partial

import pytest
import torch

from gan.runs import RunError
from gan.tensor_files import read_tensors
from gan.training import loop, sample_grids
from gan.training.live_scores import LiveEvaluator
from gan.training.loop import train
from gan.training.speed import side_stream
from gan.training.speed.side_stream import InlineExecutor, SideStreamExecutor
from tests.engine import happened, kept, make, pictures, play, rows, same


class Queue:
    """Stands for a stream of a device: tells who came, and lets work through when `gate` is open."""

    def __init__(self):
        self.calls, self.gate = [], threading.Event()
        self.gate.set()

    def wait_for_training(self):
        self.calls.append(("wait", threading.current_thread().name))

    def run(self, work):
        assert self.gate.wait(20)
        self.calls.append(("run", threading.current_thread().name))
        return work()


@pytest.fixture
def queue():
    return Queue()


@pytest.fixture
def beside(queue, monkeypatch):
    """Makes runs look beside training, as on CUDA."""
    monkeypatch.setattr(side_stream, "executor_for", lambda device: SideStreamExecutor(queue))
    return queue


def test_only_cuda_has_a_place_beside_training():
    assert isinstance(side_stream.executor_for(torch.device("cpu")), InlineExecutor)
    assert isinstance(side_stream.executor_for(torch.device("mps")), InlineExecutor)


def test_work_at_once_is_done_and_raises_there():
    assert InlineExecutor().submit(lambda: 3).result(0) == 3
    with pytest.raises(ZeroDivisionError):
        InlineExecutor().submit(lambda: 1 / 0)


def test_work_beside_is_done_in_order_in_another_thread_after_what_training_asked_for(queue):
    place, done = SideStreamExecutor(queue), list[int]()
    queue.gate.clear()
    futures = [place.submit(partial(done.append, k)) for k in range(3)]
    assert done == []
    queue.gate.set()
    for future in futures:
        future.result(20)
    assert done == [0, 1, 2]
    mine = threading.current_thread().name
    assert [call for call in queue.calls if call[0] == "wait"] == [("wait", mine)] * 3
    assert all(name.startswith("side stream") for what, name in queue.calls if what == "run")
    place.close()


def test_work_beside_tells_its_error_to_whoever_asks(queue):
    place = SideStreamExecutor(queue)
    with pytest.raises(ZeroDivisionError):
        place.submit(lambda: 1 / 0).result(20)
    assert place.submit(lambda: 3).result(20) == 3
    place.close()


def test_closing_waits_for_what_has_begun_and_leaves_out_the_rest(queue):
    place, began, go = SideStreamExecutor(queue), threading.Event(), threading.Event()

    def work():
        began.set()
        return go.wait(20)

    first, second = place.submit(work), place.submit(lambda: 1)
    began.wait(20)
    threading.Timer(0.1, go.set).start()
    place.close()
    assert first.result(0) is True
    with pytest.raises(CancelledError):
        second.result(0)


def test_work_beside_takes_as_many_threads_as_who_asked(queue):
    before, place = torch.get_num_threads(), SideStreamExecutor(queue)
    with ThreadPoolExecutor(1) as other:  # a new thread begins with the number set last
        other.submit(torch.set_num_threads, before + 1).result(20)
    assert place.submit(torch.get_num_threads).result(20) == before
    place.close()


def test_work_that_comes_too_late_for_a_thread_is_done_here(queue):
    place = SideStreamExecutor(queue)
    place.pool.shutdown()  # as when Python ends
    assert place.submit(lambda: 3).result(0) == 3
    assert queue.calls[-1] == ("run", threading.current_thread().name)


@pytest.fixture
def often(monkeypatch):
    """A picture after every step, a checkup in every third."""
    monkeypatch.setattr(sample_grids.SamplePublisher, "due", lambda self: True)
    monkeypatch.setattr(loop, "FLUSH_SECONDS", -1.0)
    monkeypatch.setattr(LiveEvaluator, "due", lambda self, step: step % 3 == 0)


def test_a_run_looked_at_beside_is_the_same_run(tmp_path, often, monkeypatch):
    at_once = make(tmp_path / "a")
    play(at_once)
    monkeypatch.setattr(side_stream, "executor_for", lambda device: SideStreamExecutor(Queue()))
    run = make(tmp_path / "b")
    play(run)
    assert rows(run) == rows(at_once)
    assert any("d_hist_real" in row for row in rows(run))
    assert same(kept(run), kept(at_once))
    assert happened(run) == happened(at_once)
    assert run.pictures("fixed") == at_once.pictures("fixed") == list(range(11))
    assert run.snapshots() == at_once.snapshots()
    for step in (None, *run.snapshots()):
        (mine, about), (its, told) = (read_tensors(one.weights(step)) for one in (run, at_once))
        assert same(mine, its)
        assert about == told
    for sort in ("fixed", "random"):
        for step in run.pictures(sort):
            assert run.picture(sort, step).read_bytes() == at_once.picture(sort, step).read_bytes()


def test_training_goes_on_while_somebody_looks_and_the_log_waits_for_what_is_found(
    tmp_path, beside, often, monkeypatch
):
    monkeypatch.setattr(sample_grids.SamplePublisher, "due", lambda self: False)
    run = make(tmp_path, steps=20)
    ticks = train(run, pictures())
    next(ticks)
    for _ in range(100):  # the picture of step 0 is there
        if run.pictures("random"):
            break
        time.sleep(0.05)
    beside.gate.clear()
    for tick in ticks:
        if tick.step == 5:
            break
    assert rows(run) == [], "the record of step 3 waits for its checkup"
    beside.gate.set()
    for tick in ticks:
        if tick.step == 9:
            break
    assert [row["step"] for row in rows(run)][:2] == [3, 6]
    assert all("d_hist_real" in row for row in rows(run))
    ticks.close()
    assert [row["step"] for row in rows(run)][:3] == [3, 6, 9], "nothing is lost at the end"


@pytest.mark.parametrize(
    "what", ["gan.training.sample_grids.save_weights", "gan.training.live_scores.LiveEvaluator._measure"]
)
def test_trouble_beside_ends_the_run_as_trouble_in_it(tmp_path, beside, often, monkeypatch, what):
    def broken(*_, **__):
        raise OSError(28, "No space left on device")

    run = make(tmp_path, steps=50)
    ticks = train(run, pictures())
    next(ticks)
    monkeypatch.setattr(what, broken)
    with pytest.raises(RunError, match="The disk is full"):
        list(ticks)
    assert happened(run)[-1] == "failed"
    assert run.states(), "it can be resumed"


def test_a_step_by_hand_that_cannot_be_shown_is_told_at_once(tmp_path, beside, often, monkeypatch):
    def broken(*_, **__):
        raise OSError(28, "No space left on device")

    run = make(tmp_path, steps=50)
    run.write_control(want="pause")
    ticks = train(run, pictures())
    while not next(ticks).paused:
        pass
    monkeypatch.setattr("gan.training.sample_grids.save_weights", broken)
    run.ask_step("both")
    with pytest.raises(RunError, match="The disk is full"):
        _ = [next(ticks) for _ in range(20)]
