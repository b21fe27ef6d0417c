"""One file is one rule of the game: a loss, a penalty, a trick and an augmentation in a folder of plugins are found
wherever choices are."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from gan import registry, runs
from gan.cli.parser import make_parser
from gan.config import ConfigError, RunConfig, settings
from gan.export import archive
from gan.runs.branching import changeable
from gan.training.branch import branch
from tests import engine, matrix

ROOT = Path(__file__).parent.parent
LOSS = '''"""Absolute: a regression with absolute differences.

D says 1 for real pictures and 0 for the others.
"""

from __future__ import annotations

from torch import Tensor

D_FORMULA = r"\\mathbb{E}|C(x) - 1| + \\mathbb{E}|C(G(z))|"
G_FORMULA = r"\\mathbb{E}|C(G(z)) - C(x)|"
NEEDS_REAL = True
PROBABILITY = False
CALIBRATED = False
THRESHOLD = 0.5
SYMMETRIC = False
MONOTONE = False


def d(real: Tensor, fake: Tensor) -> Tensor:
    return distance(real, 1) + distance(fake, 0)


def g(real: Tensor | None, fake: Tensor) -> Tensor:
    assert real is not None
    return distance(fake, real)


def distance(one: Tensor, other: Tensor | float) -> Tensor:
    return (one - other).abs().mean()
'''
PENALTY = '''"""Drift: a penalty on logits far from 0.

So that a critic does not wander.
"""

from __future__ import annotations

from torch import Tensor

from gan.penalties import Logits

KNOB = {"label": "Drift penalty", "help": "Weight.", "default": 0.0, "low": 0.0, "high": 10.0, "shown": (0.0, 0.5)}
FORMULA = r"\\mathbb{E}\\,C(x)^2"
EVERY = 2
NOT_WITH = {"Dropout": "dropout moves the logits anyway"}


def penalty(D: Logits, real: Tensor, fake: Tensor, y: Tensor | None) -> Tensor:
    return D(real, y).square().mean()
'''
TRICK = '''"""Clip: no weight of D is larger than so much.

And D sees a little noise.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

KNOB = {"label": "Clip D", "help": "Bound.", "default": 0.0, "low": 0.0, "high": 1.0, "shown": (0.0, 0.02)}
LOSS_MUST = {"PROBABILITY": (False, "a clipped D has no probability to speak of")}


def draw(shape: tuple[int, ...], generator: torch.Generator, amount: float) -> Tensor:
    return torch.randn(shape[0], 1, 1, 1, generator=generator, device=generator.device)


def see(x: Tensor, draw: Tensor, amount: float) -> Tensor:
    return x + amount * draw


@torch.no_grad()
def after_step(D: nn.Module, amount: float) -> None:
    for p in D.parameters():
        p.clamp_(-amount, amount)
'''
AUGMENTATION = '''"""Mirror: D sees some pictures mirrored.

As many of the real ones as of the others.
"""

from __future__ import annotations

import torch
from torch import Tensor

KNOB = {"label": "Mirror", "help": "Share of pictures.", "default": 0.0, "low": 0.0, "high": 1.0, "shown": (0.0, 0.5)}


def draw(shape: tuple[int, ...], generator: torch.Generator, amount: float) -> Tensor:
    return torch.rand(shape[0], generator=generator, device=generator.device) < amount


def augment(x: Tensor, draw: Tensor, amount: float) -> Tensor:
    return torch.where(draw.view(-1, 1, 1, 1), x.flip(3), x)
