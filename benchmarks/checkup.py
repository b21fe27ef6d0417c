"""What a look at the players costs while they train: seconds a look, and its share of the training between two looks.

    python -m benchmarks.checkup [--rounds 5] [--only lean …] [--publish]

One thread, every preset that learns images here; looks and stretches of training take turns. Prints Markdown.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks._machine import describe
from benchmarks._report import parser as command_line
from benchmarks._report import publish, spread, table
from gan import config as configs
from gan import datasets, games, registry
from gan.config import RunConfig
from gan.datasets import Data
from gan.training.live_scores import LiveEvaluator

STRETCH = 1.0  # seconds of training between two looks here


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()
    machine, rows, found = describe(), [], {}
    torch.set_num_threads(1)
    for name in registry.names("presets"):
        told = registry.load("presets", name)
        if "scenario" in told or "dataset" in told["config"] or (given.only and name not in given.only):
            continue
        config = configs.preset(name)[0].replace(dataset=_data(), device="cpu", threads=1)
        found[name] = _found(config, datasets.open(config), given.rounds)
        rows.append([f"`{name}`", *_row(found[name])])
        print(*rows[-1], file=sys.stderr, flush=True)
    head = ["Preset", "A look, s", "Samples", "Steps between", "Training between, s", "Share of the time"]
    text = f"One thread; medians of {given.rounds} looks and their range.\n\n" + table(head, rows)
    publish("Looks while training", text, found, machine, "checkup", given.publish)


def _data() -> str:
    card = registry.card("datasets", "mnist")
    return "strokes" if registry.missing(card, datasets.root()) else "mnist"


def _found(config: RunConfig, data: Data, rounds: int) -> dict[str, Any]:
    """Seconds of every look and of a step in every stretch, with the steps between two looks and samples of one."""
    game: Any = games.build(config, data.shape, data.n_classes, "cpu")
    evaluator = LiveEvaluator(game, data)
    real = torch.tensor(data.images[: config.batch]).float() / 127.5 - 1
    looks, steps = [], []
    for k in range(rounds + 1):
        looks.append(_timed(lambda: evaluator.run(game.snapshot())))
        until, count = time.perf_counter() + STRETCH, 0
        began = time.perf_counter()
        while time.perf_counter() < until or not count:
            game.d_step(real)
            game.g_step()
            game.end_step()
            count += 1
        steps.append((time.perf_counter() - began) / count)
        if not k:
            looks, steps = [], []  # the first round only warms up
    return {"looks": looks, "steps": steps, "every": evaluator.every, "samples": evaluator.count}


def _row(found: dict[str, Any]) -> list[str]:
    look, between = (statistics.median(found[key]) for key in ("looks", "steps"))
    between *= found["every"]
    counts = [f"{found[key]:,}" for key in ("samples", "every")]
    return [spread(found["looks"], 2), *counts, f"{between:.1f}", f"{look / (look + between):.1%}"]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
