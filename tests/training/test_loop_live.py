"""Driving a run: rates and ratio change while it trains, single steps are exact."""

from __future__ import annotations

from typing import Literal

import pytest

from gan import tensor_files
from gan.runs import Run
from gan.training.loop import train
from tests.engine import drive, event, happened, kept, make, pictures, play, rows, same, tiny

Step = Literal["both", "d", "g"]
pytestmark = pytest.mark.usefixtures("quick_disk")

# -- live changes ----------------------------------------------------------------------------------


def test_learning_rates_change_at_once_apart_and_are_told(tmp_path):
    run = make(tmp_path, tiny(log_every=1))
    drive(run, {4: {"lr_g": 0.5}, 7: {"lr_g": None, "lr_d": 0.25}})
    assert [row["lr_g"] for row in rows(run)] == [2e-3] * 4 + [0.5] * 3 + [2e-3] * 3
    assert [row["lr_d"] for row in rows(run)] == [2e-3] * 7 + [0.25] * 3
    told = [e for e in run.events() if e["event"] == "lr"]
    assert [(e["step"], e["lr_g"], e["lr_d"]) for e in told] == [(4, 0.5, 2e-3), (7, 2e-3, 0.25)]


def test_learning_rates_decay_by_step_and_epoch_also_after_a_stop(tmp_path):
    """Batches of 4 of 10 images: 0.4 epochs a step."""
    run = make(tmp_path, tiny(log_every=1, decay_steps=4, half_life=0.8))
    drive(run, {5: {"want": "stop"}})
    run.write_control(want="run")
    play(run)
    expected = [2e-3 / (1 + step / 4) * 0.5 ** (step / 2) for step in range(1, 11)]
    assert [row["lr_g"] for row in rows(run)] == pytest.approx(expected, rel=1e-4)
    assert [row["lr_d"] for row in rows(run)] == pytest.approx(expected, rel=1e-4)


def test_a_changed_rate_changes_what_is_learned_from_then_on(tmp_path):
    slow, fast = (make(tmp_path, tiny(log_every=1), run_id=name) for name in ("slow", "fast"))
    play(slow)
    drive(fast, {4: {"lr_d": 0.01}})
    differ = [one != other for one, other in zip(rows(slow), rows(fast), strict=True)]
    assert differ == [False] * 4 + [True] * 6  # from step 5 on, at least by the rate
    assert rows(slow)[4]["d_loss"] == rows(fast)[4]["d_loss"]  # D's step 5 counts in step 6
    assert rows(slow)[5]["d_loss"] != rows(fast)[5]["d_loss"]


def test_live_settings_survive_a_stop(tmp_path):
    one, other = (make(tmp_path, run_id=name) for name in ("one", "other"))
    drive(one, {4: {"lr_g": 0.01, "d_steps": 2}})
    drive(other, {4: {"lr_g": 0.01, "d_steps": 2}, 6: {"want": "stop"}})
    other.write_control(want="run")
    play(other)
    assert rows(one) == rows(other)
    assert same(kept(one), kept(other))
    assert happened(other).count("lr") == happened(other).count("ratio") == 1


def test_the_ratio_changes_at_once_and_is_told(tmp_path):
    run = make(tmp_path)
    drive(run, {2: {"d_steps": 3}, 5: {"d_steps": 0, "g_steps": 2}})
    told = [e for e in run.events() if e["event"] == "ratio"]
    assert [(e["step"], e["d_steps"], e["g_steps"]) for e in told] == [(2, 3, 1), (5, 0, 2)]
    about = tensor_files.read_tensors(run.state(10))[1]
    assert (about["d_updates"], about["g_updates"]) == (2 + 3 * 3, 5 + 5 * 2)
    assert event(run, "finished")["epoch"] == 11 * 4 / 10


def test_a_ratio_of_nothing_is_not_taken(tmp_path):
    run = make(tmp_path, tiny(d_steps=0))
    drive(run, {2: {"g_steps": 0}})
    assert tensor_files.read_tensors(run.state(10))[1]["g_updates"] == 10


def test_one_player_may_train_alone(tmp_path):
    run = make(tmp_path, tiny(g_steps=0))
    play(run)
    about = tensor_files.read_tensors(run.state(10))[1]
    assert (about["d_updates"], about["g_updates"]) == (10, 0)
    assert all(row["g_loss"] is None and row["d_loss"] is not None for row in rows(run))


@pytest.mark.parametrize(
    "junk", ["", "{", "[]", "null", '{"want": "fly", "lr_g": "fast", "asked": null, "budget": 7}', None]
)
def test_a_broken_control_file_changes_nothing(tmp_path, unbroken, junk):
    run = make(tmp_path)
    for tick in train(run, pictures()):
        assert tick.step <= 10
        if tick.step == 3:
            path = run.path / "control.json"
            path.unlink() if junk is None else path.write_text(junk)
        if tick.step == 9:
            run.write_control(budget={"steps": 10}, want="run")
    assert rows(run) == rows(unbroken)


