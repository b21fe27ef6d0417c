"""Threads that train: in turn, to be paused, stopped and shut down without losing a step."""

from __future__ import annotations

import sys
import threading
import time
from functools import partial

import pytest

from gan import runs
from gan.datasets import DataError
from gan.hosting import device_queue, trainer_threads
from gan.hosting import trainers as hosting_trainers
from gan.hosting.trainer_threads import TrainerThreads
from gan.runs import Busy, Control, Run, lock
from gan.runs.log_reader import newest
from gan.training.speed import cpu_threads
from tests.engine import event, happened, kept, make, pictures, play, rows, same, tiny, wait_for
from ui.shared import commands

pytestmark = pytest.mark.usefixtures("quick_disk", "own_data")
LONG = 10**6


@pytest.fixture
def own_data(monkeypatch):
    monkeypatch.setattr("gan.datasets.open", lambda config: pictures())


@pytest.fixture
def trainers():
    found = TrainerThreads()
    yield found
    assert found.shutdown(20) == []


def long(home, name) -> Run:
    return make(home, steps=LONG, run_id=name)


def in_line(trainers, run):
    return (run.id == "a" and run.states()) or trainers.place(run)


def pause(trainers, run):
    run.write_control(want="pause")
    wait_for(lambda: happened(run)[-1:] == ["paused"])


# -- one run ---------------------------------------------------------------------------------------


def test_a_thread_trains_as_a_test_does(tmp_path, trainers, unbroken):
    run = make(tmp_path)
    trainers.start(run)
    assert trainers.join(run, 30)
    assert rows(run) == rows(unbroken)
    assert same(kept(run), kept(unbroken))
    assert trainers.status(run) == "finished"
    assert trainers.active() == []
    assert trainers.failure(run.id) == ""


def test_a_core_is_left_to_those_who_watch(tmp_path, trainers, monkeypatch):
    asked, choose = [], cpu_threads.choose
    monkeypatch.setattr(cpu_threads, "cores", lambda: 4)

    def noted(config, last=1, spare=0):
        found = choose(config, last, spare)
        asked.append(choose(config, 4, spare).settled)
        return found

    monkeypatch.setattr(cpu_threads, "choose", noted)
    run = make(tmp_path, tiny(threads=0))
    trainers.start(run)
    assert trainers.join(run, 30)
    assert set(asked) == {3}
    assert trainers.failure(run.id) == ""


def test_starting_twice_is_starting_once(tmp_path, trainers):
    run = long(tmp_path, "a")
    for _ in range(3):
        trainers.start(run)
    wait_for(lambda: run.states())
    assert [t.name for t in threading.enumerate()].count("train a") == 1
    assert trainers.active() == ["a"]
    assert trainers.status(run) == "training"
    with pytest.raises(Busy):
        run.delete()


def test_a_paused_run_steps_continues_and_stops(tmp_path, trainers, unbroken):
    run = make(tmp_path, steps=10)
    run.write_control(want="pause")
    trainers.start(run)
    wait_for(lambda: happened(run)[-1:] == ["paused"])
    assert trainers.status(run) == "paused"
    for _ in range(2):
        run.ask_step("both")  # two wishes that may be seen as one change of the file
    wait_for(lambda: 2 in run.pictures("fixed"))
    run.write_control(want="stop")
    assert trainers.join(run, 30)
    assert trainers.status(run) == "stopped"
    assert run.states()[-1] == 2
    run.write_control(want="run")
    trainers.start(run)
    assert trainers.join(run, 30)
    assert same(kept(run), kept(unbroken))


def test_a_wish_that_comes_while_the_host_goes_to_sleep_is_heard(tmp_path):
    run = make(tmp_path)
    rested_on = Control(want="pause", budget={"steps": 10}, title="tiny")
    for change in ({"want": "run"}, {"want": "stop"}, {"want": "pause", "asked": {"d": 1}}):
        run.write_control(**change)
        began = time.monotonic()
        TrainerThreads._sleep(run, rested_on, threading.Event())
        assert time.monotonic() - began < 5


