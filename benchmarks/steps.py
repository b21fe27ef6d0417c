"""Images a second of the training loop against the plain loop of the tutorial it comes from. Writes docs/steps.*.

    python -m benchmarks.steps [--rounds 5] [--seconds 4] [--threads 0] [--only gan-2014 …]

Every loop is a process of its own and trains for a few seconds in turn with the others, so that what else goes on
meets them alike; a ratio is that of two neighbours. Ours is `train()` itself, timed twice: its updates alone, and all
of it with log, pictures and saves. Real pictures under $GAN_DATA where they are, random ones otherwise: both take as
long. With --only it prints and writes nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._machine import describe
from gan import datasets, files, hardware, registry
from gan.config import RunConfig, preset
from gan.datasets import Data

DOCS = Path("docs")
PRESETS = ("gan-2014", "dcgan-tutorial", "dcgan-16", "gan-dropout", "first-steps")
WAYS = ("plain", "eager")
WARM_UP = 3.0  # seconds, and at least two steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--ways", nargs="*", default=WAYS)
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    threads = given.threads or hardware.cores()
    if given.serve:
        name, way = given.serve
        serve(name, way, threads)
        return
    machine = describe()
    found = []
    for name in PRESETS:
        if name in given.only or not given.only:
            rounds = compare(name, given.ways, given.rounds, given.seconds, threads)
            found.append({"preset": name, "rounds": rounds})
            print(row(name, rounds), flush=True)
    if not given.only:
        told = {"machine": machine, "threads": threads, "seconds": given.seconds, "found": found}
        files.replace(DOCS / "steps.json", (json.dumps(told, indent=1) + "\n").encode())


def compare(
    name: str, ways: tuple[str, ...], rounds: int, seconds: float, threads: int
) -> list[dict[str, Any]]:
    """Of every round what each way reached: {way: [images/s of the updates, images/s of all]}."""
    command = [sys.executable, "-m", "benchmarks.steps", "--threads", str(threads), "--serve", name]
    workers = {
        way: subprocess.Popen(
            [*command, way], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for way in ways
    }
    try:
        for worker in workers.values():
            _ask(worker, WARM_UP)
        return [
            {way: _ask(worker, seconds) for way, worker in workers.items()} for _ in range(rounds)
        ]
    finally:
        for worker in workers.values():
            worker.communicate()  # the end of its input is its end


def _ask(worker: subprocess.Popen[str], seconds: float) -> list[float]:
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write(f"{seconds}\n")
    worker.stdin.flush()
    return json.loads(worker.stdout.readline())


def serve(name: str, way: str, threads: int) -> None:
    """Trains for as many seconds as each line of standard input says; answers with both speeds."""
    import torch

    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as home:
        loop = plain(name) if way == "plain" else ours(name, way, threads, Path(home))
        with contextlib.closing(loop) as clock:
            for line in sys.stdin:
                images, busy, steps, started = 0, 0.0, 0, time.perf_counter()
                while steps < 2 or time.perf_counter() - started < float(line):
                    n, took = next(clock)
                    images, busy, steps = images + n, busy + took, steps + 1
                wall = time.perf_counter() - started
                print(json.dumps([images / busy, images / wall]), flush=True)


def plain(name: str) -> Generator[tuple[int, float]]:
    """The tutorial's own loop: pictures and seconds of every step."""
    from benchmarks._tutorials import TUTORIALS

    mark = time.perf_counter()
    data = _data(preset(name)[0].replace(image_size=0))  # resized one by one, where it is
    for n in TUTORIALS[name].train(data.images):
        now = time.perf_counter()
        yield n, now - mark
        mark = time.perf_counter()


def ours(name: str, way: str, threads: int, home: Path) -> Generator[tuple[int, float]]:
    """`train()` of the preset: pictures and seconds of every step, as its own clock has them."""
    from gan import runs
    from gan.train import train

    config = preset(name)[0]
    data = _data(config)
    settled = config.replace(threads=threads, device="cpu")
    run = runs.create(settled, {"steps": 10**9}, run_id="one", home=home)
    last = 0.0
    with contextlib.closing(train(run, data)) as ticks:
        for tick in ticks:
            yield config.batch, tick.seconds - last
            last = tick.seconds


def _data(config: RunConfig) -> Data:
    """What the preset learns from, MNIST where it names nothing; random pictures of that shape where it is missing."""
    named = config.dataset if config.dataset == "ring" else "mnist"
    if registry.missing(registry.card("datasets", named), datasets.root()):
        random = np.random.default_rng(0)
        side = config.image_size or 28
        return Data(random.integers(0, 256, (60_000, 1, side, side), dtype=np.uint8))
    return datasets.open(config.replace(dataset=named))


def row(name: str, rounds: list[dict[str, Any]]) -> str:
    ways = [way for way in rounds[0] if way != "plain"]
    text = [name, _spread([r["plain"][0] for r in rounds], ",.0f")]
    for way in ways:
        text.append(_spread([r[way][0] for r in rounds], ",.0f"))
        text.append(_spread([r[way][0] / r["plain"][0] for r in rounds], ".2f"))
        text.append(_spread([r[way][1] / r["plain"][1] for r in rounds], ".2f"))
    return f"| {' | '.join(text)} |"


def _spread(values: list[float], form: str) -> str:
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


if __name__ == "__main__":
    main()
