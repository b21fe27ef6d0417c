"""The zip of a run: complete, bounded, and with a script that needs nothing of ours."""

import io
import json
import runpy
import subprocess
import sys
import zipfile
from collections.abc import Generator

import numpy as np
import pytest
import torch
from PIL import Image

from gan import (
    export,
    files,
    handout,
    images,
    models,
    penalty,
    registry,
    runs,
    script,
    standalone,
    state,
)
from gan.config import RunConfig
from gan.datasets import Data
from gan.runs import RunError
from gan.sampler import Sampler

MODELS = registry.names("models")
DRIVER = """
import importlib.util, json, os, runpy, sys, traceback
assert importlib.util.find_spec("gan") is None, "our package is on the path"
for folder in sys.argv[1:]:
    os.chdir(folder)
    try:
        for call in (["--z", "z.npy", "--out", "x.npy"], ["--n", "5"], ["--train", "3", "--data", "my.npy"]):
            sys.argv = ["gan.py", *call]
            runpy.run_path("gan.py", run_name="__main__")
    except BaseException:
        open("trouble.txt", "w").write(traceback.format_exc())
"""


def shape_of(model):
    """The smallest data a model serves: points where it can."""
    facts = registry.card("models", model).facts
    side = min(facts["SIZES"] or (8,))
    return (2, 1, 1) if facts["POINTS"] else (min(facts["CHANNELS"] or (3,)), side, side)


def make_run(home, model="lean", shape=(1, 8, 8), step=7, title="A run", **settings):
    """A run folder as a trainer leaves it, with random weights and small pictures."""
    points = {"dataset": "ring"} if shape[1:] == (1, 1) else {}
    config = RunConfig(**{"model": model, "z_dim": 6, "width": 4, "batch": 8, **points, **settings})
    run = runs.create(config, {"steps": 9}, title=title, run_id=model, home=home)
    G, D = models.build(config, shape, 3, 3, "cpu")
    draw = torch.Generator().manual_seed(0)
    for net in (G, D):
        for name, value in net.state_dict().items():
            if "running" in name:
                value.uniform_(0.5, 1.5, generator=draw)
    tensors = {
        f"{p}.{k}": v for p, net in (("G", G), ("D", D)) for k, v in net.state_dict().items()
    }
    names = ["a", "b", "c"] if config.conditional else []
    about = {
        "config": config.to_dict(),
        "step": step,
        "data": {"shape": shape, "n_classes": len(names), "names": names},
    }
    state.write_tensors(run.weights(), tensors, about)
    last = run.picture("fixed", step), run.picture("random", step), run.path / "samples/real.webp"
    for grey, path in enumerate((run.picture("fixed", 0), *last)):
        files.replace(path, images.webp(np.full((20, 20, 1), 60 * grey, np.uint8)))
    record = {"seq": 0, "step": step, "epoch": 0.5, "seconds": 2.0, "d_loss": 1.0, "g_loss": 2.0}
    files.append(run.path / "metrics.jsonl", [{**record, "d_real": 0.6, "d_fake": 0.4}])
    return run


def packed(run, out):
    """The files in the zip of a run, and the progress told on the way."""
    told = list(export.archive(run, out))
    with zipfile.ZipFile(out) as zipped:
        return {
            name.removeprefix(f"{run.id}/"): zipped.read(name) for name in zipped.namelist()
        }, told


@pytest.fixture
def told_classes(tmp_path):
    """A folder with the exported script of a conditional run, its weights, and pictures."""
    run = make_run(tmp_path, conditional=True, shape=(1, 8, 8))
    content, _ = packed(run, tmp_path / "run.zip")
    (tmp_path / "gan.py").write_bytes(content["gan.py"])
    (tmp_path / "weights.safetensors").write_bytes(content["weights.safetensors"])
    np.save(tmp_path / "my.npy", np.zeros((20, 8, 8), np.uint8))
    return tmp_path


def test_the_script_of_a_conditional_run_takes_labels_beside_the_pictures(
    told_classes, monkeypatch
):
    monkeypatch.chdir(told_classes)
    call = ["gan.py", "--train", "2", "--data", "my.npy", "--out", "x.npy", "--n", "5"]
    monkeypatch.setattr(sys, "argv", call)
    with pytest.raises(SystemExit, match=r"my-labels\.npy is missing"):
        runpy.run_path("gan.py", run_name="__main__")
    np.save("my-labels.npy", np.arange(20) % 3)
    with torch.random.fork_rng():
        runpy.run_path("gan.py", run_name="__main__")
    assert np.load("x.npy").shape == (5, 1, 8, 8)


def executed(text, folder):
    """The names that a script defines when it is imported."""
    (folder / "gan.py").write_text(text, encoding="utf-8")
    return runpy.run_path(str(folder / "gan.py"), run_name="exported")


