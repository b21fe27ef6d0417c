"""Who is served next: everybody in turn, of each the newest question, and nobody who has left."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import Any

import pytest

from ui.api.fair_queue import MAX_REST_SECONDS, FairExecutor, FairQueue, Full, Replaced


def served(queue: FairQueue) -> list[Any]:
    """What comes out, in order."""
    out = []
    while found := queue.take():
        out.append(found[1]())
    return out


def put(queue: FairQueue, name: str, client: str = "", slot: str = "") -> Future[str]:
    return queue.put(lambda: name, client, slot)


def test_everybody_in_turn_however_many_one_asks() -> None:
    queue = FairQueue()
    for k in range(3):
        put(queue, f"a{k}", "a")
    put(queue, "b0", "b")
    put(queue, "c0", "c")
    put(queue, "b1", "b")
    assert served(queue) == ["a0", "b0", "c0", "a1", "b1", "a2"]


def test_the_newest_question_keeps_the_place_of_the_older() -> None:
    queue = FairQueue()
    older = put(queue, "old", "a", "images")
    put(queue, "other", "b", "images")
    put(queue, "reading", "a", "reading")
    put(queue, "new", "a", "images")
    with pytest.raises(Replaced):
        older.result(0)
    assert served(queue) == ["new", "other", "reading"]


def test_without_a_slot_nothing_is_replaced() -> None:
    queue = FairQueue()
    put(queue, "one", "a")
    put(queue, "two", "a")
    assert served(queue) == ["one", "two"]


def test_whoever_has_gone_is_left_out() -> None:
    queue = FairQueue()
    gone = put(queue, "gone", "a")
    put(queue, "here", "b")
    assert gone.cancel()
    assert served(queue) == ["here"]


def test_a_full_line_refuses_and_a_place_that_was_left_is_free() -> None:
    queue = FairQueue(max_waiting=2)
    put(queue, "one", "a", "images")
    gone = put(queue, "two", "b")
    with pytest.raises(Full):
        put(queue, "three", "c")
    put(queue, "newer", "a", "images")  # takes no further place
    gone.cancel()
    put(queue, "three", "c")
    assert len(queue) == 2
    assert served(queue) == ["newer", "three"]


class Clock:
    """A clock that stands still but for work and rest."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rests: list[float] = []

    def work(self, seconds: float) -> None:
        self.now += seconds

    def rest(self, seconds: float) -> None:
        self.now += seconds
        self.rests.append(seconds)


@pytest.mark.parametrize(("training", "rests"), [([], []), (["a run"], [0.03, 0.06])])
def test_it_rests_while_somebody_trains_and_only_then(training: list[str], rests: list[float]) -> None:
    clock = Clock()
    executor = FairExecutor("x", share=0.25, training=lambda: training, sleep=clock.rest, clock=lambda: clock.now)
    asked = [executor.submit(partial(clock.work, seconds)) for seconds in (0.01, 0.02)]
    executor.submit(lambda: None).result(10)
    for future in asked:
        assert future.done()
    assert clock.rests[:2] == pytest.approx(rests)


def test_after_something_long_the_next_does_not_wait_as_long() -> None:
    clock = Clock()
    executor = FairExecutor("x", share=0.25, training=lambda: ["a run"], sleep=clock.rest, clock=lambda: clock.now)
    executor.submit(partial(clock.work, 30.0))
    executor.submit(lambda: None).result(10)
    assert clock.rests[0] == MAX_REST_SECONDS


def test_an_error_is_the_client_s_alone() -> None:
    executor = FairExecutor("x", training=list)

    def broken() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        executor.submit(broken).result(10)
    assert executor.submit(lambda: 3).result(10) == 3


def test_work_that_was_given_up_is_never_begun() -> None:
    executor, begun, go_on, done = (FairExecutor("x", training=list), threading.Event(), threading.Event(), [])

    def slow() -> None:
        begun.set()
        assert go_on.wait(10)

    first = executor.submit(slow, "a")
    assert begun.wait(10)
    gone = executor.submit(lambda: done.append("gone"), "b")
    kept = executor.submit(lambda: done.append("kept"), "c")
    gone.cancel()
    go_on.set()
    first.result(10)
    kept.result(10)
    assert done == ["kept"]
    with pytest.raises(CancelledError):
        gone.result(0)