def test_renaming_a_paused_run_leaves_it_where_it_is(tmp_path, trainers):
    one, other = long(tmp_path, "one"), long(tmp_path, "other")
    trainers.start(one)
    pause(trainers, one)
    trainers.start(other)
    wait_for(lambda: other.states())
    one.write_control(title="Another title")
    time.sleep(3 * trainer_threads.POLL_SECONDS)
    assert trainers.status(one) == "paused"
    assert trainers.place(one) == 0


# -- several runs ----------------------------------------------------------------------------------


def test_runs_take_turns_in_the_order_of_asking(tmp_path, trainers):
    a, b, c = (long(tmp_path, name) for name in "abc")
    for run in (a, b, c):
        trainers.start(run)
        wait_for(partial(in_line, trainers, run))
    assert [trainers.place(run) for run in (a, b, c)] == [0, 1, 2]
    assert [trainers.status(run) for run in (a, b, c)] == ["training", "queued", "queued"]
    assert trainers.active() == ["a", "b", "c"]
    assert b.states() == c.states() == []

    a.write_control(want="stop")
    wait_for(lambda: b.states())
    assert [trainers.status(run) for run in (a, b, c)] == ["stopped", "training", "queued"]
    assert trainers.place(c) == 1

    pause(trainers, b)  # gives its turn away
    wait_for(lambda: c.states())
    assert [trainers.status(run) for run in (b, c)] == ["paused", "training"]

    b.write_control(want="run")  # and queues up again
    wait_for(lambda: trainers.place(b) == 1)
    assert trainers.status(b) == "queued"
    c.write_control(want="stop")
    wait_for(lambda: "continued" in happened(b))
    assert trainers.status(b) == "training"


def test_a_run_that_waits_may_be_stopped(tmp_path, trainers):
    a, b, c = (long(tmp_path, name) for name in "abc")
    for run in (a, b, c):
        trainers.start(run)
        wait_for(partial(in_line, trainers, run))
    b.write_control(want="stop")
    assert trainers.join(b, 30)
    assert trainers.status(b) == "stopped"
    assert trainers.place(c) == 1
    assert happened(b) == ["created"]


def test_a_paused_run_is_stopped_though_another_has_the_device(tmp_path, trainers):
    a, b = long(tmp_path, "a"), long(tmp_path, "b")
    trainers.start(a)
    pause(trainers, a)
    trainers.start(b)
    wait_for(lambda: b.states())
    a.write_control(want="stop")
    assert trainers.join(a, 30)
    assert happened(a)[-1] == "stopped"
    assert trainers.status(b) == "training"


def test_stop_and_go_on_at_once_is_never_lost(tmp_path, trainers, monkeypatch):
    """As pages do it, while the trainer is anywhere between reading the wish and letting go of the lock."""
    monkeypatch.setattr(hosting_trainers, "trainers", lambda: trainers)
    monkeypatch.setattr(commands, "require_driver", lambda: None)
    run = long(tmp_path, "a")
    trainers.start(run)
    for pause in (0.0, 0.002, 0.01, 0.05):
        wait_for(lambda: trainers.status(run) == "training" and run.states())
        commands.stop(run)
        time.sleep(pause)
        commands.resume(run)
        before = happened(run).count("resumed")
        wait_for(lambda: trainers.status(run) == "training" and run.control().want == "run")
        step = newest(run).get("step", 0)
        wait_for(lambda: newest(run).get("step", 0) > step or happened(run).count("resumed") > before)
    commands.stop(run)
    assert trainers.join(run, 30)
    assert trainers.status(run) == "stopped"


def test_a_run_that_another_process_is_leaving_is_waited_for(tmp_path, trainers, monkeypatch):
    run = make(tmp_path)
    with run.locked():
        monkeypatch.setattr(Run, "locked", lambda self, timeout=0.05: lock.locked(self.path, timeout))
        trainers.start(run)
        time.sleep(0.3)  # longer than one try for the lock
        assert trainers.active() == ["tiny"]
    assert trainers.join(run, 30)
    assert happened(run)[-1] == "finished"


