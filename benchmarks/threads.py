"""Images a second of the `lean` update loop, by threads and by how long they spin before they sleep.

    python -m benchmarks.threads [--rounds 3] [--seconds 4]

Each way in a process of its own, taken in turn. Prints Markdown: medians and ranges. Run it beside a busy program as
well: the project's own count is the one that does well on both.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from typing import Any

from benchmarks._machine import describe
from gan import config, hardware

WARM_UP = 20  # updates
OURS, OPENMP = "10000", "300000"  # spins: what gan/__init__.py sets, and what OpenMP has by itself


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--once", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.once:
        print(speed(given.once, given.seconds))
        return
    ways = [(1, OURS), *((hardware.cores(), count) for count in (OURS, "0", OPENMP))]
    found: dict[tuple[int, str], list[float]] = {way: [] for way in ways}
    print(describe() + "\n")
    for _ in range(given.rounds):
        for threads, count in found:
            command = [sys.executable, "-m", "benchmarks.threads", "--once", str(threads)]
            told = subprocess.run(
                [*command, "--seconds", str(given.seconds)],
                env={**os.environ, "GOMP_SPINCOUNT": count},
                check=True,
                capture_output=True,
                text=True,
            )
            found[threads, count].append(float(told.stdout))
    print("| threads | spins before sleeping | images/s, median | range |\n|---|---|---|---|")
    for (threads, count), speeds in found.items():
        print(f"| {threads} | {count} | {statistics.median(speeds):,.0f} | {min(speeds):,.0f} to {max(speeds):,.0f} |")


def speed(threads: int, seconds: float) -> float:
    """Images a second on random pictures: an update of D and one of G, again and again."""
    import torch

    from gan import games

    torch.set_num_threads(threads)
    settings = config.preset("lean")[0]
    game: Any = games.build(settings, (1, 28, 28), 0, "cpu")
    real = torch.rand(settings.batch, 1, 28, 28) * 2 - 1
    updates, started = -WARM_UP, 0.0
    while updates <= 0 or time.perf_counter() - started < seconds:
        if updates == 0:
            started = time.perf_counter()
        game.d_step(real)
        game.g_step()
        game.end_step()
        updates += 1
    return updates * settings.batch / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
