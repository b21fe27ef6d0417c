"""Precision changes nothing but speed, and a run keeps what it began with."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from gan import registry
from gan.runs import RunError
from gan.training.speed import precision as speed_precision
from tests.engine import (
    event,
    game_of,
    kept,
    make,
    play,
    real_of,
    rows,
    same,
    shape_for,
    tensors_of,
    tiny,
    until,
)

pytestmark = pytest.mark.usefixtures("quick_disk")


@pytest.mark.parametrize(
    ("model", "decay"), [*((model, 0.9) for model in registry.names("models")), ("gan-dropout", 0.0)]
)
def test_bfloat16_stays_near(model, decay):
    """Weights, moments and what is told stay float32; the first gradients point the same way."""
    shape = shape_for(model)
    settings = {"model": model, "batch": 64, "z_dim": 16, "ema_decay": decay}
    plain, short = game_of(shape, **settings), game_of(shape, **settings)
    speed_precision._set_precision(short, "bf16")
    for one, other in zip(speed_precision._gradients(short), speed_precision._gradients(plain), strict=True):
        assert 0.9 < torch.cosine_similarity(one, other, dim=0) < 1.0
    assert {t.dtype for t in tensors_of(short).values()} <= {torch.float32, torch.int64}
    told = short.d_step(real_of(0, shape)) | short.g_step()
    assert {value.dtype for value in told.values()} == {torch.float32}


@pytest.fixture
def probing(monkeypatch):
    """A machine whose bfloat16 takes a `share` of the time, for networks of any size."""

    def machine(share, tolerance=1.0):
        monkeypatch.setattr(speed_precision, "MIN_FLOPS", 0)
        monkeypatch.setattr(speed_precision, "TOLERANCE", tolerance)
        monkeypatch.setattr(speed_precision, "_candidates", lambda device: ("bf16",))
        monkeypatch.setattr(
            speed_precision,
            "_seconds",
            lambda game: share if isinstance(game.G, speed_precision.Autocast) else 1.0,
        )

    return machine


@pytest.mark.parametrize(("share", "tolerance", "found"), [(0.5, 1.0, "bf16"), (0.9, 1.0, "fp32"), (0.5, 0.0, "fp32")])
def test_auto_takes_what_is_clearly_faster_and_near(probing, share, tolerance, found):
    probing(share, tolerance)
    game = game_of(model="gan-dropout")
    before = tensors_of(game)
    kept_before = {name: t.clone() for name, t in before.items()}
    assert speed_precision.probe(game) == found
    assert same(kept_before, tensors_of(game))
    assert game.counts == {"d": 0, "g": 0}


def test_auto_leaves_small_networks_alone(monkeypatch):
    monkeypatch.setattr(speed_precision, "_candidates", lambda device: ("bf16",))
    monkeypatch.setattr(speed_precision, "_clone", lambda *_: pytest.fail("probed"))
    assert speed_precision.probe(game_of()) == "fp32"


def test_a_run_stays_with_the_precision_it_began_with(tmp_path, probing, monkeypatch):
    probing(0.5)
    whole, parts = (make(tmp_path, run_id=name) for name in ("whole", "parts"))
    play(whole)
    until(parts, 4)
    monkeypatch.setattr(speed_precision, "probe", lambda game: pytest.fail("probed again"))
    play(parts)
    assert event(parts, "started")["precision"] == event(parts, "resumed")["precision"] == "bf16"
    assert rows(parts) == rows(whole)
    assert same(kept(parts), kept(whole))
    play(plain := make(tmp_path, tiny(precision="fp32"), run_id="plain"))
    assert rows(plain) != rows(whole)


def test_a_run_from_before_there_was_a_choice_goes_on_as_it_was(tmp_path, unbroken, monkeypatch):
    run = make(tmp_path)
    until(run, 4)
    path = run.path / "events.jsonl"
    lines = path.read_text().replace('"precision": "fp32"', '"old": true')
    assert "old" in lines
    path.write_text(lines)
    monkeypatch.setattr(speed_precision, "probe", lambda game: pytest.fail("probed"))
    play(run)
    assert rows(run) == rows(unbroken)


def test_tf32_is_refused_where_there_is_none(tmp_path):
    with pytest.raises(RunError, match=r"^precision: tf32 needs CUDA"):
        play(make(tmp_path, tiny(precision="tf32")))


def _noted(update, note, *inputs):
    note()
    return update(*inputs)


def test_products_are_shortened_while_a_run_trains_only():
    """Every update chooses for itself, with whatever it is given; what it chose stays for whoever draws meanwhile."""
    place = torch.backends.cuda.matmul
    before, during = place.fp32_precision, []
    with speed_precision.matmul_precision_kept():
        for precision in ("tf32", "fp32", "tf32"):
            game = game_of()
            game.update = partial(_noted, game.update, lambda: during.append(place.fp32_precision))
            speed_precision._with_matmul_precision(game, precision)
            assert game.update("d", lambda update: (real_of(update), None))["d_loss"].isfinite()
            assert place.fp32_precision == during[-1], "whoever looks finds it, too"
    assert place.fp32_precision == before
    assert during == ["tf32", "ieee", "tf32"]
