"""Trains a tiny run in processes that are killed without warning: python -m tests.killing FOLDER GAME SEED…

A process of its own, which loads torch once and forks for every life of a trainer. Prints one JSON object a seed: how
often it was killed and what was wrong.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gan import images, runs, tensor_files
from gan.datasets import Data
from gan.models._batchnorm import recalibrate
from gan.runs import Run
from gan.training import checkpointer, loop, sample_grids
from tests.engine import game_of, make, pictures, rows, tiny

STEPS, LIVES = 60, 6


def main(home: Path, game: str, seeds: list[int]) -> None:
    loop.FLUSH_SECONDS, checkpointer.SAVE_SECONDS = 0.004, 0.1
    sample_grids.SamplePublisher.due = lambda self: time.time_ns() % 5 == 0  # type: ignore[method-assign]
    warm_up()
    for seed in seeds:
        print(json.dumps(trial(home, game, seed)), flush=True)


def warm_up() -> None:
    """Imports what a trainer needs; no backward pass, after which torch does not let a process fork."""
    game = game_of()
    recalibrate(game.G_ema, game.rng, game.config.z_dim)
    images.webp(np.zeros((4, 4, 1), np.uint8))


def data_of(game: str) -> Data:
    """Pictures of one kind, or of two for a game that translates between them."""
    return replace(pictures(), other=pictures(count=13)) if game == "unpaired" else pictures()


def trial(home: Path, game: str, seed: int) -> dict[str, Any]:
    """One run, killed at moments drawn from `seed` and resumed until it is done."""
    rng, wrong = random.Random(seed), []
    run = make(home, tiny(log_every=3, game=game), steps=STEPS, run_id=f"killed-{seed}")
    kills = cuts = 0
    while True:
        expected, began = stale(run), time.time()
        moment = (rng.choice((0, rng.randrange(40), rng.randrange(40))), rng.uniform(0, 0.01))
        done = live(run, *(moment if kills < LIVES else (10**9, 0)))
        if (told := announced(run, began)) is not None:
            cuts += expected
            if told != (cuts if expected else 0):
                wrong.append(f"life {kills}: announced {told}, cut {expected}, cuts so far {cuts}")
        seqs = [row["seq"] for row in rows(run)]
        if seqs != list(range(len(seqs))):
            wrong.append(f"life {kills}: the log tells {seqs}")
        if done:
            break
        kills += 1
    left = [path.name for path in run.path.rglob(".*.tmp")]
    return {"run": run.id, "kills": kills, "cuts": cuts, "wrong": wrong, "left": left}


def live(run: Run, ticks: int, seconds: float) -> bool:
    """Trains in a process that is killed so long after so many ticks. True when it came to its end before."""
    heard, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            for _ in loop.train(run, data_of(run.config().game)):
                os.write(told, b".")
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
    os.close(told)
    while ticks > 0 and (part := os.read(heard, min(ticks, 4096))):
        ticks -= len(part)
    if ticks <= 0:
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
    os.close(heard)
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a trainer failed")
    return os.WIFEXITED(status)


def stale(run: Run) -> bool:
    """Whether there is anything that a resume has to take back."""
    step = run.states()[-1] if run.states() else 0
    offset = told_offset(run, step) if run.states() else 0
    log = run.path / "metrics.jsonl"
    shown = [*run.pictures("fixed"), *run.pictures("random"), *run.snapshots()]
    shown += [event["step"] for event in run.events()]
    return max(shown, default=0) > step or (log.exists() and log.stat().st_size > offset)


def told_offset(run: Run, step: int) -> int:
    return int(tensor_files.read_tensors(run.state(step))[1]["offset"])


def announced(run: Run, began: float) -> int | None:
    """The generation told by the trainer that began last, 0 when it told none, None when it did not get so far."""
    named = ("started", "resumed")
    for event in reversed(run.events()):
        if event["event"] in named and event["time"] >= began:
            return int(event.get("generation", 0))
    return None


if __name__ == "__main__":
    runs.LOCKS.every = 0
    main(Path(sys.argv[1]), sys.argv[2], [int(seed) for seed in sys.argv[3:]])
