"""The zip of a run: complete, bounded, and with a script that needs nothing of ours."""

import io
import json
import runpy
import subprocess
import sys
import zipfile
from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan import files, games, images, models, registry, runs, tensor_files
from gan.config import RunConfig
from gan.datasets import Data
from gan.diagnostics import d_scale
from gan.export import archive, script, script_body
from gan.export import readme as export_readme
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


def make_run(home, model="lean-dcgan", shape=(1, 8, 8), step=7, title="A run", **settings):
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
    tensors = {f"{p}.{k}": v for p, net in (("G_ema", G), ("D", D)) for k, v in net.state_dict().items()}
    names = ["a", "b", "c"] if config.conditional else []
    about = {
        "config": config.to_dict(),
        "step": step,
        "data": {"shape": shape, "n_classes": len(names), "names": names},
    }
    tensor_files.write_tensors(run.weights(), tensors, about)
    last = run.picture("fixed", step), run.picture("random", step), run.real_picture()
    for grey, path in enumerate((run.picture("fixed", 0), *last)):
        files.replace(path, images.webp(np.full((20, 20, 1), 60 * grey, np.uint8)))
    record = {"seq": 0, "step": step, "epoch": 0.5, "seconds": 2.0, "d_loss": 1.0, "g_loss": 2.0}
    files.append(run.path / "metrics.jsonl", [{**record, "d_real": 0.6, "d_fake": 0.4}])
    return run


def packed(run, out):
    """The files in the zip of a run, and the progress told on the way."""
    told = list(archive.archive(run, out))
    with zipfile.ZipFile(out) as zipped:
        return {name.removeprefix(f"{run.id}/"): zipped.read(name) for name in zipped.namelist()}, told


@pytest.fixture
def told_classes(tmp_path):
    """A folder with the exported script of a conditional run, its weights, and pictures."""
    run = make_run(tmp_path, conditional=True, shape=(1, 8, 8))
    content, _ = packed(run, tmp_path / "run.zip")
    (tmp_path / "gan.py").write_bytes(content["gan.py"])
    (tmp_path / "weights.safetensors").write_bytes(content["weights.safetensors"])
    np.save(tmp_path / "my.npy", np.zeros((20, 8, 8), np.uint8))
    return tmp_path


def test_the_script_of_a_conditional_run_takes_labels_beside_the_pictures(told_classes, monkeypatch):
    monkeypatch.chdir(told_classes)
    call = ["gan.py", "--train", "2", "--data", "my.npy", "--out", "x.npy", "--n", "5"]
    monkeypatch.setattr(sys, "argv", call)
    with pytest.raises(SystemExit, match=r"my-labels\.npy is missing"):
        runpy.run_path("gan.py", run_name="__main__")
    np.save("my-labels.npy", np.arange(20) % 3)
    with torch.random.fork_rng():
        runpy.run_path("gan.py", run_name="__main__")
    assert np.load("x.npy").shape == (5, 1, 8, 8)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64])
def test_the_script_refuses_pictures_that_are_not_0_to_255(told_classes, monkeypatch, kind):
    monkeypatch.chdir(told_classes)
    np.save("my.npy", np.random.default_rng(0).random((20, 8, 8)).astype(kind))
    np.save("my-labels.npy", np.arange(20) % 3)
    monkeypatch.setattr(sys, "argv", ["gan.py", "--train", "2", "--data", "my.npy"])
    with (
        torch.random.fork_rng(),
        pytest.raises(SystemExit, match=r"my\.npy holds .*, and pictures are uint8, 0 to 255"),
    ):
        runpy.run_path("gan.py", run_name="__main__")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--n 0", "0 is not a whole number from 1 on"),
        ("--train -1", "-1 is not a whole number from 0 on"),
        ("--weights nix.pt", "There is no file nix.pt"),
        ("--weights my.npy", "my.npy holds no weights of these networks"),
        ("--weights broken.pt", "broken.pt holds no weights of these networks"),
        ("--z nix.npy", "There is no file nix.npy"),
        ("--z my.npy", "noise is N,6"),
        ("--out nix/x.png", "There is no folder nix"),
        ("--train 1 --save nix/x.pt", "There is no folder nix"),
    ],
)
def test_the_script_says_what_is_wrong_with_its_arguments(told_classes, monkeypatch, capsys, words, told):
    monkeypatch.chdir(told_classes)
    (told_classes / "broken.pt").write_bytes(b"no weights")
    monkeypatch.setattr(sys, "argv", ["gan.py", "--data", "nothing.npy", *words.split()])
    with pytest.raises(SystemExit) as end, torch.random.fork_rng():
        runpy.run_path("gan.py", run_name="__main__")
    assert told in f"{end.value.code} {capsys.readouterr().err}"
    assert not (told_classes / "samples.png").exists()


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
        real = draw.uniform(-1, 1, (40, 2)) if H == 1 else draw.integers(0, 256, (40, H, W, C), np.uint8)
        np.save(folder / "my.npy", real)
        found[model] = run, folder
    folders = [str(folder) for _, folder in found.values()]
    subprocess.run([sys.executable, "-I", "-c", DRIVER, *folders], cwd=away, check=True, timeout=110)
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
    before = script_body.read_weights(folder / "weights.safetensors")
    after = script_body.read_weights(folder / "trained.pt")
    assert before.keys() == after.keys()
    for net in ("G_ema.", "D."):
        moved = [not torch.equal(before[k], after[k]) for k in before if k.startswith(net)]
        assert any(moved), net
    assert all(value.isfinite().all() for value in after.values())
    with Image.open(folder / "samples.png") as picture:
        picture.load()
        assert picture.format == "PNG"


