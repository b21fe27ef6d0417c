"""The loop: stopping and going on change nothing, live changes are told, single steps are exact."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from gan import runs, tensor_files
from gan.datasets import Data
from gan.models import _layers
from gan.runs import Busy, Run, RunError
from gan.sampler import Sampler
from gan.training import checkpointer, live_scores, loop, sample_grids
from gan.training.loop import train
from gan.training.metrics_log import MetricsLog
from tests.engine import drive, event, happened, kept, make, pictures, play, points, rows, same, tiny, until

SHAPES = {"dcgan-16": pictures(16), "first-steps": points()}
MODELS = ("dcgan-16", "dcgan-tutorial", "first-steps", "gan-2014", "gan-dropout", "lean-dcgan", "lean-resnet")


pytestmark = pytest.mark.usefixtures("quick_disk")


# -- stopping and going on -------------------------------------------------------------------------


def stop_by_closing(run):
    until(run, 5)


def stop_by_control(run):
    drive(run, {5: {"want": "stop"}})
    run.write_control(want="run")


def stop_while_paused(run):
    for tick in train(run, pictures()):
        if tick.step == 5:
            run.write_control(want="stop" if tick.paused else "pause")
    assert not tick.paused
    run.write_control(want="run")


def close_while_paused(run):
    ticks = train(run, pictures())
    for tick in ticks:
        if tick.step == 5:
            run.write_control(want="pause")
        if tick.paused:
            break
    ticks.close()
    run.write_control(want="run")


def pause_and_continue(run):
    rests = 0
    for tick in train(run, pictures()):
        if tick.step == 5 and rests == 0:
            run.write_control(want="pause")
        rests += tick.paused
        if rests == 3:
            run.write_control(want="run")


def stop_often(run):
    for step in (1, 4, 5, 9):
        until(run, step)


STOPS = (stop_by_closing, stop_by_control, stop_while_paused, close_while_paused, pause_and_continue, stop_often)


@pytest.mark.parametrize("stop", STOPS)
def test_a_stop_between_changes_nothing(tmp_path, unbroken, stop):
    """Step 5 lies in the middle of a log interval of 3 and of an epoch of 2.5 batches."""
    run = make(tmp_path)
    stop(run)
    play(run)
    assert rows(run) == rows(unbroken)
    assert same(kept(run), kept(unbroken))
    assert runs.folder_status(run, held=False) == "finished"
    assert not any("generation" in event for event in run.events())


@pytest.mark.parametrize("stop", [stop_by_closing, stop_by_control, close_while_paused])
def test_a_stop_keeps_everything_up_to_the_last_step(tmp_path, stop):
    run = make(tmp_path)
    stop(run)
    assert run.states()[-1] == event(run, "stopped")["step"] == run.pictures("fixed")[-1] == 5
    assert tensor_files.read_tensors(run.weights())[1]["step"] == 5
    assert runs.folder_status(run, held=False) == "stopped"


@pytest.mark.parametrize("model", MODELS)
def test_n_and_n_updates_are_two_n_for_every_model(tmp_path, model):
    """Also with a ratio, own fakes for G and dropout: weights, EMA, moments, log."""
    data = SHAPES.get(model, pictures())
    config = tiny(model=model, d_steps=2, g_steps=2, reuse_fake=model == "gan-2014", log_every=4)
    one, other = (make(tmp_path, config, steps=6, run_id=name) for name in ("one", "other"))
    play(one, data)
    until(other, 3, data)
    play(other, data)
    assert rows(one) == rows(other)
    assert [row["step"] for row in rows(one)] == [4]
    assert same(kept(one), kept(other))
    assert kept(one)["pending.d_loss"].shape == (4,)
    assert torch.equal(*(tensor_files.read_tensors(r.weights())[0]["G_ema." + first(r)] for r in (one, other)))


class WithoutMps(TorchDispatchMode):
    """Notes what PyTorch's MPS refuses: to compute in float64 (a file may be read), to draw 64 bits."""

    def __init__(self):
        super().__init__()
        self.refused = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        tensors = [x for x in tree_leaves(made) if isinstance(x, torch.Tensor)]
        drawn = str(func) == "aten.random_.from" and args[2] is None
        read = str(func) in ("aten.view.default", "aten.view.dtype", "aten.detach.default")
        if drawn or (not read and any(x.dtype == torch.float64 for x in tensors)):
            self.refused.add(str(func))
        return made


