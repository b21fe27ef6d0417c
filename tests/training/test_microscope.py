"""The microscope on a step by hand: what it tells is so, and the run goes on as if it had not looked."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan import files
from gan.datasets import Data
from gan.runs import Run, RunError
from gan.training.loop import train
from gan.training.microscope import Microscope
from gan.training.replay import replay
from tests.engine import happened, kept, make, pictures, rows, same, tiny, until
from tests.games.test_words import described

HARD: dict[str, dict[str, Any]] = {
    "BatchNorm, EMA": {"model": "dcgan-deep", "width": 4},
    "dropout": {"model": "gan-dropout"},
    "spectral norm, shared fakes": {"model": "lean-resnet", "spectral_norm": True, "reuse_fake": True},
}


def by_hand(run: Run, *steps: str, data: Data | None = None) -> list[dict[str, Any]]:
    """Makes single steps; what the microscope told of each."""
    run.write_control(want="pause")
    ticks, told = train(run, data or pictures()), []
    for what in steps:
        while not next(ticks).paused:
            pass
        run.ask_step(what)  # type: ignore[arg-type]
        next(ticks)
        path = run.path / "microscope.json"
        told += [files.load(path.read_bytes())] if path.exists() else []
    ticks.close()
    return told


def of(text: str, kind: type) -> Any:
    return np.frombuffer(base64.b64decode(text), kind)


@pytest.mark.parametrize("settings", HARD.values(), ids=list(HARD))
def test_a_run_that_was_looked_at_goes_on_bit_for_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    one, other = (make(tmp_path, tiny(**settings), run_id=name) for name in ("one", "other"))
    assert len(by_hand(one, "both", "d", "g", data=pictures(28))) == 3
    monkeypatch.setattr(Microscope, "before", lambda self: None)
    assert not by_hand(other, "both", "d", "g", data=pictures(28))
    assert same(kept(one), kept(other))
    assert rows(one) == rows(other)


def test_it_tells_who_moved_and_by_how_much(tmp_path: Path) -> None:
    run = make(tmp_path)
    d, g = by_hand(run, "d", "g")
    assert (d["step"], d["updates"], g["step"], g["updates"]) == (1, ["d"], 2, ["g"])
    assert d["before"] == d["after"] == g["before"]  # G stood still
    assert d["most"] == 0
    assert d["d"]["before"] != d["d"]["judged"] == d["d"]["after"]
    assert d["layers"]["G"] == []
    assert g["d"]["before"] == g["d"]["judged"] == d["d"]["after"]  # D stood still
    assert g["d"]["real_before"] == g["d"]["real_after"]
    assert g["layers"]["D"] == []
    change = of(g["difference"], np.int8) * (g["most"] / 127)
    seen = of(g["after"], np.uint8).astype(int) - of(g["before"], np.uint8)
    assert np.abs(change - seen).max() <= 1 + g["most"] / 127  # both pictures are rounded
    assert 0 < g["most"] < 255


@pytest.mark.parametrize("conditioning", ["concat", "words"])
def test_it_looks_at_what_is_asked_for(tmp_path: Path, conditioning: str) -> None:
    """Classes, or captions, which take their place."""
    data = described()
    if conditioning != "words":
        data = Data(data.images, data.labels, data.names)
    config = tiny(dataset="captions", conditional=True, conditioning=conditioning, samples=100)
    run = make(tmp_path, config)
    (told,) = by_hand(run, "both", data=data)
    assert told["layers"]["G"]
    assert "complaint" not in happened(run)


def test_what_it_cannot_look_at_is_said_and_training_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: Any) -> None:
        raise RunError("It is dark.")

    monkeypatch.setattr(Microscope, "look", fail)
    run = make(tmp_path)
    assert by_hand(run, "both", "both") == []
    assert "It is dark." in next(e for e in run.events() if e["event"] == "complaint")["text"]
    assert run.states()[-1] == 2


def test_its_layers_add_up_to_the_gradient_in_the_log(tmp_path: Path) -> None:
    run = make(tmp_path)
    (told,) = by_hand(run, "both")
    row = rows(run)[-1]
    for name in ("D", "G"):
        whole = sum(norm**2 for _, norm, _ in told["layers"][name]) ** 0.5
        assert whole == pytest.approx(row[f"grad_norm_{name.lower()}"], rel=1e-3)
        assert all(0 < moved < 1 for _, _, moved in told["layers"][name])


def test_a_step_made_again_from_its_state_is_the_one_that_the_run_made(tmp_path: Path) -> None:
    run = make(tmp_path)
    until(run, 4)
    (told,) = by_hand(run, "both")
    before = kept(run, 4)
    assert replay(run, 4, pictures()) == told
    assert same(kept(run, 4), before)
    with pytest.raises(RunError, match="keeps no state of step 2"):
        replay(run, 2, pictures())
