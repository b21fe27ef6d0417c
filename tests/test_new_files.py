"""One file is one choice: each of these was written to a folder of plugins, and is found wherever choices are."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from gan import datasets, metrics, registry, runs
from gan.cli.parser import make_parser
from gan.config import ConfigError, RunConfig, settings
from gan.export import archive
from gan.models import build
from tests import engine, matrix

ROOT = Path(__file__).parent.parent
MODEL = '''"""Patchwork: a model with layers and settings of its own.

It grows a picture from a learned start.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from gan.models import BaseGenerator, Spec

KNOBS = ("z_dim", "width", "conditional")
SIZES = ()
CHANNELS = ()
POINTS = False
INIT = "dcgan"
EXTRA = {
    "growth": {"label": "Growth", "help": "Numbers that a block adds.", "default": 12, "low": 2, "high": 64},
    "joint": {"label": "Joint", "help": "How patches meet.", "default": "sum", "choices": ("sum", "product")},
    "sharp": {"label": "Sharp", "help": "Whether edges are drawn.", "default": False},
}


class Generator(BaseGenerator):
    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        C, H, W = spec.shape
        self.shape, self.joint = spec.shape, spec.extra["joint"]
        growth = spec.extra["growth"]
        self.start = nn.Parameter(torch.full((1, growth), 0.5))
        self.words = nn.Embedding(max(1, spec.n_classes), growth)
        self.fc = nn.Linear(spec.z_dim, growth)
        self.norm = nn.LayerNorm(growth)
        self.out = nn.Linear(growth, C * H * W)

    def mapping(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self.fc(z) + self.words(torch.zeros_like(z[:, 0]).long() if y is None else y)

    def synthesis(self, w: Tensor) -> Tensor:
        w = self.norm(w + self.start if self.joint == "sum" else w * self.start)
        return torch.tanh(self.out(w)).view(-1, *self.shape)


class Discriminator(nn.Module):
    def __init__(self, spec: Spec) -> None:
        super().__init__()
        C, H, W = spec.shape
        self.fc = spectral_norm(nn.Linear(C * H * W, spec.width))
        self.slope = nn.PReLU()
        self.out = nn.Linear(spec.width, 1)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return self.out(self.slope(self.fc(x.flatten(1)))).squeeze(1)
'''
DATASET = '''"""Stripes: bars of light.

A picture has one.
"""

import numpy as np

from gan.datasets import Data

LICENCE = "Stripes are in nobody's hands, under CC0 (example.org/stripes)."
SHAPE = (1, 8, 8)
COUNT = 64
LABELS = True
EXTRA = {"glow": {"label": "Glow", "help": "How bright a bar is.", "default": 200, "low": 1, "high": 255}}


def load(root, glow):
    images = np.zeros((64, 1, 8, 8), np.uint8)
    labels = np.arange(64) % 8
    images[np.arange(64), 0, :, labels] = glow
    return Data(images, labels, tuple(map(str, range(8))))
'''
METRIC = '''"""Brightness: the mean of the pixels, next to that of real images.

As simple as can be.
"""

SCORES = {"brightness": {"label": "Brightness", "better": "one", "digits": 1, "report": 5, "compare": 5}}


def measure(evidence):
    return {"brightness": float(evidence.fake.images.mean())}
'''
FILES = {"models/patchwork.py": MODEL, "datasets/stripes.py": DATASET, "metrics/brightness.py": METRIC}
CHOSEN = {"model": "patchwork", "dataset": "stripes", "growth": 6, "glow": 90}


@pytest.fixture
def files(plugins: Path) -> Path:
    for name, text in FILES.items():
        (plugins / name).write_text(text)
    return plugins


def tiny(**changes) -> RunConfig:
    values = {"batch": 4, "z_dim": 3, "width": 4, "threads": 1, "device": "cpu", "log_every": 1, "samples": 16}
    return RunConfig(**{**values, **CHOSEN, **changes})


def test_settings_of_its_own_are_checked_and_kept(files):
    config = tiny()
    assert (config.growth, config.joint, config.sharp, config.glow) == (6, "sum", False, 90)
    again = RunConfig.from_dict(json.loads(json.dumps(config.to_dict())))
    assert again == config
    assert config.to_dict()["growth"] == 6
    assert {"growth", "glow"}.isdisjoint(config.replace(model="lean-dcgan", dataset="strokes").to_dict())
    for wrong, said in (({"growth": 1}, "growth: 1 is not between 2 and 64"), ({"joint": "glue"}, "sum, product")):
        with pytest.raises(ConfigError, match=said):
            tiny(**wrong)
    with pytest.raises(ConfigError, match=r"growth: a setting of patchwork, which this run does not use\."):
        RunConfig(growth=6)


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ('{"width": {"label": "W", "help": "W.", "default": 3}}', "setting width, which every run has already"),
        ('{"r1": {"label": "R", "help": "R.", "default": 3}}', "setting r1, which every run has already"),
        ('{"growth": {"label": "G", "default": 3}}', "growth: label, help and default are needed"),
        ('{"growth": {"label": "G", "help": "G.", "default": 3, "colour": 1}}', "nothing that a Knob does not have"),
        ('{"growth": {"label": "G", "help": "G.", "default": 3, "high": 2}}', "growth: 3 is not between"),
        ('{"a b": {"label": "G", "help": "G.", "default": 3}}', "not a name in small letters"),
        ("[]", "EXTRA: label, help"),
    ],
)
@pytest.mark.parametrize("kind", ["model", "dataset"])
def test_a_setting_that_cannot_be_is_said_and_breaks_only_its_file(files, kind, declared, said):
    name = CHOSEN[kind]
    text = re.sub(
        r"^EXTRA = \{.*?\}$|^EXTRA = .*?$", f"EXTRA = {declared}", FILES[f"{kind}s/{name}.py"], flags=re.M | re.S
    )
    (files / f"{kind}s" / f"{name}.py").write_text(text)
    with pytest.raises(ConfigError, match=said):
        RunConfig(**{kind: name})
    assert RunConfig().model == "lean-dcgan"


def test_two_models_may_use_one_name_in_their_own_way(files):
    (files / "models" / "other.py").write_text(MODEL.replace('"default": 12, "low": 2, "high": 64', '"default": 0.5'))
    assert RunConfig(model="other").growth == 0.5
    assert RunConfig(model="patchwork").growth == 12
    for text, model, value in (("0.25", "other", 0.25), ("7", "patchwork", 7)):
        args = make_parser().parse_args(["train", "--model", model, "--growth", text, "--steps", "1"])
        assert RunConfig(model=model, growth=args.growth).growth == value


def test_any_layer_starts_from_the_seed(files):
    pairs = [build(tiny(), (1, 8, 8), 8, seed, "cpu") for seed in (0, 0, 1)]
    first, again, other = ({**G.state_dict(), **{f"D.{k}": v for k, v in D.state_dict().items()}} for G, D in pairs)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert all(v.isfinite().all() for v in first.values())
    assert not torch.equal(first["words.weight"], other["words.weight"])
    assert (first["start"] == 0.5).all()
    assert first["start"].shape == (1, 6)


def test_a_run_trains_stops_goes_on_and_is_exported(files, tmp_path, monkeypatch):
    config = tiny(conditional=True)
    data = datasets.open(config)
    assert data.images.max() == 90
    whole = engine.make(tmp_path / "runs", config, 4, "whole")
    engine.play(whole, data)
    parted = engine.make(tmp_path / "runs", config, 2, "parted")
    engine.play(parted, data)
    parted.write_control(want="run", budget={"steps": 4})
    engine.play(parted, data)
    for name, tensor in engine.kept(whole).items():
        assert torch.equal(tensor, engine.kept(parted)[name]), name
    assert json.loads((whole.path / "config.json").read_text())["growth"] == 6
    for _ in archive.archive(whole, tmp_path / "x.zip"):
        pass
    with zipfile.ZipFile(tmp_path / "x.zip") as packed:
        packed.extractall(tmp_path / "x")
    [script] = (tmp_path / "x").rglob("gan.py")
    text = script.read_text()
    assert "extra={'growth': 6, 'joint': 'sum', 'sharp': False}" in text
    assert "class BaseGenerator(nn.Module)" in text
    assert "import gan" not in text
    assert "from gan" not in text
    [readme] = (tmp_path / "x").rglob("README.txt")
    assert "under CC0 (example.org/stripes)" in " ".join(readme.read_text().split())
    np.save(script.parent / "my.npy", data.images[:, 0])
    np.save(script.parent / "my-labels.npy", np.asarray(data.labels))
    plain = {key: value for key, value in os.environ.items() if key != "GAN_PLUGINS"}
    command = [sys.executable, "gan.py", "--train", "2", "--data", "my.npy"]
    subprocess.run(command, cwd=script.parent, env=plain, check=True, capture_output=True)
    assert (script.parent / "samples.png").exists()


def test_the_command_line_knows_them(files, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path / "runs"))
    own = ["--model", "patchwork", "--dataset", "stripes", "--growth", "5", "--joint", "product", "--sharp", "yes"]
    args = make_parser().parse_args(["train", *own, "--glow", "70"])
    assert (args.growth, args.joint, args.sharp, args.glow) == (5, "product", True, 70)
    with pytest.raises(SystemExit):
        make_parser().parse_args(["train", "--help"])
    told = capsys.readouterr().out
    assert "--growth" in told
    assert "--glow" in told
    with pytest.raises(SystemExit):
        make_parser().parse_args(["train", "--growth", "1"])


def page() -> None:
    import streamlit as st

    from ui.train import form

    if form.DRAFT not in st.session_state:
        form.fill(st.session_state["start"])
    st.session_state["config"] = form.render()


def test_the_form_shows_them_and_carries_them_along(files):
    at = AppTest.from_function(page, default_timeout=30)
    at.session_state["start"] = RunConfig(dataset="strokes").to_dict()
    at.run()
    assert not at.exception, at.exception
    assert "Growth" not in {w.label for w in at.number_input}
    at.selectbox(key="knob-model").set_value("patchwork").run()
    assert at.number_input(key="knob-growth").value == 12
    assert at.selectbox(key="knob-joint").value == "sum"
    assert at.toggle(key="knob-sharp").value is False
    at.number_input(key="knob-growth").set_value(9).run()
    at.selectbox(key="knob-dataset").set_value("stripes").run()
    at.number_input(key="knob-glow").set_value(77).run()
    assert not at.exception, at.exception
    config = at.session_state["config"]
    assert (config.model, config.growth, config.dataset, config.glow) == ("patchwork", 9, "stripes", 77)
    at.selectbox(key="knob-model").set_value("lean-dcgan").run()
    assert not at.exception, at.exception
    assert "growth" not in at.session_state["config"].to_dict()


def test_a_link_names_them(files):
    from ui.train.new_run import _readable

    assert _readable({"model": "patchwork", "growth": "9", "joint": "glue"}) == {"model": "patchwork", "growth": 9}


def test_a_metric_says_where_it_stands(files):
    assert metrics.prominent("report", metrics.catalogue())[0] == "brightness"
    assert metrics.prominent("compare", metrics.catalogue())[0] == "brightness"
    evidence: Any = SimpleNamespace(fake=SimpleNamespace(images=np.full((2, 1, 4, 4), 3)))
    assert registry.load("metrics", "brightness").measure(evidence) == {"brightness": 3.0}
    assert metrics.catalogue()["brightness"].text(3.04) == "3.0"


def test_they_are_in_the_matrix_of_tests(files):
    """The tests of models, data sets and metrics ask the registry for the names."""
    for kind, name in (("models", "patchwork"), ("datasets", "stripes"), ("metrics", "brightness")):
        assert name in matrix.values(ROOT / "tests" / kind / f"test_{kind}.py")


def test_a_run_whose_model_is_gone_says_so(files, tmp_path):
    run = engine.make(tmp_path / "runs", tiny(), 2, "one")
    (files / "models" / "patchwork.py").unlink()
    with pytest.raises(runs.RunError, match=r"model: 'patchwork' is not one of"):
        runs.find(run.id, tmp_path / "runs").config()
    assert "growth" not in settings()