@pytest.mark.parametrize("model", MODELS)
def test_training_and_looking_ask_for_nothing_that_mps_refuses(tmp_path, monkeypatch, model):
    monkeypatch.setattr(_layers, "_by_bytes", _layers._by_floats)  # as on MPS
    monkeypatch.setattr(live_scores, "EVERY_IMAGES", 8)
    dataset = "ring" if model == "first-steps" else "mnist"
    run = make(tmp_path, tiny(model=model, dataset=dataset, r1=0.1), steps=6)
    with WithoutMps() as device:
        play(run, SHAPES.get(model, pictures()))
    assert not device.refused


def first(run: Run) -> str:
    """The name of G's first weight."""
    tensors = tensor_files.read_tensors(run.weights())[0]
    return min(name for name in tensors if name.startswith("G_ema.")).removeprefix("G_ema.")


def labelled():
    data = pictures()
    return dataclasses.replace(data, labels=np.arange(10) % 3, names=("a", "b", "c"))


def test_a_conditional_run_stops_and_goes_on_as_any_other(tmp_path):
    one, two = (make(tmp_path, tiny(conditional=True), run_id=name) for name in ("one", "two"))
    play(one, labelled())
    until(two, 5, labelled())
    play(two, labelled())
    assert rows(one) == rows(two)
    assert same(kept(one), kept(two))
    told = Sampler.load(one.path)
    assert told.classes == 3
    assert told.names == ("a", "b", "c")


def test_the_labels_decide(tmp_path):
    shuffled = dataclasses.replace(labelled(), labels=(np.arange(10) + 1) % 3)
    logs = []
    for name, data in (("one", labelled()), ("two", shuffled)):
        play(run := make(tmp_path, tiny(conditional=True), run_id=name), data)
        logs.append(rows(run)[-1]["d_loss"])
    assert logs[0] != logs[1]


def test_a_conditional_run_without_labels_says_so(tmp_path):
    run = make(tmp_path, tiny(conditional=True))
    with pytest.raises(RunError, match="has no labels"):
        play(run)


def test_a_larger_budget_goes_on_as_if_it_had_been_so_from_the_start(tmp_path, unbroken):
    run = make(tmp_path, steps=5)
    assert play(run)[-1].done == 1.0
    assert runs.folder_status(run, held=False) == "finished"
    run.write_control(budget={"steps": 10})
    assert runs.folder_status(run, held=False) == "stopped"
    play(run)
    assert rows(run) == rows(unbroken)
    assert same(kept(run), kept(unbroken))


def test_a_run_that_has_used_its_budget_only_says_so_again(unbroken, tmp_path):
    run = make(tmp_path)
    play(run)
    before, log = kept(run), rows(run)
    (tick,) = play(run)
    assert (tick.step, tick.done) == (10, 1.0)
    assert same(kept(run), before)
    assert rows(run) == log
    assert happened(run)[-2:] == ["resumed", "finished"]


@pytest.mark.parametrize(("budget", "steps"), [({"epochs": 2}, 5), ({"steps": 7}, 7)])
def test_a_budget_counts_steps_or_passes_through_the_data(tmp_path, budget, steps):
    run = make(tmp_path, **budget)
    ticks = play(run)
    assert ticks[-1].step == steps
    assert [tick.done for tick in ticks] == sorted(tick.done for tick in ticks)
    assert event(run, "finished")["epoch"] == pytest.approx(steps * 4 / 10)


def test_a_budget_may_count_seconds(tmp_path):
    run = make(tmp_path, seconds=0.05)
    assert 0.05 <= play(run)[-1].seconds < 50
    assert runs.folder_status(run, held=False) == "finished"