def test_events_tell_who_asked_where_that_is_not_the_owner(tmp_path):
    run = make(tmp_path)
    drive(run, {2: {"lr_g": 0.5, "by": "phone 7"}, 4: {"lr_g": 0.25}, 6: {"want": "stop", "by": "phone 8"}})
    told = [(e["event"], e.get("by")) for e in run.events() if e["event"] in ("started", "lr", "stopped")]
    assert told == [("started", None), ("lr", "phone 7"), ("lr", None), ("stopped", "phone 8")]


# -- single steps ----------------------------------------------------------------------------------


def test_a_paused_run_makes_exactly_the_steps_asked_for(tmp_path):
    run = make(tmp_path, tiny(d_steps=2))
    asked: list[Step] = ["both", "d", "d", "g"]
    rests, counts = 0, []
    ticks = train(run, pictures())
    for tick in ticks:
        if tick.step == 3 and not rests:
            run.write_control(want="pause")
        if tick.paused:
            rests += 1
            counts.append(tick.step)
            if rests % 3 == 0:
                if not asked:
                    break
                run.ask_step(asked.pop(0))
    ticks.close()
    assert sorted(set(counts)) == [3, 4, 5, 6, 7]
    about = tensor_files.read_tensors(run.state(7))[1]
    assert (about["d_updates"], about["g_updates"]) == (3 * 2 + 1 + 2, 3 + 1 + 1)
    told = [(e["step"], e["what"]) for e in run.events() if e["event"] == "stepped"]
    assert told == [(3, "both"), (4, "d"), (5, "d"), (6, "g")]
    assert [row["step"] for row in rows(run)] == [3, 4, 5, 6, 7]  # each is told at once
    assert [row["g_loss"] is None for row in rows(run)] == [False, False, True, True, False]
    assert set(range(3, 8)) <= set(run.pictures("fixed"))  # and shown
    assert happened(run).count("paused") == 1


def test_steps_asked_for_together_are_all_made(tmp_path):
    run = make(tmp_path)
    run.write_control(want="pause")
    ticks = train(run, pictures())
    assert next(ticks).paused
    steps: tuple[Step, ...] = ("d", "g", "g", "both", "d")
    for what in steps:
        run.ask_step(what)
    for tick in ticks:
        if tick.step == 5 and tick.paused:
            ticks.close()
    about = tensor_files.read_tensors(run.state(5))[1]
    assert (about["d_updates"], about["g_updates"]) == (3, 3)


def test_steps_asked_for_before_the_start_do_not_count(tmp_path):
    run = make(tmp_path)
    run.write_control(want="pause")
    run.ask_step("d")
    ticks = train(run, pictures())
    assert [next(ticks).step for _ in range(4)] == [0] * 4
    ticks.close()
    assert "stepped" not in happened(run)


def test_steps_asked_for_while_it_runs_do_not_count(tmp_path):
    run = make(tmp_path)
    changes: dict[int, dict] = {2: {"asked": {"g": 1}}, 4: {"want": "pause"}}
    rests = 0
    ticks = train(run, pictures())
    for tick in ticks:
        if tick.step in changes:
            run.write_control(**changes[tick.step])
        rests += tick.paused
        if rests == 5:
            ticks.close()
    assert run.states()[-1] == 4
    assert "stepped" not in happened(run)


def step_by_hand(run: Run, what: Step) -> None:
    """Takes up the paused run, makes one step and leaves it."""
    ticks = train(run, pictures())
    assert next(ticks).paused
    run.ask_step(what)
    assert not next(ticks).paused
    ticks.close()


def test_a_stop_between_single_steps_changes_nothing(tmp_path):
    """G's step by hand judges fakes of its own, whether or not D has just been shown some."""
    one, other = (make(tmp_path, run_id=name) for name in ("one", "other"))
    for run in (one, other):
        run.write_control(want="pause")
    step_by_hand(one, "d")
    step_by_hand(one, "g")
    ticks = train(other, pictures())
    assert next(ticks).paused
    other.ask_step("d")
    other.ask_step("g")
    assert [next(ticks).step for _ in range(2)] == [1, 2]
    ticks.close()
    assert same(kept(one), kept(other))
    assert rows(one) == rows(other)


def test_single_steps_end_with_the_budget(tmp_path):
    run = make(tmp_path, steps=2)
    run.write_control(want="pause")
    last = None
    for tick in train(run, pictures()):
        last = tick
        if tick.paused:
            run.ask_step("both")
    assert last
    assert (last.step, last.paused) == (2, False)
    assert happened(run)[-1] == "finished"