def test_the_script_draws_the_pixels_of_its_samples(tmp_path):
    x = torch.tensor([-1.0, 1.0, 0.0, 1.0]).view(4, 1, 1, 1).expand(4, 1, 2, 2)
    sheet = script_body.picture(x)
    script_body.write_png(tmp_path / "x.png", sheet)
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
    seen = real if own.NEEDS_REAL else None
    assert torch.equal(found["g"](seen, fake), own.g(seen, fake))
    assert found["NEEDS_REAL"] == own.NEEDS_REAL
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


@pytest.mark.parametrize("name", registry.names("penalties"))
def test_the_script_asks_for_a_penalty_as_often_as_the_run(name, tmp_path, monkeypatch):
    own = name.replace("-", "_")
    run = make_run(tmp_path, **{own: 0.3, f"{own}_every": 7, "batch_norm": False})
    found = executed(packed(run, tmp_path / "x.zip")[0]["gan.py"].decode(), tmp_path)
    ((own, weight, every),) = found["PENALTIES"]
    assert weight == 0.3
    assert every == 7
    paid = []

    def penalty(*arguments):
        paid.append(own(*arguments))
        return paid[-1]

    train = found["train"]
    monkeypatch.setitem(train.__globals__, "PENALTIES", ((penalty, weight, 4),))
    G, D = models.build(run.config(), (1, 8, 8), 0, 3, "cpu")
    with torch.random.fork_rng():
        train(G, D, torch.rand(40, 1, 8, 8), None, 9)
    assert len(paid) == 3
    assert all(value > 0 for value in paid)


USES: dict[str, dict[str, Any]] = {
    "r1": {"r1": 0.3},
    "r2": {"r2": 0.3},
    "gradient-penalty": {"gradient_penalty": 2.0, "batch_norm": False},
    "label-smoothing": {"label_smoothing": 0.25},
    "spectral-norm": {"spectral_norm": True, "batch_norm": False},
    "translation": {"translation": 2},
    "instance-noise": {"instance_noise": 0.5, "instance_noise_steps": 4, "reuse_fake": False},
}
ALL_AT_ONCE = {name: value for settings in USES.values() for name, value in settings.items()}


