"""Who is served next: everybody in turn, of each the newest question, and nobody who has left."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import Any

import pytest

from ui.turns import LONGEST, Full, Line, Replaced, Turns


def served(line: Line) -> list[Any]:
    """What comes out, in order."""
    out = []
    while found := line.take():
        out.append(found[1]())
    return out


def put(line: Line, name: str, asker: str = "", slot: str = "") -> Future[str]:
    return line.put(lambda: name, asker, slot)


def test_everybody_in_turn_however_many_one_asks() -> None:
    line = Line()
    for k in range(3):
        put(line, f"a{k}", "a")
    put(line, "b0", "b")
    put(line, "c0", "c")
    put(line, "b1", "b")
    assert served(line) == ["a0", "b0", "c0", "a1", "b1", "a2"]


def test_the_newest_question_keeps_the_place_of_the_older() -> None:
    line = Line()
    older = put(line, "old", "a", "images")
    put(line, "other", "b", "images")
    put(line, "reading", "a", "reading")
    put(line, "new", "a", "images")
    with pytest.raises(Replaced):
        older.result(0)
    assert served(line) == ["new", "other", "reading"]


def test_without_a_slot_nothing_is_replaced() -> None:
    line = Line()
    put(line, "one", "a")
    put(line, "two", "a")
    assert served(line) == ["one", "two"]


def test_whoever_has_gone_is_left_out() -> None:
    line = Line()
    gone = put(line, "gone", "a")
    put(line, "here", "b")
    assert gone.cancel()
    assert served(line) == ["here"]


def test_a_full_line_refuses_and_a_place_that_was_left_is_free() -> None:
    line = Line(places=2)
    put(line, "one", "a", "images")
    gone = put(line, "two", "b")
    with pytest.raises(Full):
        put(line, "three", "c")
    put(line, "newer", "a", "images")  # takes no further place
    gone.cancel()
    put(line, "three", "c")
    assert len(line) == 2
    assert served(line) == ["newer", "three"]


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
def test_it_rests_while_somebody_trains_and_only_then(
    training: list[str], rests: list[float]
) -> None:
    clock = Clock()
    turns = Turns(
        "x", share=0.25, training=lambda: training, sleep=clock.rest, clock=lambda: clock.now
    )
    asked = [turns.ask(partial(clock.work, seconds)) for seconds in (0.01, 0.02)]
    turns.ask(lambda: None).result(10)
    for future in asked:
        assert future.done()
    assert clock.rests[:2] == pytest.approx(rests)


def test_after_something_long_the_next_does_not_wait_as_long() -> None:
    clock = Clock()
    turns = Turns(
        "x", share=0.25, training=lambda: ["a run"], sleep=clock.rest, clock=lambda: clock.now
    )
    turns.ask(partial(clock.work, 30.0))
    turns.ask(lambda: None).result(10)
    assert clock.rests[0] == LONGEST


def test_an_error_is_the_asker_s_alone() -> None:
    turns = Turns("x", training=list)

    def broken() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        turns.ask(broken).result(10)
    assert turns.ask(lambda: 3).result(10) == 3


def test_work_that_was_given_up_is_never_begun() -> None:
    turns, begun, go_on, done = (
        Turns("x", training=list),
        threading.Event(),
        threading.Event(),
        [],
    )

    def slow() -> None:
        begun.set()
        assert go_on.wait(10)

    first = turns.ask(slow, "a")
    assert begun.wait(10)
    gone = turns.ask(lambda: done.append("gone"), "b")
    kept = turns.ask(lambda: done.append("kept"), "c")
    gone.cancel()
    go_on.set()
    first.result(10)
    kept.result(10)
    assert done == ["kept"]
    with pytest.raises(CancelledError):
        gone.result(0)
