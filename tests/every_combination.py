"""Every model with every loss, conditioning and other choice: trains two steps, or is refused by name with the reason.

python -m tests.every_combination            all of them, for the night; many minutes of one core
python -m tests.every_combination --pairwise  every two of the four together at least once, as `make check` does
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Iterator
from typing import Any

import torch

from gan import registry
from gan.config import settings
from gan.games import adversarial
from tests.engine import game_of, real_of, shape_for

Choice = tuple[str, str]  # kind and name of a penalty, trick or augmentation
Combination = tuple[str, str, Choice, str]  # model, loss, choice and conditioning
N_CLASSES = 3
KINDS = ("penalties", "tricks", "augmentations")


def choices() -> list[Choice]:
    """Everything that may be added to a model and a loss."""
    return [(kind, name) for kind in KINDS for name in registry.names(kind)]


def amount(choice: Choice) -> Any:
    """A setting at which a penalty, trick or augmentation is on."""
    setting = settings()[choice[1].replace("-", "_")]
    return True if isinstance(setting.default, bool) else next(filter(None, setting.knob.shown))


def conditionings() -> list[str]:
    """Every way to tell D the class, and "" for networks that are told none."""
    return ["", *registry.names("conditionings")]


def every() -> Iterator[Combination]:
    """All combinations of a model, a loss, one more choice and a conditioning."""
    return itertools.product(registry.names("models"), registry.names("losses"), choices(), conditionings())


def pairwise() -> Iterator[Combination]:
    """Of these every two things together.

    Every model with every choice, the losses and the conditionings in turn; what goes with no labels once more without.
    """
    losses, told = registry.names("losses"), conditionings()
    for (i, model), (k, choice) in itertools.product(enumerate(registry.names("models")), enumerate(choices())):
        loss, conditioning = losses[(i + k) % len(losses)], told[(i + k + k // len(told)) % len(told)]
        yield model, loss, choice, conditioning
        if conditioning and "conditional" in registry.card(*choice).facts.get("SETTINGS_MUST", {}):
            yield model, loss, choice, ""


def tried(model: str, loss: str, choice: Choice, conditioning: str) -> str:
    """Two steps of that combination; why it is refused, or "". Raises AssertionError when it does not learn."""
    shape, own = shape_for(model), choice[1].replace("-", "_")
    changes = {"model": model, "loss": loss, own: amount(choice)}
    y = torch.arange(4) % N_CLASSES if conditioning else None
    if conditioning:
        changes |= {"conditional": True, "conditioning": conditioning}
    card = registry.card(*choice)
    if "BatchNorm" in card.facts.get("NOT_WITH", {}) and "batch_norm" in registry.card("models", model).facts["KNOBS"]:
        changes["batch_norm"] = False
    try:
        game = game_of(shape, N_CLASSES, **changes)
    except ValueError as refusal:
        text = str(refusal)
        assert text.startswith(f"{card.title} cannot be used with "), text
        assert loss in text or model in text or (conditioning and "label" in text), text
        assert len(text.partition(": ")[2]) > 20, text
        return text
    before = {name: [p.clone() for p in net.parameters()] for name, net in game.nets.items()}
    for k in range(2):
        game.d_step(real_of(2 * k, shape), y)
        game.g_step(real_of(2 * k + 1, shape), y)
        game.end_step()
    for name, net in game.nets.items():
        assert all(p.isfinite().all() for p in net.parameters()), f"{name} is no longer finite"
        assert any(not p.equal(old) for p, old in zip(net.parameters(), before[name], strict=True)), f"{name} stands"
    assert adversarial.conflict(game.config, game.nets["D"]) == ""
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairwise", action="store_true")
    wanted = [*(pairwise() if parser.parse_args().pairwise else every())]
    refusals: list[str] = []
    failures: list[str] = []
    began = time.monotonic()
    for combination in wanted:
        try:
            refusals += filter(None, [tried(*combination)])
        except Exception as error:  # the others are tried, too
            failures.append(f"{combination}: {type(error).__name__}: {error}")
    for text in sorted({*refusals}):
        print(f"refused {refusals.count(text)} times: {text}")
    for text in failures:
        print(f"FAILED {text}")
    trained = len(wanted) - len(refusals) - len(failures)
    took = f"{time.monotonic() - began:.0f} s"
    print(f"{trained} trained two steps, {len(refusals)} refused, {len(failures)} failed: {took}")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