@pytest.mark.parametrize("settings", [*USES.values(), ALL_AT_ONCE, {**ALL_AT_ONCE, "loss": "non-saturating"}])
def test_the_script_makes_the_updates_of_the_run(settings, tmp_path, monkeypatch):
    """Ten updates from the same weights, with the same batches, noise and shifts: in double precision, to 1e-9."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        config = RunConfig(**{"z_dim": 6, "width": 4, "batch": 8, "ema_decay": 0.5, **settings})
        live = {name: getattr(config, name) for name in ("lr_g", "lr_d", "d_steps", "g_steps")}
        found = executed(script.source(config, (1, 8, 8), 0, live, "Same"), tmp_path)
        game: Any = games.build(config, (1, 8, 8), 0, "cpu")
        G, D = models.build(config, (1, 8, 8), 0, config.seed, "cpu")
        for prepare, amount in found["PREPARE"]:
            prepare(D, amount, torch.Generator().manual_seed(config.seed))
        draw = torch.Generator().manual_seed(1)
        pictures = [torch.rand(8, 1, 8, 8, generator=draw) * 2 - 1 for _ in range(10)]
        inside = found["train"].__globals__
        z, shifts = [], []
        game.nets["G"].register_forward_pre_hook(lambda _, args: z.append(args[0]))
        if game._one_pass:  # the script sends real and generated pictures through D apart
            game._one_pass = False
        plain = game._views

        def views(*place):
            shifts.append(plain(*place))
            return shifts[-1]

        game._views = views
        for real in pictures:
            game.d_step(real)
            game.g_step()
            game.end_step()
        z_again, shifts_again = iter(z), iter([draw for draws in shifts for draw in draws])
        monkeypatch.setitem(inside, "batches", lambda real, y: ((x, None) for x in pictures))
        monkeypatch.setitem(inside, "noise", lambda n, device: next(z_again))
        told = tuple((lambda *_: next(shifts_again), *rest) for _, *rest in found["VIEWS"])
        monkeypatch.setitem(inside, "VIEWS", told)
        monkeypatch.setitem(inside, "recalibrate", lambda G: None)
        found["train"](G, D, torch.cat(pictures), None, 10)
    finally:
        torch.set_default_dtype(usual)
    for ours, theirs in ((game.nets["G"], G), (game.nets["D"], D)):
        for (name, one), other in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-9, msg=name)


def test_what_is_in_a_script_is_a_choice():
    """The script of one that was added trains on in tests/test_combinations.py."""
    assert USES.keys() <= {name for kind in ("penalties", "tricks", "augmentations") for name in registry.names(kind)}


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
        "README.txt",
        "gan.py",
        "weights.safetensors",
        "config.json",
        "control.json",
        "metrics.jsonl",
        "events.jsonl",
        "samples/fixed-7.png",
        "samples/random-7.png",
        "samples/real.png",
        "training.gif",
        "figure.png",
    }
    assert content["weights.safetensors"] == run.weights().read_bytes()
    assert json.loads(content["config.json"]).items() >= run.config().to_dict().items()
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
    few = archive.animation(run, frames=12) or b""
    small = archive.animation(run, most=30_000) or b""
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
    work = archive.archive(run, tmp_path / "x.zip")
    for _ in range(4):
        next(work)
    assert isinstance(work, Generator)
    work.close()
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_what_cannot_be_packed_is_said(tmp_path):
    run = make_run(tmp_path)
    with pytest.raises(RunError, match="cannot be written"):
        list(archive.archive(run, tmp_path / "nowhere" / "x.zip"))
    run.weights().write_bytes(b"12345678901234567890")
    with pytest.raises(RunError, match="damaged"):
        list(archive.archive(run, tmp_path / "x.zip"))
    run.weights().unlink()
    with pytest.raises(RunError, match="no generator yet"):
        list(archive.archive(run, tmp_path / "x.zip"))
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
    assert np.load("my.npy").shape == (3, 28, 28, 1)
    assert 'DATASET = "my.npy"' in packed(run, tmp_path / "x.zip")[0]["gan.py"].decode()


@pytest.mark.parametrize("name", registry.names("losses"))
def test_the_readme_says_what_d_s_numbers_are(tmp_path, name):
    text = export_readme.text(make_run(tmp_path, loss=name), RunConfig(loss=name), 7)
    assert d_scale.of_loss(name).note in " ".join(text.split())
    assert ("real_below_fake" in text) == (not d_scale.of_loss(name).probability)
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("name", registry.names("datasets"))
def test_the_readme_names_the_terms_of_the_data(tmp_path, name):
    text = export_readme.text(make_run(tmp_path, dataset=name), RunConfig(dataset=name), 7)
    terms = " ".join(text.split())
    assert registry.card("datasets", name).facts["LICENCE"] in terms
    ours = (
        "gaussians",
        "line",
        "ring",
        "strokes",
        "stacked-strokes",
        "thin-thick",
        "upright-slanted",
        "writers",
        "captions",
    )
    assert ("made by Forger itself" in terms) == (name in ours)
    assert max(map(len, text.splitlines())) <= 100


def test_a_new_data_set_keeps_its_own_licence_and_its_name_in_torchvision(tmp_path, plugins):
    """Under no other terms than its file says: every unknown name once was called ours, under the MIT licence."""
    (plugins / "datasets" / "svhn_like.py").write_text(
        '"""House numbers: digits from the street."""\nLICENCE = "For research alone (example.org)."\n'
        'TORCHVISION = "EMNIST"\nSHAPE = (1, 8, 8)\nCOUNT = 3\ndef load(root): ...\n'
    )
    content = packed(make_run(tmp_path, dataset="svhn-like"), tmp_path / "x.zip")[0]
    readme = " ".join(content["README.txt"].decode().split())
    assert "For research alone (example.org). gan.py is copied from Forger" in readme
    assert "made by Forger itself" not in readme
    assert "torchvision fetches the data by itself" in readme
    assert "'svhn-like': 'EMNIST'" in content["gan.py"].decode()
    assert 'DATASET = "svhn-like"' in content["gan.py"].decode()
