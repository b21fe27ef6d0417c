"""Images a second of the training loop against the plain loop of the tutorial it comes from. Makes docs/steps.md.

    python -m benchmarks.steps [--only gan-2014 …] [--changes] [--rounds 5] [--seconds 3] [--threads 0] [--publish]

Every loop is a process of its own and trains for a few seconds in turn with the others, so that what else goes on
meets them alike; a ratio is that of two neighbours. Ours is `train()`, timed twice: its updates alone, and then all of
it with log, pictures and saves. With --changes ours runs against itself with one thing as plain as it was. Real
pictures under $GAN_DATA where they are, random ones otherwise: both take as long. What is not measured this time stays
on the page as it was.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks._machine import bfloat16, describe
from benchmarks._report import earlier, keep
from benchmarks._report import parser as command_line
from gan import datasets, hardware, registry
from gan.config import RunConfig, preset
from gan.datasets import Data

PLAIN, OURS = "plain", "float32"
WAYS: dict[str, dict[str, str]] = {PLAIN: {}, OURS: {"precision": "fp32"}, "bfloat16": {"precision": "bf16"}}
MEASURED = {
    "gan-2014": [*WAYS],
    "dcgan-tutorial": [*WAYS],
    "dcgan-16": [PLAIN, OURS],
    "gan-dropout": [PLAIN, OURS],
    "first-steps": [PLAIN, OURS],
}
WARM_UP = 3.0  # seconds, and at least two steps
Speeds = list[float]  # images a second: of the updates alone, of all


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--changes", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    threads = given.threads or hardware.cores()
    if given.serve:
        name, way = given.serve
        serve(name, way, threads)
        return
    wanted = {k: v for k, v in MEASURED.items() if k in given.only or not given.only}
    if given.changes:
        wanted = {k: [OURS, *CHANGES[k]] for k in wanted if k in CHANGES}
    for name, ways in wanted.items():
        machine = describe()
        found = compare(name, ways, given.rounds, given.seconds, threads)
        key = f"{name}, {threads} {'thread' if threads == 1 else 'threads'}, {bfloat16()}"
        part = "changes" if given.changes else "loops"
        told = add(part, key, {"machine": machine, "rounds": found}, given.publish)
    print(page(told))


def compare(name: str, ways: Sequence[str], rounds: int, seconds: float, threads: int) -> list[dict[str, Speeds]]:
    """What each way reached, of every round."""
    command = [sys.executable, "-m", "benchmarks.steps", "--threads", str(threads), "--serve", name]
    workers = {
        way: subprocess.Popen([*command, way], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for way in ways
    }
    try:
        for worker in workers.values():
            _ask(worker, WARM_UP)
        return [{way: _ask(worker, seconds) for way, worker in workers.items()} for _ in range(rounds)]
    finally:
        for worker in workers.values():
            worker.communicate()  # the end of its input is its end


def _ask(worker: subprocess.Popen[str], seconds: float) -> Speeds:
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write(f"{seconds}\n")
    worker.stdin.flush()
    found: Speeds = json.loads(worker.stdout.readline())
    return found


def serve(name: str, way: str, threads: int) -> None:
    """Trains for as many seconds as each line of standard input says; answers with both speeds."""
    import torch

    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as home:
        loops = [plain(name)] if way == PLAIN else ours(name, way, threads, Path(home))
        for line in sys.stdin:
            speeds = [_pace(loop, float(line)) for loop in loops]
            print(json.dumps([speeds[0], speeds[-1]]), flush=True)
        for loop in loops:
            loop.close()


def _pace(loop: Generator[int], seconds: float) -> float:
    """Pictures a second of a loop that yields their number after every step."""
    images, steps, started = 0, 0, time.perf_counter()
    while steps < 2 or time.perf_counter() - started < seconds:
        images, steps = images + next(loop), steps + 1
    return round(images / (time.perf_counter() - started), 1)


def plain(name: str) -> Generator[int]:
    """The tutorial's own loop."""
    from benchmarks._tutorials import TUTORIALS

    data = _data(preset(name)[0].replace(image_size=0))  # resized one by one, where it is
    yield from TUTORIALS[name].train(data.images)


