"""What does not go together is refused by name and with the reason, before anything is trained."""

from __future__ import annotations

import pytest

from gan.runs import RunError
from tests.engine import game_of, make, play, tiny

REFUSED = [
    (
        {"gradient_penalty": 1.0, "model": "lean-dcgan"},
        r"^Gradient penalty cannot be used with D of lean-dcgan, which has BatchNorm: BatchNorm makes D's answer",
    ),
    (
        {"spectral_norm": True, "model": "lean-dcgan"},
        r"^Spectral norm cannot be used with D of lean-dcgan, which has BatchNorm: BatchNorm scales every channel",
    ),
    (
        {"label_smoothing": 0.1, "loss": "least-squares"},
        r"^One-sided label smoothing cannot be used with the loss least-squares: it needs a loss that treats",
    ),
    (
        {"label_smoothing": 0.1, "loss": "relativistic"},
        r"^One-sided label smoothing cannot be used with the loss relativistic: a loss of pairs has no target",
    ),
]


@pytest.mark.parametrize(("settings", "why"), REFUSED)
def test_what_does_not_go_together_is_refused_with_the_reason(tmp_path, settings, why):
    with pytest.raises(ValueError, match=why):
        game_of(**settings)
    run = make(tmp_path, tiny(**settings))
    with pytest.raises(RunError, match=why):
        play(run)
    assert run.states() == []


@pytest.mark.parametrize(
    "settings",
    [
        {"gradient_penalty": 1.0, "model": "lean-dcgan", "batch_norm": False},
        {"spectral_norm": True, "model": "gan-2014"},
        {"label_smoothing": 0.1, "loss": "hinge"},
        {"r1": 0.1, "r2": 0.1, "translation": 1, "model": "lean-dcgan"},
        {"gradient_penalty": 0.0, "spectral_norm": False, "label_smoothing": 0.0, "loss": "least-squares"},
    ],
)
def test_what_goes_together_is_not(settings):
    game_of(**settings)