def test_a_deleted_run_does_not_come_back_when_its_turn_comes(tmp_path, trainers):
    a, b = long(tmp_path, "a"), long(tmp_path, "b")
    trainers.start(a)
    wait_for(lambda: a.states())
    trainers.start(b)
    wait_for(lambda: trainers.place(b))
    b.delete()
    a.write_control(want="stop")
    assert trainers.join(b, 30)
    assert not b.path.exists()
    assert trainers.failure("b").startswith("There is no run 'b'")


def test_auto_and_cpu_are_one_device(tmp_path, trainers, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    a = long(tmp_path, "a")
    b = make(tmp_path, tiny(device="auto"), steps=LONG, run_id="b")
    trainers.start(a)
    wait_for(lambda: a.states())
    trainers.start(b)
    wait_for(lambda: trainers.place(b) == 1)


# -- a compared pair -------------------------------------------------------------------------------


def steps(run) -> int:
    return rows(run)[-1]["step"] if rows(run) else 0


def test_a_pair_progresses_together(tmp_path, trainers, monkeypatch):
    order, yield_turn = [], device_queue.DeviceQueue.yield_turn

    def watched(self, name, cancelled):
        order.append(name)
        return yield_turn(self, name, cancelled)

    monkeypatch.setattr(device_queue.DeviceQueue, "yield_turn", watched)
    a, b = long(tmp_path, "a"), long(tmp_path, "b")
    trainers.start(a, b)
    wait_for(lambda: "b" in order and len(order) > 60)
    assert [trainers.status(run) for run in (a, b)] == ["training", "training"]
    assert [trainers.place(run) for run in (a, b)] == [0, 0]
    assert trainers.active() == ["a", "b"]
    alternation = "".join(order[-20:])
    assert alternation in ("ab" * 10, "ba" * 10)  # one log interval each


def test_what_a_pair_learns_is_what_each_learns_alone(tmp_path, trainers, unbroken):
    a, b = make(tmp_path, run_id="a"), make(tmp_path, tiny(lr_d=0.02), run_id="b")
    alone = make(tmp_path, tiny(lr_d=0.02), run_id="alone")
    play(alone)
    trainers.start(a, b)
    assert trainers.join(a, 30)
    assert trainers.join(b, 30)
    assert same(kept(a), kept(unbroken))
    assert same(kept(b), kept(alone))
    assert rows(a) == rows(unbroken)
    assert rows(b) == rows(alone)
    assert [trainers.status(run) for run in (a, b)] == ["finished", "finished"]


def test_a_step_that_takes_long_ends_a_turn_too(tmp_path, trainers, monkeypatch):
    monkeypatch.setattr(trainer_threads, "SLICE_SECONDS", 0.0)
    a, b = (make(tmp_path, tiny(log_every=1000), LONG, name) for name in "ab")
    trainers.start(a, b)
    wait_for(lambda: a.states() and b.states())


def test_one_of_a_pair_may_pause_step_and_go_on(tmp_path, trainers):
    a, b, c = (long(tmp_path, name) for name in "abc")
    trainers.start(a, b)
    wait_for(lambda: a.states() and b.states())
    trainers.start(c)
    wait_for(lambda: trainers.place(c))
    assert trainers.place(c) == 1
    pause(trainers, a)
    assert [trainers.status(run) for run in (a, b, c)] == ["paused", "training", "queued"]
    before = steps(b)
    wait_for(lambda: steps(b) > before)
    at = event(a, "paused")["step"]
    a.ask_step("both")
    wait_for(lambda: at + 1 in a.pictures("fixed"))  # between two of b's intervals
    a.write_control(want="run")
    wait_for(lambda: happened(a)[-1] == "continued")  # with its pair, not behind c
    assert [trainers.status(run) for run in (a, b, c)] == ["training", "training", "queued"]


def test_one_of_a_pair_may_end_and_join_again(tmp_path, trainers):
    a, b = long(tmp_path, "a"), long(tmp_path, "b")
    trainers.start(a, b)
    wait_for(lambda: a.states() and b.states())
    a.write_control(want="stop")
    assert trainers.join(a, 30)
    assert [trainers.status(run) for run in (a, b)] == ["stopped", "training"]
    assert a.states()[-1] == event(a, "stopped")["step"]
    before = steps(b)
    wait_for(lambda: steps(b) > before)
    a.write_control(want="run")
    trainers.start(a)
    wait_for(lambda: "resumed" in happened(a))
    assert [trainers.status(run) for run in (a, b)] == ["training", "training"]


def test_a_failure_in_a_pair_leaves_the_other_going(tmp_path, trainers, monkeypatch):
    def opened(config):
        if config.seed:
            raise DataError("MNIST is not here: get it first.")
        return pictures()

    monkeypatch.setattr("gan.datasets.open", opened)
    a, b = make(tmp_path, tiny(seed=1), LONG, "a"), long(tmp_path, "b")
    trainers.start(a, b)
    assert trainers.join(a, 30)
    assert trainers.failure("a").startswith("MNIST is not here")
    wait_for(lambda: steps(b) > 6)
    assert [trainers.status(run) for run in (a, b)] == ["failed", "training"]


def test_a_pair_waits_for_the_device_at_one_place(tmp_path, trainers):
    first, a, b = long(tmp_path, "first"), long(tmp_path, "a"), long(tmp_path, "b")
    trainers.start(first)
    wait_for(lambda: first.states())
    trainers.start(a, b)
    wait_for(lambda: trainers.place(a) and trainers.place(b))
    assert [trainers.place(run) for run in (a, b)] == [1, 1]
    first.write_control(want="stop")
    wait_for(lambda: a.states() and b.states())


def test_shutting_down_saves_both_of_a_pair(tmp_path):
    trainers = TrainerThreads()
    a, b = long(tmp_path, "a"), long(tmp_path, "b")
    trainers.start(a, b)
    wait_for(lambda: steps(a) and steps(b))
    assert trainers.shutdown(30) == []
    for run in (a, b):
        assert run.states()[-1] == event(run, "stopped")["step"]
        assert runs.folder_status(run) == "stopped"


# -- the end ---------------------------------------------------------------------------------------


def test_shutting_down_saves_whatever_trains_rests_or_waits(tmp_path, unbroken):
    trainers = TrainerThreads()
    a, b, c = (long(tmp_path, name) for name in "abc")
    trainers.start(a)
    pause(trainers, a)
    trainers.start(b)
    wait_for(lambda: len(rows(b)) > 2)
    trainers.start(c)
    assert trainers.shutdown(30) == []
    assert trainers.active() == []
    assert happened(a)[-1] == happened(b)[-1] == "stopped"
    assert happened(c) == ["created"]
    for run in (a, b):
        assert run.states()[-1] == event(run, "stopped")["step"]
        assert runs.folder_status(run) == "stopped"
    assert b.control().want == "run"

    step = b.states()[-1] + 3
    b.write_control(budget={"steps": step})
    play(b)
    whole = make(tmp_path, steps=step, run_id="whole")
    play(whole)
    assert rows(b) == rows(whole)


def test_a_failure_is_told_and_forgotten_with_the_next_start(tmp_path, trainers, monkeypatch):
    def missing(config):
        raise DataError("MNIST is not here: get it first.")

    run = make(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("gan.datasets.open", missing)
        trainers.start(run)
        assert trainers.join(run, 30)
    assert trainers.failure(run.id) == run.error() == "MNIST is not here: get it first."
    assert trainers.status(run) == "failed"
    trainers.start(run)
    assert trainers.join(run, 30)
    assert trainers.failure(run.id) == ""
    assert trainers.status(run) == "finished"


def test_a_run_that_cannot_even_begin_tells_why_and_frees_the_device(tmp_path, trainers, monkeypatch):
    odd, broken = make(tmp_path, run_id="odd"), make(tmp_path, run_id="broken")
    (odd.path / "config.json").write_text("{")
    trainers.start(odd)
    assert trainers.join(odd, 30)
    assert "settings of run 'odd' cannot be read" in trainers.failure("odd")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "gan.training.loop", None)  # cannot be imported
        trainers.start(broken)
        assert trainers.join(broken, 30)
    assert "gan.training.loop" in trainers.failure("broken")
    trainers.start(broken)
    assert trainers.join(broken, 30)
    assert trainers.status(broken) == "finished"