def test_the_clock_counts_training_only(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("gan.training.loop.time.perf_counter", lambda: now[0])
    run = make(tmp_path, steps=4)
    for _ in train(run, pictures()):
        now[0] += 100.0  # a slow host
    assert event(run, "finished")["seconds"] == 0.0


# -- looking ---------------------------------------------------------------------------------------


def test_looking_saving_and_flushing_at_any_pace_changes_nothing(tmp_path, unbroken, monkeypatch):
    monkeypatch.setattr(sample_grids.SamplePublisher, "due", lambda self: True)
    monkeypatch.setattr(loop, "FLUSH_SECONDS", -1.0)
    monkeypatch.setattr(checkpointer, "SAVE_SECONDS", -1.0)
    before = torch.get_rng_state()
    run = make(tmp_path)
    ticks = play(run)
    assert torch.equal(torch.get_rng_state(), before)
    assert run.pictures("fixed") == list(range(11))
    assert [tick.record["step"] for tick in ticks if tick.record] == [3, 6, 9]
    assert rows(run) == rows(unbroken)
    assert same(kept(run), kept(unbroken))


def test_the_global_generator_decides_nothing(tmp_path, unbroken):
    run = make(tmp_path)
    for tick in train(run, pictures()):
        torch.manual_seed(tick.step)
    assert same(kept(run), kept(unbroken))


def test_the_untrained_generator_is_shown_first(tmp_path):
    run = make(tmp_path)
    ticks = train(run, pictures())
    next(ticks)
    assert run.pictures("fixed")[0] == run.pictures("random")[0] == run.snapshots()[0] == 0
    assert run.real_picture().exists()
    ticks.close()


def test_another_seed_is_another_run(tmp_path, unbroken):
    run = make(tmp_path, tiny(seed=1))
    play(run)
    assert rows(run) != rows(unbroken)


# -- who may train ---------------------------------------------------------------------------------


def test_a_second_trainer_is_refused_and_the_first_goes_on(tmp_path, unbroken):
    run = make(tmp_path)
    first = train(run, pictures())
    next(first)
    with pytest.raises(Busy, match=r"being trained by another trainer"):
        next(train(run, pictures()))
    assert runs.folder_status(run, held=True) == "training"
    with pytest.raises(Busy):
        run.delete()
    list(first)
    assert run.error() == ""
    assert rows(run) == rows(unbroken)
    run.delete()


def test_a_shipped_run_is_not_trained_over(tmp_path):
    """Weights without a state: there is nothing to go on from, and the history must stay."""
    run = make(tmp_path)
    play(run)
    for step in run.states():
        run.state(step).unlink()
    before = {p: p.read_bytes() for p in run.path.rglob("*") if p.is_file() and p.name != "lock"}
    with pytest.raises(RunError, match=r"came without the state .* start a new run"):
        play(run)
    after = {p: p.read_bytes() for p in before if p.name != "events.jsonl"}
    assert after == {p: before[p] for p in after}
    assert happened(run)[-2:] == ["finished", "failed"]


def test_a_run_may_be_resumed_from_its_first_moment_on(tmp_path, unbroken):
    run = make(tmp_path)
    run.write_control(lr_g=0.1)
    ticks = train(run, pictures())
    next(ticks)
    for name in ("lr_d", "lr_g"):
        run.write_control(**{name: 0.3})
        next(ticks)
    ticks.close()
    for step in run.states()[1:]:
        run.state(step).unlink()  # killed before the next save
    run.write_control(lr_g=None, lr_d=None)
    play(run)
    assert rows(run) == rows(unbroken)


@pytest.mark.parametrize("mode", ["c", "r"])
def test_the_pictures_are_not_copied_but_where_they_cannot_be_written(tmp_path, mode):
    np.save(tmp_path / "images.npy", pictures().images)
    data = Data(np.load(tmp_path / "images.npy", mmap_mode=mode))
    run = make(tmp_path)
    real = loop._Training(run, MetricsLog(run), data).batches.real
    assert (real.data_ptr() == data.images.ctypes.data) == (mode == "c")
    assert np.array_equal(real, data.images)


def test_each_class_comes_up_equally_often_where_that_is_asked_for(tmp_path):
    labels = np.array([0] * 8 + [1] * 2, np.int64)
    data = Data(pictures().images, labels, ("many", "few"))
    drawn = {}
    for balanced in (False, True):
        run = make(tmp_path, tiny(balanced=balanced), run_id=f"run-{balanced}".lower())
        batches = loop._Training(run, MetricsLog(run), data).batches
        batches.real = torch.arange(10.0).view(10, 1, 1, 1)  # so that a picture is its row
        drawn[balanced] = [batches(update)[0].flatten().int().tolist() for update in range(40)]
    few = [sum(row >= 8 for row in rows) for rows in drawn[True]]
    assert few == [2] * 40
    counts = np.bincount(np.concatenate(drawn[True]), minlength=10)
    assert counts.tolist() == [10] * 8 + [40] * 2, "within its class every picture as often as the others"
    assert np.bincount(np.concatenate(drawn[False])).tolist() == [16] * 10