def frames(gif):
    with Image.open(io.BytesIO(gif)) as picture:
        return getattr(picture, "n_frames", 1)


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """For every model: its run, and the folder in which its exported script has been used."""
    home, away = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("away")
    found = {}
    for model in MODELS:
        shape = shape_of(model)
        run = make_run(home, model, shape)
        content, _ = packed(run, away / f"{model}.zip")
        folder = away / model
        folder.mkdir()
        for name in ("gan.py", "weights.safetensors"):
            (folder / name).write_bytes(content[name])
        draw = np.random.default_rng(0)
        np.save(folder / "z.npy", draw.standard_normal((5, 6)))
        C, H, W = shape
        real = (
            draw.uniform(-1, 1, (40, 2))
            if H == 1
            else draw.integers(0, 256, (40, H, W, C), np.uint8)
        )
        np.save(folder / "my.npy", real)
        found[model] = run, folder
    folders = [str(folder) for _, folder in found.values()]
    subprocess.run(
        [sys.executable, "-I", "-c", DRIVER, *folders], cwd=away, check=True, timeout=110
    )
    return found


@pytest.mark.parametrize("model", MODELS)
def test_the_script_draws_what_the_sampler_draws(played, model):
    run, folder = played[model]
    trouble = folder / "trouble.txt"
    assert not trouble.exists(), trouble.read_text()
    sampler = Sampler.load(run.path)
    expected = sampler.synthesis(sampler.mapping(np.load(folder / "z.npy")))
    np.testing.assert_allclose(np.load(folder / "x.npy"), expected, atol=1e-5)


@pytest.mark.parametrize("model", MODELS)
def test_the_script_trains_on_and_draws(played, model):
    _, folder = played[model]
    before = standalone.read_weights(folder / "weights.safetensors")
    after = standalone.read_weights(folder / "trained.pt")
    assert before.keys() == after.keys()
    for player in ("G.", "D."):
        moved = [not torch.equal(before[k], after[k]) for k in before if k.startswith(player)]
        assert any(moved), player
    assert all(value.isfinite().all() for value in after.values())
    with Image.open(folder / "samples.png") as picture:
        picture.load()
        assert picture.format == "PNG"


def test_the_script_draws_the_pixels_of_its_samples(tmp_path):
    x = torch.tensor([-1.0, 1.0, 0.0, 1.0]).view(4, 1, 1, 1).expand(4, 1, 2, 2)
    sheet = standalone.picture(x)
    standalone.write_png(tmp_path / "x.png", sheet)
    pixels = np.asarray(Image.open(tmp_path / "x.png"))
    assert pixels.shape == (8, 8)
    assert [pixels[y, x] for y in (1, 5) for x in (1, 5)] == [0, 255, 128, 255]


@pytest.mark.parametrize("loss", registry.names("losses"))
def test_every_loss_comes_along(loss, tmp_path):
    config = RunConfig(loss=loss)
    live = {"lr_g": 0.1, "lr_d": 0.2, "d_steps": 3, "g_steps": 1}
    found = executed(script.source(config, (1, 28, 28), 0, live, "Loss"), tmp_path)
    own = registry.load("losses", loss)
    real, fake = torch.tensor([0.3, -2.0, 1.5]), torch.tensor([0.1, 3.0, -1.2])
    assert torch.equal(found["d"](real, fake), own.d(real, fake))
    assert torch.equal(found["g"](fake), own.g(fake))
    assert [found[k] for k in ("LR_G", "LR_D", "D_STEPS", "G_STEPS")] == [0.1, 0.2, 3, 1]


def test_the_script_goes_on_where_the_learning_rates_have_decayed_to(tmp_path, monkeypatch):
    run = make_run(tmp_path, lr_g=0.5, lr_d=0.25, decay_steps=7, half_life=0.5)
    content, _ = packed(run, tmp_path / "x.zip")
    found = executed(content["gan.py"].decode(), tmp_path)
    made = []

    class Adam(torch.optim.Adam):
        def __init__(self, *args, **rest):
            super().__init__(*args, **rest)
            made.append(self)

    monkeypatch.setattr(torch.optim, "Adam", Adam)
    config = run.config()
    G, D = models.build(config, (1, 8, 8), 0, 3, "cpu")
    with torch.random.fork_rng():
        found["train"](G, D, torch.zeros(16, 1, 8, 8), None, 2)  # step 8 begins at epoch 0.5 + 8/16
    shrunk = 0.5 ** (1.0 / 0.5) / (1 + 8 / 7)
    rates = [optimizer.param_groups[0]["lr"] for optimizer in made]
    assert rates == pytest.approx([0.5 * shrunk, 0.25 * shrunk])


def test_the_script_punishes_a_steep_d_as_often_as_the_run(tmp_path, monkeypatch):
    run = make_run(tmp_path, r1=0.3)
    found = executed(packed(run, tmp_path / "x.zip")[0]["gan.py"].decode(), tmp_path)
    assert found["R1"] == 0.3
    paid, own = [], found["r1"]

    def r1(judge, real):
        paid.append(own(judge, real))
        return paid[-1]

    train = found["train"]
    monkeypatch.setitem(train.__globals__, "r1", r1)
    config = run.config()
    G, D = models.build(config, (1, 8, 8), 0, 3, "cpu")
    with torch.random.fork_rng():
        train(G, D, torch.rand(40, 1, 8, 8), None, penalty.EVERY + 1)
    assert len(paid) == 2
    assert all(value > 0 for value in paid)


