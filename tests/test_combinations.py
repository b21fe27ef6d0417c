"""Choices together: every two of them learn, and each model, loss and other choice is stopped, resumes bit for bit,
exports, and its script trains on."""

from __future__ import annotations

import itertools
import runpy
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from gan import models, registry
from gan.config import settings
from gan.export import script
from gan.games.adversarial import conflict
from gan.models._batchnorm import recalibrate
from gan.runs import Run
from gan.training import sample_grids
from tests.engine import kept, make, pictures, play, points, rows, same, shape_for, tiny, until
from tests.every_combination import amount, choices, conditionings, pairwise, tried

pytestmark = pytest.mark.usefixtures("quick_disk", "quick_pictures")
MODELS, LOSSES = registry.names("models"), registry.names("losses")
CHOICES = choices()


def fits(changes: dict[str, Any]) -> bool:
    config = tiny(**changes)
    _, D = models.build(config, shape_for(config.model), 0, 0, "cpu")
    return not conflict(config, D)


def combinations() -> list[dict[str, Any]]:
    """Every model, every loss and every other choice once at least, as far as they go together."""
    left: list[Any] = [*CHOICES, None]
    rows: list[dict[str, Any]] = []
    for model, loss in zip(itertools.cycle(MODELS), itertools.cycle(LOSSES), strict=False):
        for choice in left or [None]:
            changes = {"model": model, "loss": loss}
            changes |= {choice[1].replace("-", "_"): amount(choice)} if choice else {}
            if fits(changes):
                rows.append(changes)
                left = [other for other in left if other != choice]
                break
        if not left and len(rows) >= max(len(MODELS), len(LOSSES)):
            return rows
    raise AssertionError("it never ends")


def data_for(model: str):
    shape = shape_for(model)
    return points() if shape == (2, 1, 1) else pictures(side=shape[1])


def name_of(changes: dict[str, Any]) -> str:
    return "-".join(str(value) if name in ("model", "loss") else name for name, value in changes.items())


@pytest.fixture
def quick_pictures(monkeypatch):
    """Publications that take a moment: BatchNorm is recalibrated on few noise vectors."""
    monkeypatch.setattr(sample_grids, "recalibrate", partial(recalibrate, n=16))


def used_on(run: Run, folder, monkeypatch) -> dict[str, torch.Tensor]:
    """The weights after the run's script has trained two steps on in a folder that has no package of ours."""
    config, shape = run.config(), shape_for(run.config().model)
    live = {name: getattr(config, name) for name in ("lr_g", "lr_d", "d_steps", "g_steps")}
    folder.mkdir()
    text = script.source(config, shape, 0, live, "Combined")
    assert "import gan" not in text
    assert "from gan" not in text
    assert text.count("(512, device)") == 2
    (folder / "gan.py").write_text(text.replace("(512, device)", "(16, device)"), encoding="utf-8")  # quicker
    (folder / "weights.safetensors").write_bytes(run.weights().read_bytes())
    images = data_for(config.model).images
    np.save(folder / "my.npy", images[:, :, 0, 0] if shape[1:] == (1, 1) else images.transpose(0, 2, 3, 1))
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", ["gan.py", "--train", "2", "--data", "my.npy", "--n", "4"])
    with torch.random.fork_rng():
        runpy.run_path("gan.py", run_name="__main__")
    assert (folder / "samples.png").is_file()
    found: dict[str, torch.Tensor] = torch.load("trained.pt", weights_only=True)
    return found


COMBINATIONS = combinations()


@pytest.mark.parametrize("changes", COMBINATIONS, ids=map(name_of, COMBINATIONS))
def test_it_trains_resumes_bit_for_bit_and_its_script_trains_on(changes, tmp_path, monkeypatch):
    config, data = tiny(**changes, log_every=1), data_for(changes["model"])
    one, other = (make(tmp_path, config, steps=2, run_id=name) for name in ("one", "other"))
    play(one, data)
    until(other, 1, data)
    play(other, data)
    assert len(rows(one)) == 2
    assert rows(one) == rows(other)
    assert same(kept(one), kept(other))
    trained = used_on(one, tmp_path / "away", monkeypatch)
    assert all(value.isfinite().all() for value in trained.values())
    before = kept(one)
    assert any(not torch.equal(before[name], value) for name, value in trained.items() if name.startswith("D."))


def test_every_choice_is_in_some_combination():
    used = {name for changes in COMBINATIONS for name in changes}
    assert used >= {name.replace("-", "_") for _, name in CHOICES}
    assert ({c["model"] for c in COMBINATIONS}, {c["loss"] for c in COMBINATIONS}) == ({*MODELS}, {*LOSSES})


@pytest.mark.parametrize("model", MODELS)
def test_every_two_choices_go_together_or_are_refused_by_name(model):
    """Two steps each; all four at once: `python -m tests.every_combination`."""
    for combination in pairwise():
        if combination[0] == model:
            tried(*combination)


def test_pairwise_leaves_out_no_pair():
    wanted = {*pairwise()}
    kinds = (MODELS, LOSSES, CHOICES, conditionings())
    for first, second in itertools.combinations(range(4), 2):
        pairs = {(row[first], row[second]) for row in wanted}
        assert pairs == {*itertools.product(kinds[first], kinds[second])}


@pytest.mark.parametrize("choice", CHOICES, ids=[name for _, name in CHOICES])
def test_a_run_with_it_stopped_anywhere_is_the_run_itself(choice, tmp_path):
    """Also between two of the lazy penalties, with several updates a step, and a relativistic loss where that goes."""
    own = {choice[1].replace("-", "_"): amount(choice), "batch_norm": False, "loss": "relativistic"}
    own |= {f"{name.replace('-', '_')}_every": 3 for name in registry.names("penalties")}
    if not fits(own):
        own["loss"] = "non-saturating"
    config = tiny(**own, d_steps=2, g_steps=2)
    off = config.replace(**{choice[1].replace("-", "_"): settings()[choice[1].replace("-", "_")].default})
    configs = {"whole": config, "parts": config, "plain": off}
    whole, parts, plain = (make(tmp_path, each, steps=7, run_id=name) for name, each in configs.items())
    play(whole)
    for stop in (1, 2, 4):
        until(parts, stop)
    play(parts)
    assert rows(parts) == rows(whole)
    assert same(kept(parts), kept(whole))
    play(plain)
    if rows(plain) == rows(whole):  # what moves all logits alike is nothing to a loss of their differences
        whole, plain = (
            make(tmp_path, each.replace(loss="non-saturating"), steps=7, run_id=f"other-{k}")
            for k, each in enumerate((config, off))
        )
        play(whole)
        play(plain)
    assert rows(plain) != rows(whole), "it is on, and does something"
