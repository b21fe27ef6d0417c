"""Trouble while training: it ends in a sentence, and nothing that was learned is lost."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys

import pytest

from gan import files, models, runs, tensor_files
from gan.datasets import DataError
from gan.games.adversarial import Game
from gan.runs import Run, RunError
from gan.training import checkpointer, sample_grids
from gan.training.loop import train
from tests.engine import event, happened, kept, make, pictures, play, points, rows, same, tiny, until
from tests.killing import data_of

pytestmark = pytest.mark.usefixtures("quick_disk")


@pytest.fixture
def eager(monkeypatch):
    """A picture and a state after every step."""
    monkeypatch.setattr(sample_grids.SamplePublisher, "due", lambda self: True)
    monkeypatch.setattr(checkpointer, "SAVE_SECONDS", -1.0)


def all_finite(run: Run) -> bool:
    """Whether every weight and moment that was kept is a finite number."""
    paths = [run.weights(), *map(run.weights, run.snapshots()), *map(run.state, run.states())]
    found = [value for path in paths for value in tensor_files.read_tensors(path)[0].values()]
    return all(value.isfinite().all() for value in found if value.is_floating_point())


# -- numbers that are not finite -------------------------------------------------------------------


def poison_loss(monkeypatch, player, odd):
    """From its seventh call on the loss is not finite."""
    from gan.losses import hinge

    right, calls = getattr(hinge, player), []

    def wrong(*logits):
        calls.append(1)
        return right(*logits) * (odd if len(calls) >= 7 else 1.0)

    monkeypatch.setattr(hinge, player, wrong)


def poison_weights(monkeypatch, player, odd):
    """Before the seventh update of D a weight is overwritten."""
    right = Game.d_step

    def wrong(self, real, y=None):
        if self.counts["d"] == 6:
            next(getattr(self, player.upper()).parameters()).data.view(-1)[0] = odd
        return right(self, real, y)

    monkeypatch.setattr(Game, "d_step", wrong)


@pytest.mark.parametrize(
    ("poison", "player", "odd", "log_every"),
    [
        (poison_loss, "d", float("nan"), 1),
        (poison_loss, "d", float("inf"), 3),
        (poison_loss, "g", float("nan"), 1000),
        (poison_loss, "g", float("-inf"), 1),
        (poison_weights, "d", float("nan"), 1000),
        (poison_weights, "g", float("inf"), 3),
        (poison_weights, "g", float("nan"), 1000),
    ],
)
def test_a_number_that_is_not_finite_stops_the_run_and_poisons_nothing(
    tmp_path, monkeypatch, eager, poison, player, odd, log_every
):
    run, other = (make(tmp_path, tiny(log_every=log_every), run_id=name) for name in ("a", "b"))
    with monkeypatch.context() as patch:
        poison(patch, player, odd)
        with pytest.raises(RunError, match=r"stopped being a finite number at step [789]\b"):
            play(run)
    assert runs.folder_status(run, held=False) == "failed"
    assert "The last good generator was kept" in run.error()
    assert event(run, "failed")["step"] == 7
    assert all_finite(run)
    assert run.states()[-1] == 6
    assert run.snapshots()[-1] <= 6

    play(run)
    assert run.error() == ""
    assert runs.folder_status(run, held=False) == "finished"
    play(other)
    assert rows(run) == rows(other)
    assert same(kept(run), kept(other))
    assert event(run, "resumed").get("generation", 0) == 1  # the failure itself was taken back


def test_the_player_whose_number_it_was_is_named(tmp_path, monkeypatch):
    for player, name in (("d", "D's loss"), ("g", "G's loss")):
        with monkeypatch.context() as patch:
            poison_loss(patch, player, float("nan"))
            with pytest.raises(RunError) as caught:
                play(make(tmp_path, run_id=player))
        assert str(caught.value).startswith(name)


# -- a disk that is full ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "sound"), [*(("write", k) for k in (0, 1, 2, 4, 13, 34)), *(("append", k) for k in range(5))]
)
def test_a_full_disk_is_told_and_costs_nothing(tmp_path, monkeypatch, eager, unbroken, kind, sound):
    """After so many sound writes nothing more can be written."""
    run, right, count = make(tmp_path), getattr(files, kind), [0]

    def full(*given):
        count[0] += 1
        if count[0] > sound:
            raise OSError(errno.ENOSPC, "No space left on device")
        return right(*given)

    with monkeypatch.context() as patch:
        patch.setattr(files, kind, full)
        with pytest.raises(RunError, match=r"^The disk is full\. Free some space and resume"):
            play(run)
    assert runs.folder_status(run, held=False) == ("stopped" if kind == "write" else "failed")
    play(run)
    assert rows(run) == rows(unbroken)
    assert same(kept(run), kept(unbroken))
    assert run.error() == ""
    assert not list(run.path.rglob("*.tmp"))


# -- a process that is killed ----------------------------------------------------------------------


@pytest.mark.parametrize(("game", "seeds", "kills", "cuts"), [("adversarial", "012", 9, 1), ("unpaired", "3", 1, 0)])
def test_killed_at_any_moment_and_resumed_no_step_is_told_twice_and_none_skipped(tmp_path, game, seeds, kills, cuts):
    command = [sys.executable, "-m", "tests.killing", str(tmp_path), game, *seeds]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    whole = make(tmp_path, tiny(log_every=3, game=game), steps=60, run_id="whole")
    play(whole, data_of(game))
    trials = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(trials) == len(seeds)
    for trial in trials:
        run = runs.find(trial["run"], tmp_path)
        assert trial["wrong"] == []
        assert trial["left"] == []
        assert rows(run) == rows(whole)
        assert same(kept(run), kept(whole))
        steps = [told["step"] for told in run.events()]
        assert steps == sorted(steps)
    assert sum(trial["kills"] for trial in trials) >= kills
    assert sum(trial["cuts"] for trial in trials) >= cuts


def test_what_a_kill_left_half_written_goes_with_the_next_start(tmp_path):
    run = make(tmp_path)
    (run.path / ".state-7.safetensors.x.tmp").write_bytes(b"half")
    next(ticks := train(run, pictures()))
    assert not list(run.path.rglob("*.tmp"))
    ticks.close()


# -- states that are damaged -----------------------------------------------------------------------


def damage(run: Run, step: int) -> None:
    data = bytearray(run.state(step).read_bytes())
    data[len(data) // 2] ^= 1
    run.state(step).write_bytes(data)


def test_a_damaged_state_is_told_and_training_goes_on_from_the_one_before(tmp_path, unbroken, eager):
    run = make(tmp_path)
    until(run, 7)
    assert run.states()[-2:] == [6, 7]
    damage(run, 7)
    play(run)
    assert rows(run) == rows(unbroken)
    assert same(kept(run), kept(unbroken))
    assert "step 7 cannot be used: state-7.safetensors is damaged" in event(run, "complaint")["text"]
    resumed = event(run, "resumed")
    assert (resumed["step"], resumed["generation"]) == (6, 1)
    assert "stopped" not in happened(run)  # it was told of step 7, which was taken back


def test_without_a_state_that_holds_everything_stays_as_it_is(tmp_path, eager):
    run = make(tmp_path)
    until(run, 7)
    log, shown = rows(run), run.pictures("fixed")
    for step in run.states():
        damage(run, step)
    with pytest.raises(RunError, match=r"The state of step 7 cannot be used"):
        play(run)
    assert rows(run) == log
    assert run.pictures("fixed") == shown
    assert run.weights().exists()


@pytest.mark.parametrize("gone", ["metrics.jsonl", "events.jsonl", "control.json", "samples/fixed"])
def test_a_run_goes_on_without_what_somebody_removed(tmp_path, gone):
    run = make(tmp_path)
    until(run, 7)
    path = run.path / gone
    if path.is_dir():
        for picture in path.iterdir():
            picture.unlink()
    else:
        path.unlink()
    run.write_control(budget={"steps": 10})
    play(run)
    assert rows(run)[-1]["step"] == 9
    assert runs.folder_status(run, held=False) == "finished"


@pytest.mark.parametrize("moved", [False, True])
def test_a_folder_that_is_taken_away_ends_training_and_nothing_is_written_in_its_place(tmp_path, moved, eager):
    run = make(tmp_path, steps=50)
    ticks = train(run, pictures())
    with pytest.raises(RunError, match="removed or moved: training has ended"):  # noqa: PT012
        for tick in ticks:
            if tick.step == 3:
                run.path.rename(tmp_path / "elsewhere")
                if not moved:
                    shutil.rmtree(tmp_path / "elsewhere")
                run.path.mkdir()
                (run.path / "strangers.txt").write_text("mine")
            assert tick.step < 5
    assert [path.name for path in run.path.iterdir()] == ["strangers.txt"]
    if moved:
        assert runs.find("elsewhere", tmp_path).states()


def test_a_removed_lock_is_no_removed_folder(tmp_path):
    run = make(tmp_path, steps=6)
    for tick in train(run, pictures()):
        if tick.step == 3:
            (run.path / "lock").unlink()
    assert happened(run)[-1] == "finished"


def test_a_folder_that_cannot_be_written_any_more_is_told(tmp_path, monkeypatch, eager):
    run = make(tmp_path, steps=7)

    def refuse(path, *_):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with (  # noqa: PT012
        monkeypatch.context() as patch,
        pytest.raises(RunError, match=r"cannot be written \(Permission denied\)"),
    ):
        for tick in train(run, pictures()):
            if tick.step == 3:
                patch.setattr(files, "append", refuse)
    play(run)


# -- data and memory -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (DataError("MNIST is not here: get it first."), "MNIST is not here: get it first."),
        (PermissionError(13, "Permission denied", "x"), "A file could not be read or written: "),
        (KeyError("x"), "Training ended unexpectedly: KeyError: 'x'"),
    ],
)
def test_any_trouble_becomes_a_sentence(tmp_path, monkeypatch, error, told):
    def fail(_):
        raise error

    run = make(tmp_path)
    monkeypatch.setattr("gan.datasets.open", fail)
    with pytest.raises(RunError) as caught:
        list(train(run))
    assert str(caught.value).startswith(told)
    assert run.error() == str(caught.value)
    assert event(run, "failed")["text"] == run.error()


def test_too_little_memory_is_said_with_what_helps(tmp_path, monkeypatch):
    import torch

    def fail(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(models, "build", fail)
    with pytest.raises(RunError, match=r"too little memory .* smaller batch"):
        play(make(tmp_path))


@pytest.mark.parametrize("model", ["lean-dcgan", "dcgan-16"])
def test_data_a_model_cannot_make_are_refused_with_what_it_can(tmp_path, model):
    run = make(tmp_path, tiny(model=model))
    with pytest.raises(RunError, match=rf"{model} (makes|cannot make) pictures"):
        play(run, points() if model == "lean-dcgan" else pictures(12))
    assert runs.folder_status(run, held=False) == "failed"
    assert run.error().startswith(model)


def test_settings_that_cannot_be_read_are_told(tmp_path):
    run = make(tmp_path)
    config = json.loads((run.path / "config.json").read_text())
    (run.path / "config.json").write_text(json.dumps({**config, "batch": 0}))
    with pytest.raises(RunError, match=r"batch: 0 is not between 1 and 4096"):
        play(run)
    (run.path / "config.json").write_text(json.dumps(config))
    play(run)
    assert run.error() == ""
