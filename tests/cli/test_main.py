"""python -m gan: flags are fields, exit codes tell what happened, Ctrl-C saves and says how to go on."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gan import config as configs
from gan import images, registry, runs
from gan.cli import commands
from gan.cli import main as command_line
from gan.evaluation import evalnet, evaluate, reference
from gan.runs import Run, scores
from gan.sampler import Sampler
from tests import digits
from tests.engine import happened, kept, make, pictures, play, rows, same, tiny

pytestmark = pytest.mark.usefixtures("quick_disk")
TINY = [
    *("--dataset", "ring", "--model", "first-steps", "--loss", "non-saturating", "--device", "cpu"),
    *("--n-images", "50", "--batch", "4", "--z-dim", "2", "--samples", "16", "--log-every", "7"),
    *("--threads", "1"),
]
RING = tiny(dataset="ring", model="first-steps", loss="non-saturating", n_images=50, z_dim=2, log_every=7, width=16)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setenv("GAN_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("GAN_DATA", str(tmp_path / "data"))
    return tmp_path / "runs"


def call(*words) -> int:
    """The exit code of `python -m gan …`."""
    try:
        return command_line.main([str(word) for word in words])
    except SystemExit as end:  # argparse
        return int(end.code or 0)


def trained(steps=20, name="one") -> Run:
    assert call("train", *TINY, "--run", name, "--steps", steps) == 0
    return runs.find(name)


# -- training --------------------------------------------------------------------------------------


def test_a_run_is_made_trained_and_listed(capsys):
    run = trained()
    assert run.config() == RING
    assert capsys.readouterr().out.startswith("one: finished at step 20, ")
    assert call("list") == 0
    assert re.match(r"one +finished +20 steps  one\n$", capsys.readouterr().out)
    assert call("list", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told.items() >= {"id": "one", "status": "finished", "step": 20, "model": "first-steps"}.items()


def test_a_run_goes_on_where_it_stopped():
    run, whole = trained(9), trained(20, "whole")
    assert call("train", "--run", "one", "--resume", "--steps", 20) == 0
    assert rows(run) == rows(whole)
    assert same(kept(run), kept(whole))


def test_without_a_name_one_is_made(capsys):
    assert call("train", *TINY, "--steps", 1) == 0
    assert [run.id for run in runs.runs()] == ["first-steps-ring-1"]


def test_a_preset_brings_settings_budget_and_title(monkeypatch):
    small = ["--n-images", "50", "--batch", "4", "--steps", "2", "--device", "cpu"]
    assert call("train", "--preset", "first-steps", "--lr-g", "0.5", *small) == 0
    (run,) = runs.runs()
    config, told = configs.preset("first-steps")
    changed = {"lr_g": 0.5, "n_images": 50, "batch": 4, "device": "cpu"}
    assert run.config() == config.replace(**changed)
    assert run.config().threads == 0
    assert run.control().title == told["title"]
    assert run.control().budget == {"steps": 2}


def test_without_preset_model_and_loss_a_run_is_what_the_app_would_start():
    small = ["--n-images", "50", "--batch", "4", "--device", "cpu", "--dataset", "strokes", "--threads", "1"]
    assert call("train", "--lr-g", "0.5", *small, "--steps", "1") == 0
    assert call("train", "--model", "lean", "--width", "4", *small, "--steps", "1") == 0
    by_model, by_preset = runs.runs()
    config = configs.preset("lean")[0]
    changed = {"n_images": 50, "batch": 4, "device": "cpu", "dataset": "strokes", "threads": 1}
    assert by_preset.config() == config.replace(lr_g=0.5, **changed)
    assert by_model.config() == configs.RunConfig(model="lean", width=4, **changed)


@pytest.mark.parametrize(
    "name", [name for name in configs.settings() if name not in ("source", "source_b", "two_classes", "start_from")]
)
def test_every_field_is_a_flag_that_names_what_it_takes(name, capsys):
    flag, knob = "--" + name.replace("_", "-"), configs.knob_of(name)
    assert call("train", flag, "~", "--steps", 1) == 2
    told = capsys.readouterr().err
    assert f"argument {flag}: {name}: '~' is not " in told
    for option in knob.options():
        assert str(option) in told
    if not knob.options() and knob.high < float("inf"):
        assert f"allowed: {configs.plain(knob.low)} to {configs.plain(knob.high)}" in told
    assert runs.runs() == []


WRONG = [
    ("train", "say how long to train: --steps N, --epochs N or --seconds S"),
    ("train --steps 0", "--steps 0: must be more than 0."),
    ("train --seconds nan", "--seconds nan: must be more than 0."),
    ("train --steps 2 --epochs 3", "not allowed with argument --steps"),
    ("train --steps x", "invalid int value: 'x'"),
    ("train --steps 1 --batch 0", "batch: 0 is not between 1 and 4096."),
    ("train --steps 1 --seed 3000000000", "seed: 3000000000 is not between 0 and 2147483647."),
    ("train --steps 1 --d-steps 0 --g-steps 0", "at least one of the two must be 1 or more"),
    ("train --steps 1 --colour red", "unrecognized arguments: --colour red"),
    ("train --steps 1 --run A_B", "--run A_B: an id has lower-case letters, digits and hyphens"),
    ("train --preset odd", "'odd' is not one of the presets: "),
    ("train --steps 1 --device mps", "device: 'mps' is not on this machine; there is cpu"),
    ("train --resume", "--resume needs --run ID."),
    ("sample --run one --out x.jpg", "--out x.jpg: the file must end in .png or .npy."),
    ("sample --run one@x --out x.png", "--run one@x: after the @ comes the step of a snapshot, a whole number."),
    ("sample --run one --n 0 --out x.png", "0 is not a whole number from 1 to 100000"),
    ("sample --run one --seed -1 --out x.png", "-1 is not a whole number from 0 to 2147483647"),
    ("data odd", "'odd' is not one of the datasets: "),
    ("eval", "name what to score: --run ID[@STEP], or --images x.npy --dataset NAME."),
    ("eval --run one --images x.npy", "name what to score"),
    ("eval --images x.npy", "--images needs --dataset NAME"),
    ("eval --run one --dataset strokes", "a run has its own"),
    ("eval --images x.npy --dataset ring", "invalid choice: 'ring'"),
    ("evaluator", "the following arguments are required: --dataset"),
    ("evaluator --dataset ring", "invalid choice: 'ring'"),
    ("evaluator --dataset own-images", "invalid choice: 'own-images'"),
    ("evaluator --dataset strokes --epochs 0", "0 is not a whole number from 1 to 100"),
    ("fly", "invalid choice: 'fly'"),
    ("", "the following arguments are required: COMMAND"),
]


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_wrong_usage_is_said_and_exits_with_2(words, told, capsys, monkeypatch, home):
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    assert call(*words.split()) == 2
    assert told in capsys.readouterr().err
    assert not home.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("train --run none --resume", "There is no run 'none' in "),
        ("sample --run none --out x.png", "There is no run 'none' in "),
        ("train --run ../x --resume", "'../x' is not a run id"),
        ("train --steps 1 --dataset mnist", "MNIST is not here yet. Get it: python -m gan data mnist"),
    ],
)
def test_what_fails_is_said_and_exits_with_1(words, told, capsys):
    assert call(*words.split()) == 1
    assert told in capsys.readouterr().err
    assert runs.runs() == []


def test_a_name_that_is_taken_is_said_and_the_run_stays(capsys):
    run = trained()
    assert call("train", *TINY, "--run", "one", "--steps", 5) == 1
    assert "A run 'one' is there already" in capsys.readouterr().err
    assert rows(run)[-1]["step"] == 14


def test_a_larger_budget_than_a_run_may_have_is_refused_on_resuming_too(capsys):
    run = trained()
    before = run.control().budget
    assert call("train", "--run", "one", "--resume", "--steps", 10_000_001) == 1
    assert "at most 10,000,000 steps" in capsys.readouterr().err
    assert run.control().budget == before


def test_another_value_on_resuming_is_refused_with_the_difference(capsys):
    run = trained()
    resume = ("train", "--run", "one", "--resume", "--steps", 30)
    assert call(*resume, "--batch", 8, "--lr-g", 0.5, "--loss", "hinge", "--z-dim", 2) == 2
    told = capsys.readouterr().err
    assert "batch: the run has 4, given 8\n" in told
    assert "lr_g: the run has 0.002, given 0.5\n" in told
    assert "loss: the run has non-saturating, given hinge\n" in told
    assert "z_dim" not in told
    assert call(*resume, "--preset", "gan-2014") == 2
    assert "model: the run has first-steps, given gan-2014" in capsys.readouterr().err
    assert run.control().budget == {"steps": 20}
    assert happened(run)[-1] == "finished"
    assert call(*resume, *TINY, "--device", "auto", "--threads", 0) == 0  # its own, or left open
    assert happened(run)[-1] == "finished"
    assert run.states()[-1] == 30


@pytest.mark.parametrize("budget", [("--steps", 10), ("--steps", 20), ("--seconds", 0.0001), ()])
def test_a_budget_that_is_used_up_does_nothing_and_says_so(budget, capsys):
    run = trained()
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert call("train", "--run", "one", "--resume", *budget) == 0
    told = capsys.readouterr().out
    assert told.startswith("one: nothing was done. A budget is a total")
    assert "the run has had 20 steps already" in told or "--seconds" in budget
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


def test_a_run_that_somebody_trains_is_said(capsys):
    run = trained()
    with run.locked():
        assert call("train", "--run", "one", "--resume", "--steps", 30) == 1
    assert "'one' is being trained by another trainer" in capsys.readouterr().err
    assert run.control().budget != {"steps": 30}, "what is refused changes nothing"


def test_a_shipped_run_that_cannot_go_on_stays_as_it_is(capsys):
    run = trained()
    for step in run.states():
        run.state(step).unlink()
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    assert call("train", "--run", "one", "--resume", "--steps", 30) == 1
    assert "without the state" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


def test_a_run_with_broken_settings_is_listed_with_what_is_wrong(capsys):
    run = trained()
    (run.path / "config.json").write_text("{")
    assert call("list") == 0
    assert "The settings of run 'one' cannot be read" in capsys.readouterr().out


def test_an_empty_list_says_how_to_begin(capsys):
    assert call("list") == 0
    assert "Make one: python -m gan train" in capsys.readouterr().out


# -- samples ---------------------------------------------------------------------------------------


def test_samples_of_one_class(home, tmp_path, capsys):
    data = replace(pictures(), labels=np.arange(10) % 3, names=("a", "b", "c"))
    play(run := make(home, tiny(conditional=True), steps=2, run_id="told"), data)
    z = np.random.default_rng(1).standard_normal((5, 3), dtype=np.float32)
    wanted = Sampler.load(run.path).images(z, np.ones(5, int))
    for label in ("b", "1"):
        assert (
            call("sample", "--run", "told", "--class", label, "--n", 5, "--seed", 1, "--out", tmp_path / "x.npy") == 0
        )
        assert (np.load(tmp_path / "x.npy") == wanted).all()
    assert call("sample", "--run", "told", "--class", "d", "--out", tmp_path / "x.npy") == 2
    assert "'d' is not one of a, b, c" in capsys.readouterr().err


def test_samples_as_numbers_and_as_a_picture(tmp_path, capsys):
    run = trained()
    for name, seed, n in (("a.npy", 1, 300), ("b.npy", 1, 300), ("c.npy", 2, 5), ("d.png", 1, 9)):
        out = tmp_path / name
        assert call("sample", "--run", "one", "--n", n, "--seed", seed, "--out", out) == 0
    a, b, c = (np.load(tmp_path / f"{name}.npy") for name in "abc")
    assert a.shape == (300, 1, 1, 2)
    assert a.dtype == np.uint8
    assert (a == b).all()
    assert (a[:5] != c).any()
    assert images.decode((tmp_path / "d.png").read_bytes()).shape == (384, 384, 3)
    assert "9 samples of one at step 20, seed 1" in capsys.readouterr().out
    step = run.snapshots()[0]
    out = tmp_path / "e.npy"
    assert call("sample", "--run", f"one@{step}", "--n", 5, "--seed", 2, "--out", out) == 0
    assert (np.load(out) != c).any()
    assert call("sample", "--run", "one@7777", "--out", out) == 1
    assert "keeps no generator of step 7777; there is 0" in capsys.readouterr().err
    assert call("sample", "--run", "one", "--class", "3", "--out", out) == 2
    assert "--class: the networks of one are told no classes" in capsys.readouterr().err
    assert call("sample", "--run", "one", "--out", tmp_path / "nowhere" / "x.png") == 1


@pytest.mark.parametrize("command", ["sample", "export"])
def test_a_place_that_cannot_be_written_to_is_said_before_any_work(command, tmp_path, capsys, monkeypatch):
    trained(1)
    monkeypatch.setattr("gan.sampler.Sampler.load", lambda *_: pytest.fail("too late"))
    end = ".png" if command == "sample" else ".zip"
    (tmp_path / f"folder{end}").mkdir()
    for out, told in ((tmp_path / "nix" / f"x{end}", "there is no folder"), (tmp_path / f"folder{end}", "is a folder")):
        assert call(command, "--run", "one", "--out", out) == 1
        assert told in capsys.readouterr().err


def test_a_run_becomes_a_page_and_a_folder(tmp_path, capsys):
    trained()
    page = tmp_path / "one.html"
    for code, more in ((0, ()), (1, ()), (0, ("--force",))):
        assert call("export", "--run", "one", "--html", "--out", page, *more) == code
    assert "is there already" in capsys.readouterr().err
    assert page.read_text().startswith("<!doctype html>")
    assert call("publish", "--run", "one", "--to", tmp_path / "site", "--once") == 0
    assert "finished" in capsys.readouterr().err
    told = json.loads((tmp_path / "site/now.json").read_text())
    assert told["why"] == "Its samples are points of the plane, which this page does not draw by itself."
    assert call("publish", "--run", "one", "--to", tmp_path) == 1
    assert "holds something else" in capsys.readouterr().err
    for words in (("export", "--html", "--out", tmp_path / "x.html"), ("publish", "--to", tmp_path / "y")):
        assert call(*words, "--run", "one@20") == 2


def test_export_overwrites_zips_of_runs_and_nothing_else(tmp_path, capsys):
    trained(1)
    there, zipped = tmp_path / "there.png", tmp_path / "x.zip"
    there.write_bytes(b"mine")
    assert call("export", "--run", "one", "--out", there) == 1
    assert "there.png is there already, and no zip of a run" in capsys.readouterr().err
    assert there.read_bytes() == b"mine"
    for out, more in ((zipped, ()), (zipped, ()), (there, ("--force",))):
        assert call("export", "--run", "one", "--out", out, *more) == 0
    assert there.read_bytes()[:2] == b"PK"


def test_runs_in_a_file_are_said(home, capsys):
    home.write_text("")
    for words in (("list",), ("train", *TINY, "--steps", "1")):
        assert call(*words) == 1
        assert "is a file, and runs need a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("train --preset laen", "Did you mean lean?"),
        ("train --model lean-dcgna --steps 1", "Did you mean lean-dcgan?"),
        ("train --loss hing --steps 1", "Did you mean hinge?"),
        ("data mnits", "Did you mean mnist?"),
    ],
)
def test_a_mistyped_name_is_told_the_nearest(words, told, capsys):
    assert call(*words.split()) == 2
    assert told in capsys.readouterr().err


# -- scores ----------------------------------------------------------------------------------------


@pytest.fixture
def strokes(world, monkeypatch):
    """The small world of strokes, in which evaluations are quick."""
    world.enter(monkeypatch)
    monkeypatch.setattr(evaluate.evaluate, "__defaults__", (None, "average", 400))
    return world


def spoiled(kind, world):
    """Images of a generator with a known fault, uint8 N,C,H,W."""
    fresh = digits.write(500, seed=7)
    match kind:
        case "copies":
            return world.data.images[:500]
        case "one class only":
            return digits.only(digits.write(3000, seed=8), 1)
        case "missing classes":
            return digits.only(fresh, *range(9))
        case "blurred":
            return digits.blurred(fresh.images, 1)
        case "noise":
            return np.random.default_rng(0).integers(0, 256, (500, 1, 28, 28), dtype=np.uint8)
    return world.data.test.images


FAULTS = ["copies", "one class only", "missing classes", "blurred", "noise", "no fault found"]


@pytest.mark.parametrize("kind", FAULTS)
def test_images_with_a_known_fault_are_called_what_they_are(kind, strokes, tmp_path, capsys):
    file = tmp_path / "x.npy"
    np.save(file, spoiled(kind, strokes).transpose(0, 2, 3, 1))
    assert call("eval", "--images", file, "--dataset", "strokes", "--json") == 0
    ((row,),) = (json.loads(capsys.readouterr().out),)
    assert row["verdict"][0]["name"] == kind
    assert row["seed"] is None
    assert call("eval", "--images", file, "--dataset", "strokes") == 0
    told = capsys.readouterr().out
    assert f"\nFound: {kind}. " in told
    assert re.search(r"FD-EvalNet64 +-?[\d,.]+ +-?[\d,.]+  lower is better", told)


def test_a_run_is_scored_as_averaged_and_as_trained(strokes, capsys):
    few = ["--dataset", "strokes", "--model", "lean-dcgan", "--width", "4", "--batch", "4", "--threads", "1"]
    assert call("train", *few, "--device", "cpu", "--run", "one", "--steps", 3) == 0
    run = runs.find("one")
    capsys.readouterr()
    assert call("eval", "--run", "one") == 0
    told = capsys.readouterr()
    assert told.err == ""
    for weights in ("EMA weights", "weights as trained"):
        assert f"step 3, {weights}, 400 images of seed 0, 1 run" in told.out
    assert [row.weights for row in scores.rows(run)] == ["average", "raw"]
    assert call("eval", "--run", "one@0", "--json") == 0
    rows_of = json.loads(capsys.readouterr().out)
    assert [(row["step"], row["weights"]) for row in rows_of] == [(0, "average"), (0, "raw")]
    assert rows_of[0] == json.loads(json.dumps(scores.rows(run)[2].to_dict()))
    assert call("eval", "--run", "one@2") == 1
    assert "keeps no generator of step 2" in capsys.readouterr().err


def test_scores_that_cannot_be_kept_are_said_first_and_printed(strokes, capsys):
    few = ["--dataset", "strokes", "--model", "lean-dcgan", "--width", "4", "--batch", "4", "--threads", "1"]
    assert call("train", *few, "--device", "cpu", "--run", "one", "--steps", 1) == 0
    run = runs.find("one")
    (run.path / "scores.jsonl").mkdir()
    capsys.readouterr()
    assert call("eval", "--run", "one@0") == 0
    told = capsys.readouterr()
    assert told.err.startswith("scores.jsonl of run 'one' cannot be written. The scores are printed, and not kept.")
    assert "FD-EvalNet64" in told.out
    assert "Not kept with the run: " in told.out


def test_points_and_a_missing_run_are_said(capsys):
    trained()
    capsys.readouterr()
    assert call("eval", "--run", "one") == 1
    assert "cannot be scored: points of the plane are no images" in capsys.readouterr().err
    assert call("eval", "--run", "none") == 1
    assert "There is no run 'none'" in capsys.readouterr().err


IMAGES: dict[str, tuple[np.ndarray, str]] = {
    "few": (np.zeros((199, 28, 28, 1), np.uint8), "scores need 200 images or more, not 199"),
    "colour": (np.zeros((300, 28, 28, 3), np.uint8), "strokes has images N,1,H,W"),
    "floats": (np.zeros((300, 28, 28, 1), np.float32), "holds float32 (300, 28, 28, 1); images are uint8"),
    "channels first": (np.zeros((300, 1, 28, 28), np.uint8), "images are uint8 N,H,W,1 or N,H,W,3"),
    "flat": (np.zeros((300, 28, 28), np.uint8), "images are uint8 N,H,W,1 or N,H,W,3"),
}


@pytest.mark.parametrize("kind", IMAGES)
def test_images_that_cannot_be_scored_are_said(kind, strokes, tmp_path, capsys):
    pixels, told = IMAGES[kind]
    np.save(tmp_path / "x.npy", pixels)
    assert call("eval", "--images", tmp_path / "x.npy", "--dataset", "strokes") == 1
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00\x76\x00{'descr'", None, "several"])
def test_a_file_without_images_is_said(content, tmp_path, capsys):
    file = tmp_path / "x.npy"
    if content == "several":
        with file.open("wb") as out:
            np.savez(out, a=np.zeros(3), b=np.zeros(3))
    elif content is not None:
        file.write_bytes(content)
    assert call("eval", "--images", file, "--dataset", "strokes") == 1
    assert "x.npy " in capsys.readouterr().err


def test_a_changed_evaluator_scores_nothing(strokes, tmp_path, monkeypatch, capsys):
    home = Path(shutil.copytree(strokes.home, tmp_path / "home"))
    monkeypatch.setattr(evalnet, "HOME", home)
    with evalnet.path("strokes").open("ab") as file:
        file.write(b"x")
    np.save(tmp_path / "x.npy", strokes.data.test.images.transpose(0, 2, 3, 1))
    assert call("eval", "--images", tmp_path / "x.npy", "--dataset", "strokes") == 1
    assert "strokes.safetensors was changed" in capsys.readouterr().err


def test_an_evaluator_is_made_told_and_kept_with_its_reference(strokes, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(evalnet, "HOME", tmp_path / "home")
    assert call("evaluator", "--dataset", "strokes", "--epochs", 1) == 0
    told = capsys.readouterr().out
    made = evalnet.load("strokes")
    assert told.startswith(f"{made.about.name}: its accuracy on 1,500 held-out images")
    assert f"sha256 {made.about.sha256}" in told
    assert reference.load("strokes", made).real_baseline
    assert call("evaluator", "--dataset", "fashion_mnist") == 1
    assert "python -m gan data fashion-mnist" in capsys.readouterr().err


# -- help, interruption, pipes ---------------------------------------------------------------------


def test_the_help_shows_every_flag_with_its_meaning(capsys):
    assert call("--help") == 0
    overview = capsys.readouterr().out
    for command in ("train", "list", "sample", "export", "eval", "evaluator", "data"):
        assert re.search(rf"\n    {command}\s+[A-Z]", overview)
    assert call("train", "--help") == 0
    told = " ".join(capsys.readouterr().out.split())
    for name in configs.settings():
        assert f"--{name.replace('_', '-')} {name.upper()}" in told
        assert configs.knob_of(name).help.split()[0] in told
    for preset in registry.names("presets"):
        assert preset in told.replace("- ", "-")
    assert "e+" not in told


def test_an_interrupt_before_anything_is_trained_is_one_line(monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "list_runs", interrupted)
    assert call("list") == 130
    assert capsys.readouterr().err == "\npython -m gan: interrupted.\n"


def test_a_reader_that_has_gone_is_no_trouble():
    trained(1)
    command = f"{sys.executable} -m gan list --json | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode in (0, 1)


def test_listing_loads_no_torch():
    code = "import sys; from gan.__main__ import main; main(['list']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def training_shell(home: Path) -> subprocess.Popen[str]:
    """A real process, as a shell starts it, in the midst of training."""
    command = [sys.executable, "-m", "gan", "train", *TINY, "--run", "one", "--steps", "10000000"]
    shell = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 90
    while not (home / "one" / "metrics.jsonl").exists():
        assert shell.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert runs.folder_status(runs.find("one")) == "training"
    return shell


def goes_on_like_a_whole_one(run: Run, steps: int) -> bool:
    assert call("train", "--run", run.id, "--resume", "--steps", steps) == 0
    whole = trained(steps, "whole")
    return rows(run) == rows(whole) and same(kept(run), kept(whole))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_says_how_to_go_on_and_costs_nothing(number, home):
    shell = training_shell(home)
    os.kill(shell.pid, number)
    out, err = shell.communicate(timeout=30)
    assert shell.returncode == 130
    assert err.startswith("one: ")
    assert err.count("\n") == 1, "how long it will be, and nothing else"
    assert out == "Stopped and saved. Resume with: python -m gan train --run one --resume\n"
    run = runs.find("one")
    runs.LOCKS.forget(run.path)
    assert runs.folder_status(run) == "stopped"
    assert happened(run)[-1] == "stopped"
    assert goes_on_like_a_whole_one(run, run.states()[-1] + 5)


def test_a_killed_shell_costs_the_steps_since_the_last_save(home):
    shell = training_shell(home)
    shell.kill()
    shell.communicate(timeout=30)
    run = runs.find("one")
    runs.LOCKS.forget(run.path)
    assert runs.folder_status(run) == "stopped"
    assert run.states() == [0]
    assert run.pictures("fixed")[-1] > 0 or rows(run)
    assert goes_on_like_a_whole_one(run, 30)
    assert run.pictures("fixed")[-1] == 30
    assert [e["generation"] for e in run.events() if "generation" in e] == [1]


def test_own_pictures_are_read_before_a_run_is_made_and_what_changed_is_told(tmp_path, capsys):
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "x" / name).mkdir(parents=True)
        for k in range(8):
            Image.fromarray(rng.integers(0, 256, (9, 9), dtype=np.uint8)).save(tmp_path / "x" / name / f"{k}.png")
    shape = ["--width", "4", "--z-dim", "3", "--batch", "4", "--device", "cpu", "--threads", "1", "--image-size", "8"]
    own = ["train", "--preset", "lean", *shape, "--dataset", "own-images", "--run", "own", "--steps", "2", "--source"]
    assert call(*own, tmp_path / "x" / "cat" / "0.png") == 1
    assert runs.runs() == []
    assert call(*own, tmp_path / "x") == 0
    told = capsys.readouterr().err
    assert "2 steps: about 0.5 passes over 16 pictures" in told
    assert "16 pictures are few" in told
    assert "Worth a try: --translation 1" in told
    assert runs.find("own").control().title == "The lean one on Your own images"
    path = runs.find("own").path / "config.json"
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 2'))
    assert call("train", "--run", "own", "--resume", "--steps", "3") == 1
    assert "changed since: seed 0 -> 2" in capsys.readouterr().err
    assert call("train", "--run", "own", "--resume", "--steps", "3", "--accept-changes") == 0
    assert "own: The settings were changed since: seed 0 -> 2." in capsys.readouterr().err


def test_code_is_printed_or_written(tmp_path, capsys):
    assert command_line.main(["code", "--preset", "gan-2014", "--lr-g", "0.5", "--steps", "7"]) == 0
    text = capsys.readouterr().out
    assert "LR_G, LR_D = 0.5, 0.0002" in text
    assert "STEPS = 7\n" in text
    out = tmp_path / "x.ipynb"
    assert command_line.main(["code", "--preset", "gan-2014", "--out", str(out)]) == 0
    assert json.loads(out.read_text("utf-8"))["nbformat"] == 4
    assert command_line.main(["code", "--model", "own-dcgan", "--stages", "3"]) == 1
    assert "28 × 28 cannot be halved 3 times" in capsys.readouterr().err
    assert command_line.main(["code", "--out", str(tmp_path / "x.txt")]) == 2