def ours(name: str, way: str, threads: int, home: Path) -> list[Generator[int]]:
    """The updates that `train()` makes of the preset, and `train()` with all else."""
    from gan import runs
    from gan.training.loop import _Training
    from gan.training.metrics_log import MetricsLog

    config = preset(name)[0].replace(threads=threads, device="cpu", **WAYS.get(way, WAYS[OURS]))
    config = config.replace(reuse_fake=config.reuse_fake and way != "new fakes for G")
    run = runs.create(config, {"steps": 10**9}, run_id="one", home=home)
    training = _Training(run, MetricsLog(run), _data(config))
    CHANGES.get(name, {}).get(way, _leave)(training)
    everything = (config.batch for _ in training.steps())
    next(everything)  # what belongs to the beginning of a run

    def updates() -> Generator[int]:
        while True:
            for name in training._plan(""):
                training.game.update(name, training.batches)
            training.game.end_step()
            yield config.batch

    return [updates(), everything]


def _data(config: RunConfig) -> Data:
    """What the preset learns from, MNIST where it names nothing; random pictures of that shape where it is missing."""
    named = config.dataset if config.dataset == "ring" else "mnist"
    if registry.missing(registry.card("datasets", named), datasets.root()):
        random = np.random.default_rng(0)
        side = config.image_size or 28
        return Data(random.integers(0, 256, (60_000, 1, side, side), dtype=np.uint8))
    return datasets.open(config.replace(dataset=named))


# -- one thing as plain as it was --------------------------------------------------------------------


def _leave(training: Any) -> None:
    """Nothing."""


class _Loaded:
    """Batches of a DataLoader, as a game reads them."""

    def __init__(self, batches: Iterator[Any], size: int):
        self.batches, self.size = batches, size

    def __len__(self) -> int:
        return self.size

    def __call__(self, update: int) -> tuple[Any, None]:
        return next(self.batches)[0], None


def _loader(training: Any) -> None:
    """Pictures from the tutorial's DataLoader."""
    from benchmarks._tutorials import TUTORIALS

    batches = TUTORIALS[training.config.model].batches(training.data.images)
    size = len(training.batches)
    training.batches = _Loaded(batches, size)


def _two_passes(training: Any) -> None:
    training.game._one_pass = False


def _slopes_of_d(training: Any) -> None:
    """G's update works out gradients of D, too, for nobody."""
    training.game.nets["D"].requires_grad_ = lambda wanted: None


def _copied_average(training: Any) -> None:
    """The EMA copies G's weights after every update."""
    import torch

    game = training.game
    for p in game.G_ema.parameters():
        p.data = p.data.clone()
    pairs = [*zip(game.G_ema.parameters(), game.nets["G"].parameters(), strict=True)]

    def follow() -> None:
        with torch.no_grad():
            for slow, fast in pairs:
                slow.lerp_(fast, game.ema_weight)

    game._follow = follow


def _library_adam(training: Any, fused: bool | None = None) -> None:
    """torch.optim.Adam, by default the one without the switch that leaves a bad update out."""
    import torch
    from torch import nn

    for optimizer in training.game.optimizers.values():
        whole: Any = torch.optim.Adam(optimizer.weights, optimizer.lr, (optimizer.beta1, optimizer.beta2), fused=fused)

        def step(optimizer: Any = optimizer, whole: Any = whole) -> Any:
            norm = nn.utils.get_total_norm([p.grad for p in optimizer.weights])
            if fused:
                whole.found_inf = (~norm.isfinite()).float()
            whole.step()
            return norm

        optimizer.guarded_step = step


def _new_memory(training: Any) -> None:
    """Activations beside what they come from, not in its place."""
    model: Any = registry.load("models", "gan-2014")
    F = model.F
    model.F = SimpleNamespace(
        relu=lambda x, inplace: F.relu(x), leaky_relu=lambda x, slope, inplace: F.leaky_relu(x, slope)
    )