def test_the_script_takes_over_what_was_changed_while_the_run_trained(tmp_path):
    run = make_run(tmp_path, lr_g=0.001)
    run.write_control(lr_d=0.0005, d_steps=2)
    text = packed(run, tmp_path / "x.zip")[0]["gan.py"].decode()
    assert "LR_G, LR_D = 0.001, 0.0005" in text
    assert "D_STEPS, G_STEPS = 2, 1" in text
    assert "import gan" not in text
    assert "from gan" not in text


@pytest.mark.parametrize("title", ['"""\nimport os', "back\\", "{about}", "Ünïcode “7”"])
def test_no_title_breaks_the_script(tmp_path, title):
    run = make_run(tmp_path, title=title)
    text = packed(run, tmp_path / "x.zip")[0]["gan.py"].decode()
    assert "os" not in executed(text, tmp_path)


def test_the_zip_has_everything(tmp_path):
    run = make_run(tmp_path)
    content, told = packed(run, tmp_path / "x.zip")
    assert content.keys() == {
        "README.txt", "gan.py", "weights.safetensors", "config.json", "control.json",
        "metrics.jsonl", "events.jsonl", "samples/fixed-7.png", "samples/random-7.png",
        "samples/real.png", "training.gif", "figure.png",
    }  # fmt: skip
    assert content["weights.safetensors"] == run.weights().read_bytes()
    assert json.loads(content["config.json"]) == run.config().to_dict()
    readme = content["README.txt"].decode()
    assert "A run\n=====" in readme
    assert "7 steps, 0.5 passes over the data, 2 seconds" in readme
    assert f"torch {torch.__version__.split('+')[0]}" in readme
    assert [p.done for p in told] == list(range(len(content) + 1))
    assert {p.total for p in told} == {len(content)}


def test_a_run_on_points_brings_its_points(tmp_path):
    run = make_run(tmp_path, "first-steps", (2, 1, 1))
    content, _ = packed(run, tmp_path / "x.zip")
    points = np.load(io.BytesIO(content["points.npy"]))
    assert points.dtype == np.float32
    assert points.shape == (10_000, 2)
    assert 'DATASET = "points.npy"' in content["gan.py"].decode()


def test_the_gif_is_bounded(tmp_path):
    run = make_run(tmp_path)
    draw = np.random.default_rng(0)
    for step in range(100, 190):
        noise = draw.integers(0, 256, (40, 40, 3), np.uint8)
        files.replace(run.picture("fixed", step), images.webp(noise), durable=False)
    few = export.animation(run, frames=12) or b""
    small = export.animation(run, most=30_000) or b""
    assert frames(few) == 12
    assert 1000 < len(small) <= 30_000
    assert frames(small) >= 30


def test_a_broken_picture_is_left_out(tmp_path):
    run = make_run(tmp_path)
    run.picture("fixed", 7).write_bytes(b"torn")
    content, _ = packed(run, tmp_path / "x.zip")
    assert "samples/fixed-7.png" not in content
    assert frames(content["training.gif"]) == 1


def test_giving_up_leaves_nothing(tmp_path):
    run = make_run(tmp_path / "runs")
    work = export.archive(run, tmp_path / "x.zip")
    for _ in range(4):
        next(work)
    assert isinstance(work, Generator)
    work.close()
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_what_cannot_be_packed_is_said(tmp_path):
    run = make_run(tmp_path)
    with pytest.raises(RunError, match="cannot be written"):
        list(export.archive(run, tmp_path / "nowhere" / "x.zip"))
    run.weights().write_bytes(b"12345678901234567890")
    with pytest.raises(RunError, match="damaged"):
        list(export.archive(run, tmp_path / "x.zip"))
    run.weights().unlink()
    with pytest.raises(RunError, match="no generator yet"):
        list(export.archive(run, tmp_path / "x.zip"))
    assert not (tmp_path / "x.zip").exists()


def test_the_readme_tells_how_to_get_the_made_digits(tmp_path, monkeypatch):
    run = make_run(tmp_path, dataset="strokes")
    text = packed(run, tmp_path / "x.zip")[0]["README.txt"].decode()
    command = text[text.index("python -c") :].split("\n\n")[0]
    made = Data(np.zeros((3, 1, 28, 28), np.uint8))
    monkeypatch.setattr(registry.load("datasets", "strokes"), "load", lambda root: made)
    monkeypatch.chdir(tmp_path)
    source = command.removeprefix('python -c "').removesuffix('"').replace("\\\n", "")
    exec(source, {})
    assert np.load("my.npy").shape == (3, 28, 28)
    assert 'DATASET = "my.npy"' in packed(run, tmp_path / "x.zip")[0]["gan.py"].decode()


@pytest.mark.parametrize("name", registry.names("datasets"))
def test_the_readme_names_the_terms_of_the_data(tmp_path, name):
    text = handout.text(make_run(tmp_path, dataset=name), RunConfig(dataset=name), 7)
    assert "MIT licence" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 100
