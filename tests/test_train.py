"""The loop: stopping and going on change nothing, live changes are told, trouble ends in a sentence."""

from __future__ import annotations

import pytest

from gan.train import train
from tests.engine import kept, make, pictures, play, rows, same, until

FAITHFUL = ("dcgan-16", "dcgan-tutorial", "first-steps", "gan-2014", "gan-dropout", "lean")


def stop_by_closing(run, data):
    until(run, 5, data)


def stop_by_control(run, data):
    for tick in train(run, data):
        if tick.step == 5:
            run.write_control(want="stop")
    run.write_control(want="run")


def stop_by_pause(run, data):
    ticks = train(run, data)
    for tick in ticks:
        if tick.step == 5 and not tick.paused:
            run.write_control(want="pause")
        if tick.paused:
            ticks.close()
    run.write_control(want="run")


def pause_and_continue(run, data):
    rests = 0
    for tick in train(run, data):
        if tick.step == 5 and rests == 0:
            run.write_control(want="pause")
        if tick.paused:
            rests += 1
        if rests == 3:
            run.write_control(want="run")
    assert rests >= 3


def stop_often(run, data):
    for step in (1, 4, 5, 9):
        until(run, step, data)


STOPS = (stop_by_closing, stop_by_control, stop_by_pause, pause_and_continue, stop_often)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    run = make(tmp_path_factory.mktemp("unbroken"))
    play(run)
    return run


@pytest.mark.parametrize("stop", STOPS)
def test_a_stop_between_changes_nothing(tmp_path, unbroken, stop):
    run = make(tmp_path)
    stop(run, pictures())
    play(run)
    assert rows(run) == rows(unbroken)
    assert same(kept(run), kept(unbroken))
    assert not any("generation" in event for event in run.events())
