"""Branches: exactly as the run itself where its state was kept, from both networks where not; the past comes along."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
import torch

from gan import files, runs, tensor_files
from gan.runs import Run, RunError, branching
from gan.runs.log_reader import LogReader
from gan.training import checkpointer, sample_grids
from gan.training.branch import branch
from gan.training.loop import train
from tests.engine import drive, event, happened, kept, make, pictures, play, points, rows, same, tiny, until

pytestmark = pytest.mark.usefixtures("quick_disk")


@pytest.fixture
def seen(monkeypatch):
    """A picture after every step; snapshots of the steps 0, 1, 3, 5 and 8."""
    monkeypatch.setattr(sample_grids.SamplePublisher, "due", lambda self: True)


@pytest.fixture
def eager(seen, monkeypatch):
    """A state after every step, too."""
    monkeypatch.setattr(checkpointer, "SAVE_SECONDS", -1.0)


def shipped(run: Run) -> Run:
    """The run as it would be given away: without the states to go on from."""
    for step in run.states():
        run.state(step).unlink()
    return run


def networks(run: Run, step: int | None = None) -> dict[str, torch.Tensor]:
    return tensor_files.read_tensors(run.weights(step))[0]


# -- from the full state -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"half_life": 1.0},
        {"decay_steps": 4},
        {"d_steps": 2, "reuse_fake": False},
        {"model": "gan-2014"},
        {"model": "first-steps"},
    ],
)
def test_nothing_changed_it_is_the_run_itself(tmp_path, settings):
    """Step 5 lies in the middle of a log interval of 3 and of an epoch of 2.5 batches."""
    data = points() if settings.get("model") == "first-steps" else pictures()
    run = make(tmp_path, tiny(**settings))
    until(run, 5, data)
    play(run, data)
    made = branch(run, 5, {"steps": 10})
    assert made.states() == [5]
    assert runs.folder_status(made, held=False) == "stopped"
    play(made, data)
    assert rows(made) == rows(run)
    assert same(kept(made), kept(run))
    assert runs.folder_status(made, held=False) == "finished"
    assert not any("generation" in told for told in made.events())


def test_it_goes_on_beyond_the_end_as_a_raised_budget_would(tmp_path, unbroken):
    run = make(tmp_path, steps=5)
    play(run)
    made = branch(run, 5, {"steps": 10})
    play(made)
    assert rows(made) == rows(unbroken)
    assert same(kept(made), kept(unbroken))
    assert run.states()[-1] == 5


def test_what_was_in_force_at_that_step_stays_so(tmp_path):
    run = make(tmp_path)
    until(run, 2)
    run.write_control(lr_g=0.05, d_steps=2)
    drive(run, {5: {"want": "stop"}})
    run.write_control(want="run", lr_g=0.1)
    play(run)
    made, straight = branch(run, 5, {"steps": 10}), branch(run, 10, {"steps": 12})
    for one in (made, straight):
        assert (one.config().lr_g, one.config().d_steps) == (0.1, 2)
    play(made)
    assert rows(made) == rows(run)
    assert same(kept(made), kept(run))
    assert happened(made).count("lr") == 2
    early = branch(run, 2, {"steps": 4})
    assert early.config().lr_g == 0.05


@pytest.mark.parametrize("step", [5, 3])
def test_a_branch_survives_being_killed_and_stopped(tmp_path, eager, step):
    """The folder as a killed trainer leaves it is a copy of it while another one trains."""
    run = make(tmp_path)
    until(run, 5)
    shipped_too = step == 3
    made = branch(shipped(run) if shipped_too else run, step, {"steps": 12}, run_id="made")
    whole = branch(run, step, {"steps": 12}, run_id="whole")
    play(whole)
    ticks = train(made, pictures())
    for tick in ticks:
        if tick.step in (step, step + 1, step + 4):
            crashed = Run(tmp_path / f"crashed-{tick.step}")
            shutil.copytree(made.path, crashed.path)
            until(crashed, tick.step + 2)
            play(crashed)
            assert rows(crashed) == rows(whole)
            assert same(kept(crashed), kept(whole))
    assert [row["seq"] for row in rows(made)] == [0, 1, 2, 3]


# -- from the networks -------------------------------------------------------------------------------


def test_without_a_state_both_networks_go_on(tmp_path, eager):
    run = shipped(trained(tmp_path))
    made = branch(run, 5, {"steps": 10})
    found, shown = kept(made), networks(run, 5)
    for name, tensor in shown.items():
        twins = [f"G_ema.{name[2:]}", name] if name.startswith("G.") else [name]
        assert all(torch.equal(found[twin], tensor) for twin in twins)
    assert not any(name.startswith("opt_") for name in found)
    about = tensor_files.read_tensors(made.state(5))[1]
    assert (about["d_updates"], about["g_updates"], about["images"]) == (5, 5, 20)
    assert about["epoch"] == 2.0
    assert about["seq"] == 1
    assert about["since"] == [20, about["seconds"]]  # the interval begins here
    play(made)
    assert [row["step"] for row in rows(made)] == [3, 6, 9]
    assert [row["images"] for row in rows(made)] == [12, 24, 36]
    assert rows(made)[0] == rows(run)[0]
    seconds = [row["seconds"] for row in files.lines(made.path / "metrics.jsonl")]
    assert seconds == sorted(seconds)


def trained(tmp_path, **settings) -> Run:
    run = make(tmp_path, tiny(**settings))
    play(run)
    return run


def test_a_shipped_run_is_trained_further_from_its_newest_generator(tmp_path):
    run = shipped(trained(tmp_path))
    run.weights(10).unlink()
    before = {p: p.read_bytes() for p in run.path.rglob("*") if p.is_file()}
    made = branch(run, 10, {"steps": 13})
    play(made)
    assert made.weights().exists()
    assert tensor_files.read_tensors(made.weights())[1]["step"] == 13
    assert before == {p: p.read_bytes() for p in before}


def test_the_draws_go_on_with_the_updates_that_were_made(tmp_path, eager):
    run = make(tmp_path)
    drive(run, {2: {"d_steps": 3, "g_steps": 2}})
    shipped(run)
    about = tensor_files.read_tensors(branch(run, 8, {"steps": 9}).state(8))
    assert (about[1]["d_updates"], about[1]["g_updates"]) == (2 + 6 * 3, 2 + 6 * 2)
    tensors, told = tensor_files.read_tensors(run.weights(8))
    old = {key: value for key, value in told.items() if not key.endswith("_updates")}
    tensor_files.write_tensors(run.weights(8), tensors, old)  # as earlier versions wrote it
    about = tensor_files.read_tensors(branch(run, 8, {"steps": 9}).state(8))
    assert (about[1]["d_updates"], about[1]["g_updates"]) == (24, 16)


@pytest.mark.parametrize("whole", [True, False])
def test_d_may_begin_anew(tmp_path, eager, whole):
    run = make(tmp_path)
    until(run, 5)
    same_d = branch(run if whole else shipped(run), 5, {"steps": 8})
    made = branch(run, 5, {"steps": 8}, fresh_d=True)
    found, before, first = kept(made), kept(same_d), networks(run, 0)
    assert all(torch.equal(found[name], first[name]) for name in first if name.startswith("D."))
    others = {name for name in before if not name.startswith(("D.", "opt_d."))}
    assert {name for name in found if not name.startswith("D.")} == others
    assert all(torch.equal(found[name], before[name]) for name in others)
    assert event(made, "branched")["text"].endswith(branching.FRESH_D_TEXT)
    play(made)
    play(same_d)
    assert rows(made)[:1] == rows(same_d)[:1]
    assert rows(made)[1:] != rows(same_d)[1:]


def test_a_state_that_is_damaged_gives_way_to_the_networks(tmp_path, eager):
    run = make(tmp_path)
    until(run, 5)
    run.state(5).write_bytes(b"junk")
    made = branch(run, 5, {"steps": 10})
    assert event(made, "branched")["what"] == "networks"
    play(made)
    run.weights(5).write_bytes(b"junk")
    run.weights().write_bytes(b"junk")
    with pytest.raises(RunError, match=r"state-5\.safetensors cannot be read"):
        branch(run, 5, {"steps": 10})


# -- what comes along --------------------------------------------------------------------------------


def test_the_past_comes_along_and_nothing_else(tmp_path, seen):
    run = make(tmp_path)
    drive(run, {2: {"lr_d": 0.01}, 5: {"want": "stop"}})
    run.write_control(want="run")
    play(run)
    files.append(run.path / "scores.jsonl", [{"step": 3}, {"step": 10}])
    near = run.path / "samples" / "nearest"
    near.mkdir()
    for step in (3, 10):
        (near / f"{step}.webp").write_bytes(b"pairs")
    run.write_control(title="Mine")
    made = branch(run, 5, {"steps": 10})
    assert made.control().title == "Mine, from step 5"
    assert made.created() > run.created()
    assert happened(made) == ["created", "started", "lr", "stopped", "resumed", "branched"]
    told = event(made, "branched")
    assert (told["from"], told["step"], told["what"]) == ("tiny", 5, "state")
    assert told["text"] == branching.origin_text(run, 5)
    assert [row["step"] for row in rows(made)] == [3]
    assert made.pictures("fixed") == made.pictures("random") == [0, 1, 2, 3, 4, 5]
    assert made.snapshots() == [0, 1, 3, 5]
    assert made.real_picture().exists()
    assert [row["step"] for row in files.lines(made.path / "scores.jsonl")] == [3]
    assert [path.name for path in (made.path / "samples" / "nearest").iterdir()] == ["3.webp"]
    play(made)
    assert happened(made)[-2:] == ["resumed", "finished"]
    run.delete()
    again = branch(made, 8, {"steps": 12})  # a branch of a branch, whose root is gone
    assert happened(again).count("branched") == 2
    play(again)
    assert LogReader(again).series()["columns"]["step"] == [3, 6, 9, 12]


def test_a_change_is_told_where_it_begins(tmp_path):
    run = make(tmp_path)
    until(run, 5)
    changes = {"lr_g": 0.001, "loss": "minimax", "ema_decay": 0.5, "d_steps": 2}
    made = branch(run, 5, {"steps": 8}, changes, title="Other")
    play(made)
    assert made.control().title == "Other"
    assert made.config() == run.config().replace(**changes)
    assert event(made, "branched")["changes"] == changes
    assert (event(made, "lr")["step"], event(made, "lr")["lr_g"]) == (5, 0.001)
    assert event(made, "ratio")["d_steps"] == 2


def test_another_seed_shows_no_pictures_of_other_noise(tmp_path, eager):
    run = make(tmp_path)
    until(run, 5)
    made = branch(run, 5, {"steps": 7}, {"seed": 9})
    assert made.pictures("fixed") == []
    assert made.pictures("random") != []
    play(made)
    assert made.pictures("fixed") == [5, 6, 7]


# -- what cannot be ----------------------------------------------------------------------------------


def test_what_cannot_be_is_said_and_leaves_nothing(tmp_path, eager):
    run = make(tmp_path)
    until(run, 5)
    refused: list[tuple[Any, str]] = [
        ((4, {"steps": 9}, {"width": 8}), r"cannot change width"),
        ((4, {"steps": 9}, {"dataset": "ring", "z_dim": 2}), r"cannot change dataset, z_dim"),
        ((4, {"steps": 9}, {"lr_g": -1.0}), r"lr_g: -1\.0 is not between"),
        ((4, {"steps": 9}, {"loss": "none"}), r"loss: 'none' is not one of"),
        ((4, {"steps": 9}, {"d_steps": 0, "g_steps": 0}), r"at least one of the two"),
        ((4, {"steps": 4}, {}), r"begins at step 4: give it a budget beyond"),
        ((7, {"steps": 9}, {}), r"kept nothing of step 7 to branch from; there is 0, 1, .* 5\."),
    ]
    for given, why in refused:
        with pytest.raises(RunError, match=why):
            branch(run, *given)
    with pytest.raises(RunError, match=r"kept nothing of step 1 .* there is nothing"):
        branch(make(tmp_path, run_id="new"), 1, {"steps": 9})
    assert {path.name for path in tmp_path.iterdir()} == {"tiny", "new"}


def test_half_a_branch_is_no_run(tmp_path, eager, monkeypatch):
    run = make(tmp_path)
    until(run, 5)

    def full(*_, **__):
        assert [found.id for found in runs.runs(tmp_path)] == ["tiny"]  # if it were killed here
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tensor_files, "write_tensors", full)
    with pytest.raises(RunError, match="cannot be written: No space left"):
        branch(run, 5, {"steps": 9})
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_a_device_of_another_machine_gives_way(tmp_path, monkeypatch):
    run = make(tmp_path)
    until(run, 5)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    config = (run.path / "config.json").read_text()
    (run.path / "config.json").write_text(config.replace('"cpu"', '"cuda"'))
    assert branch(run, 5, {"steps": 9}).config().device == "cpu"
    with pytest.raises(RunError, match="'cuda' is not on this machine"):
        branch(run, 5, {"steps": 9}, {"device": "cuda"})