'''
FILES = {
    "losses/absolute.py": LOSS,
    "penalties/drift.py": PENALTY,
    "tricks/clip_d.py": TRICK,
    "augmentations/mirror.py": AUGMENTATION,
}
CHOSEN: dict[str, Any] = {"loss": "absolute", "drift": 0.5, "clip_d": 0.02, "mirror": 0.5}


@pytest.fixture
def files(plugins: Path) -> Path:
    for name, text in FILES.items():
        (plugins / name).write_text(text)
    return plugins


def test_they_are_settings_that_are_checked_and_kept(files):
    config = engine.tiny(**CHOSEN)
    assert (config.loss, config.drift, config.clip_d, config.mirror) == ("absolute", 0.5, 0.02, 0.5)
    assert RunConfig.from_dict(config.to_dict()) == config
    assert RunConfig().drift == 0.0
    with pytest.raises(ConfigError, match=r"drift: 11\.0 is not between 0 and 10"):
        engine.tiny(drift=11.0)
    assert {"drift", "clip_d", "mirror"} <= {*changeable()}


def test_each_does_its_part_in_an_update(files):
    game = engine.game_of(**CHOSEN)
    for k in range(2):
        game.d_step(engine.real_of(k))
        game.g_step(engine.real_of(9))
    assert max(p.abs().max() for p in game.nets["D"].parameters()) <= 0.02
    seen: list[torch.Tensor] = []
    game.nets["D"].register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    real = engine.real_of(5)
    game.d_step(real)
    flips = registry.load("augmentations", "mirror").draw(
        (4, 1, 8, 8), game.rng.generator("gan.augmentations.mirror for D", 2), 0.5
    )
    noise = registry.load("tricks", "clip-d").draw((4, 1, 8, 8), game.rng.generator("gan.tricks.clip_d for D", 2), 0.02)
    flipped = torch.where(flips.view(-1, 1, 1, 1), real.flip(3), real)
    torch.testing.assert_close(seen[0][:4], flipped + 0.02 * noise)
    assert len(seen) == 3, "real, generated, and the penalty's"
    told = game.d_step(real)
    assert "d_real" not in told
    assert "d_accuracy" in told


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"drift": 0.5, "model": "gan-dropout"},
            "Drift cannot be used with D of gan-dropout, which has Dropout: dropout",
        ),
        ({"clip_d": 0.1, "loss": "hinge"}, "Clip cannot be used with the loss hinge: a clipped D has no probability"),
    ],
)
def test_what_it_may_not_be_used_with_is_refused_with_its_reason(files, changes, said):
    with pytest.raises(ValueError, match=said):
        engine.game_of(**changes)


@pytest.mark.usefixtures("quick_disk")
def test_a_run_trains_stops_resumes_branches_and_is_exported(files, tmp_path):
    config = engine.tiny(**CHOSEN)
    whole, parts = (engine.make(tmp_path / "runs", config, 6, name) for name in ("whole", "parts"))
    engine.play(whole)
    engine.until(parts, 3)
    made = branch(parts, 3, {"steps": 5}, {"drift": 0.0, "loss": "hinge", "clip_d": 0.0})
    engine.play(parts)
    assert engine.rows(parts) == engine.rows(whole)
    assert engine.same(engine.kept(parts), engine.kept(whole))
    engine.play(made)
    assert (made.config().drift, made.config().mirror) == (0.0, 0.5)
    for _ in archive.archive(whole, tmp_path / "x.zip"):
        pass
    with zipfile.ZipFile(tmp_path / "x.zip") as packed:
        packed.extractall(tmp_path / "x")
    [script] = (tmp_path / "x").rglob("gan.py")
    text = script.read_text()
    for part in (
        "(drift_penalty, 0.5, 2)",
        "(clip_d_after_step, 0.02)",
        "(mirror_draw, mirror_augment, 0.5, 0)",
    ):
        assert part in text
    assert "import gan" not in text
    assert "from gan" not in text
    np.save(script.parent / "my.npy", engine.pictures().images[:, 0])
    plain = {key: value for key, value in os.environ.items() if key != "GAN_PLUGINS"}
    command = [sys.executable, "gan.py", "--train", "2", "--data", "my.npy"]
    done = subprocess.run(command, cwd=script.parent, env=plain, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    trained = torch.load(script.parent / "trained.pt", weights_only=True)
    assert (
        max(value.abs().max() for name, value in trained.items() if name.startswith("D.") and "bn" not in name) <= 0.02
    )


def test_the_command_line_knows_and_trains_them(files, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path / "runs"))
    own = ["--loss", "absolute", "--drift", "0.5", "--clip-d", "0.02", "--mirror", "0.5"]
    args = make_parser().parse_args(["train", *own])
    assert (args.loss, args.drift, args.clip_d, args.mirror) == ("absolute", 0.5, 0.02, 0.5)
    with pytest.raises(SystemExit):
        make_parser().parse_args(["train", "--help"])
    told = capsys.readouterr().out
    for word in ("absolute", "--drift", "--clip-d", "--mirror"):
        assert word in told
    small = ["--preset", "first-steps", "--device", "cpu", "--threads", "1"]
    command = [sys.executable, "-m", "gan", "train", *small, *own, "--steps", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [run] = runs.runs(tmp_path / "runs")
    assert run.config().to_dict().items() >= CHOSEN.items()


def page() -> None:
    import streamlit as st

    from ui.train import form

    if form.DRAFT not in st.session_state:
        form.fill(st.session_state["start"])
    st.session_state["config"] = form.render()


def test_the_form_shows_them_with_their_words(files):
    at = AppTest.from_function(page, default_timeout=30)
    at.session_state["start"] = RunConfig(dataset="strokes").to_dict()
    at.run()
    assert not at.exception, at.exception
    at.selectbox(key="knob-loss").set_value("absolute").run()
    for name, value in CHOSEN.items():
        if name != "loss":
            box = at.selectbox(key=f"knob-{name}")
            assert box.label == settings()[name].knob.label
            box.set_value(value).run()
    assert not at.exception, at.exception
    config = at.session_state["config"]
    assert {name: getattr(config, name) for name in CHOSEN} == CHOSEN


def test_they_are_in_the_matrix_of_tests(files):
    where = ("losses/test_losses", "penalties/test_penalties", "test_combinations")
    values = set().union(*(matrix.values(ROOT / "tests" / f"{name}.py") for name in where))
    assert values >= {"absolute", "drift", "clip-d", "mirror"}
    assert any("-absolute-" in value for value in values)
