"""What a look at the players costs while they train: seconds a look, and its share of the training between two looks.

    python -m benchmarks.checkup [--rounds 5]

One thread, every preset that learns images here; looks and stretches of training take turns, medians with ranges.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from benchmarks._machine import describe
from gan import config as configs
from gan import datasets, models, registry
from gan.checkup import Checkup
from gan.config import RunConfig
from gan.datasets import Data
from gan.step import Players

STRETCH = 1.0  # seconds of training between two looks here


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(
        f"{describe()}\n\n| preset | a look, s | samples | steps between | training between, s | share |"
    )
    print("|---|---|---|---|---|---|")
    torch.set_num_threads(1)
    for name in registry.names("presets"):
        told = registry.load("presets", name)
        if "scenario" in told or "dataset" in told["config"]:
            continue
        config = configs.preset(name)[0].replace(dataset=_data(), device="cpu", threads=1)
        print(_row(name, config, datasets.open(config), rounds), flush=True)


def _data() -> str:
    card = registry.card("datasets", "mnist")
    return "strokes" if registry.missing(card, datasets.root()) else "mnist"


def _row(name: str, config: RunConfig, data: Data, rounds: int) -> str:
    G, D = models.build(config, data.shape, data.n_classes, config.seed, "cpu")
    players = Players(config, G, D, registry.load("losses", config.loss))
    checkup = Checkup(players, data)
    real = torch.tensor(data.images[: config.batch]).float() / 127.5 - 1
    looks, steps = [], []
    for k in range(rounds + 1):
        looks.append(_timed(checkup.look))
        until, count = time.perf_counter() + STRETCH, 0
        began = time.perf_counter()
        while time.perf_counter() < until or not count:
            players.update_d(real)
            players.update_g()
            players.end_round()
            count += 1
        steps.append((time.perf_counter() - began) / count)
        if not k:
            looks, steps = [], []  # the first round only warms up
    look, between = statistics.median(looks), checkup.every * statistics.median(steps)
    spread = f"{min(looks):.2f} to {max(looks):.2f}"
    return (
        f"| `{name}` | {look:.2f} ({spread}) | {checkup.count} | {checkup.every} | {between:.1f} | "
        f"{look / (look + between):.1%} |"
    )


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