def _torch_dropout(training: Any) -> None:
    from torch import nn

    D = training.game.nets["D"]
    D.drop = nn.Dropout(0.3)


CHANGES: Mapping[str, Mapping[str, Callable[[Any], None]]] = {
    "gan-2014": {
        "DataLoader and transforms": _loader,
        "torch.optim.Adam": _library_adam,
        "torch.optim.Adam(fused=True)": partial(_library_adam, fused=True),
        "real and fake through D in two passes": _two_passes,
        "gradients of D in G's update": _slopes_of_d,
        "new fakes for G": _leave,  # a setting
        "the average copied from G": _copied_average,
        "activations in memory of their own": _new_memory,
    },
    "dcgan-tutorial": {
        "torch.optim.Adam": _library_adam,
        "nn.Dropout": _torch_dropout,
        "gradients of D in G's update": _slopes_of_d,
        "the average copied from G": _copied_average,
    },
}


# -- the page ----------------------------------------------------------------------------------------


def add(part: str, key: str, found: dict[str, Any], publish: bool) -> dict[str, Any]:
    """All measurements with this one among them, once the page is written anew."""
    told: dict[str, Any] = earlier("steps") or {"loops": {}, "changes": {}}
    told[part][key] = found
    keep("steps", page(told), told, publish)
    return told


def page(told: Mapping[str, Any]) -> str:
    loops = [
        _row(key, way, found["rounds"], PLAIN)
        for key, found in told["loops"].items()
        for way in found["rounds"][0]
        if way != PLAIN
    ]
    changes = [
        _row(key, way, found["rounds"], way, OURS)
        for key, found in told["changes"].items()
        for way in found["rounds"][0]
        if way != OURS
    ]
    machines = {
        re.sub(", load .* at the start", "", found["machine"])  # each has its own among the numbers
        for part in told.values()
        for found in part.values()
    }
    return (
        HEAD.format(loops="\n".join(loops))
        + (CHANGED.format(changes="\n".join(changes)) if changes else "")
        + FOOT.format(machines="; ".join(sorted(machines)))
    )


def _row(key: str, way: str, rounds: Sequence[Mapping[str, Speeds]], other: str, one: str = "") -> str:
    """Speeds and ratios of `one` (the way itself, if not given) over `other`."""
    one = one or way
    cells = [key, way]
    if other == PLAIN:
        cells += [_spread([r[name][0] for r in rounds], ",.0f") for name in (PLAIN, way)]
        cells.append(_spread([r[one][0] / r[other][0] for r in rounds], ".2f"))
        cells.append(_spread([r[one][1] / r[other][1] for r in rounds], ".2f"))
    else:
        cells.append(_spread([r[one][0] / r[other][0] for r in rounds], ".2f"))
    return f"| {' | '.join(cells)} |"


def _spread(values: Sequence[float], form: str) -> str:
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


HEAD = """# The step, timed

Images a second of our training loop and of the plain loop of the tutorial a preset comes from, on the same machine, in
turn: medians and ranges of the rounds. "Updates" is the two updates of a step with their batch; "all" is `train()` with
log, live scores, pictures and saves, which a tutorial's loop does not have. AMX and AVX-512 are what a processor
computes bfloat16 with; `precision: auto` takes bfloat16 only where a probe finds it faster. CUDA and MPS were not
measured.

| preset | ours | plain, images/s | ours, images/s | updates, times as fast | all, times as fast |
|---|---|---|---|---|---|
{loops}

The plain loops are in `benchmarks/_tutorials.py`; that ours makes the same weights of the same batches, to 1e-9 in
double precision, is `tests/training/test_equality.py`. TensorFlow's tutorial is re-expressed in PyTorch's usual
order: its own code takes the gradients of G and D at one and the same moment.
"""
CHANGED = """
## What each change brings

Ours in float32 against itself with one thing as it was.

| preset | as it was | updates, times as fast without that |
|---|---|---|
{changes}
"""
FOOT = """
Made by `python -m benchmarks.steps` and `python -m benchmarks.steps --changes` on: {machines}.
"""

if __name__ == "__main__":
    main()
