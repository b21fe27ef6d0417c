"""Does training hold up beside busy programs? Images a second with threads by itself, with one, and with two.

    python -m benchmarks.hogs [--minutes 10] [--seed 0] [--publish] [--folder F [--at-once 7]]

`lean` is trained by the loop of every run, once for each way, in one process. The time is cut into minutes. In each of
them every way trains in turn while up to three programs start and stop by the same schedule: so each five seconds of
one run can be held against the same five seconds of another. Two threads, the foil, train in every third minute.

With --folder a long measurement is made in several calls: each goes on where the one before stopped, and stops after
--at-once minutes of clock. Prints Markdown; the page is docs/threads.md, with a picture.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from benchmarks._machine import describe
from benchmarks._report import folders, keep
from benchmarks._report import parser as command_line
from gan import config, datasets, registry, runs
from gan.palette import FAKE, SOFT, D
from gan.runs import Run
from gan.training.loop import Tick, train

WAYS = {"auto": 0, "one": 1, "two": 2}  # threads of a run
FOIL, SELDOM = "two", 3  # which trains in every so many minutes only
MINUTE, WINDOW = 60.0, 5.0
STAY = (4, 20)  # seconds that the number of busy programs stays what it is
BUSY = (0, 0, 1, 2, 3)  # how many there may be next
WARM_UP = 50  # steps
HOG = "import numpy\na = numpy.ones((256, 256), numpy.float32)\nwhile True: a @ a"
Told = dict[str, Any]


class Hogs:
    """Programs that use a core each; those that are not wanted are halted."""

    def __init__(self) -> None:
        lone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-c", HOG]
        self._processes = [subprocess.Popen(command, env=lone) for _ in range(max(BUSY))]
        time.sleep(2)  # they have begun
        self.busy(0)

    def busy(self, count: int) -> None:
        for k, process in enumerate(self._processes):
            process.send_signal(signal.SIGCONT if k < count else signal.SIGSTOP)

    def end(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--minutes", type=int, default=10, help="of the run with auto")
    parser.add_argument("--seed", type=int, default=0, help="of the schedule")
    parser.add_argument("--folder", type=Path, help="where runs and numbers stay between calls")
    parser.add_argument("--at-once", type=float, default=math.inf, metavar="M")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(given, given.folder or Path(folder))
    if len(found["minutes"]) < given.minutes:
        print(f"{len(found['minutes'])} of {given.minutes} minutes: call it again.")
        return
    text = _text(found, given)
    print(text)
    keep("threads", text, found, given.publish)
    for place in folders(given.publish):
        _draw(found, place / "pictures" / "threads.png")


def measure(given: argparse.Namespace, home: Path) -> Told:
    """What was seen in each minute, by way: steps of each window, and how many programs were busy when."""
    home.mkdir(parents=True, exist_ok=True)
    kept, until = home / "found.json", time.monotonic() + 60 * given.at_once
    found: Told = {"machine": describe(), "minutes": [], "switches": []}
    if kept.exists():
        found = json.loads(kept.read_text())
    training = {way: _ticks(_run(home, way)) for way in WAYS}
    with contextlib.ExitStack() as stack:
        hogs = Hogs()
        stack.callback(hogs.end)
        for ticks in training.values():
            stack.enter_context(contextlib.closing(ticks))
        for minute in range(len(found["minutes"]), given.minutes):
            plan = schedule(given.seed, minute)
            ways = [way for way in WAYS if way != FOIL or minute % SELDOM == 0]
            if time.monotonic() + len(ways) * MINUTE > until:
                break
            turn = ways if minute % 2 else ways[::-1]
            rates = {way: _minute(training[way], plan, hogs) for way in turn}
            found["minutes"].append({"busy": plan, "rates": {way: rates[way] for way in ways}})
            found["switches"] = _switches(_run(home, "auto"))
            kept.write_text(json.dumps(found))
    return found


def schedule(seed: int, minute: int) -> list[tuple[float, int]]:
    """From which second of a minute on how many programs are busy."""
    draws, at = random.Random(1000 * seed + minute), 0.0
    plan: list[tuple[float, int]] = []
    while at < MINUTE:
        plan.append((at, draws.choice([k for k in BUSY if not plan or k != plan[-1][1]])))
        at += draws.randint(*STAY)
    return plan


def _run(home: Path, way: str) -> Run:
    """The run of one way, new or gone on with."""
    with contextlib.suppress(runs.RunError):
        return runs.find(way, home)
    wanted = config.preset("lean")[0].replace(device="cpu", threads=WAYS[way])
    if registry.missing(registry.card("datasets", wanted.dataset), datasets.root()):
        wanted = wanted.replace(dataset="strokes")
    return runs.create(wanted, {"epochs": 10_000}, run_id=way, home=home)


def _ticks(run: Run) -> Generator[Tick]:
    """The ticks of a run that is warm."""
    ticks = train(run)
    for _ in range(WARM_UP):
        next(ticks)
    return ticks


def _minute(ticks: Iterator[Tick], plan: list[tuple[float, int]], hogs: Hogs) -> list[float]:
    """Trains for a minute by the schedule; images a second of each window, by the clock on the wall."""
    batch, left = config.preset("lean")[0].batch, [*plan]
    steps, began = [0] * int(MINUTE / WINDOW), time.perf_counter()
    while (now := time.perf_counter() - began) < MINUTE:
        while left and left[0][0] <= now:
            hogs.busy(left.pop(0)[1])
        next(ticks)
        steps[int(now / WINDOW)] += 1
    hogs.busy(0)
    return [round(count * batch / WINDOW, 1) for count in steps]


def _switches(run: Run) -> list[Told]:
    """What the run tells of its switches, by the seconds it had trained."""
    kept = ("seconds", "before", "threads", "why", "paces")
    return [{k: e[k] for k in kept} for e in run.events() if e["event"] == "threads"]


def _windows(found: Told, way: str) -> list[tuple[float, float]]:
    """The images a second of each window of a way, and of one thread in the same window."""
    told = [minute["rates"] for minute in found["minutes"] if way in minute["rates"]]
    return [pair for r in told for pair in zip(r[way], r["one"], strict=True)]


def _quiet(found: Told) -> float:
    """Images a second of one thread while nothing else is busy: the middle one of such windows."""
    rates = []
    for minute in found["minutes"]:
        ends = [at for at, _ in minute["busy"][1:]] + [MINUTE]
        for (at, busy), end in zip(minute["busy"], ends, strict=True):
            within = [k for k in range(int(MINUTE / WINDOW)) if at <= k * WINDOW <= end - WINDOW]
            rates += [minute["rates"]["one"][k] for k in within if not busy]
    return statistics.median(rates)


def _text(found: Told, given: argparse.Namespace) -> str:
    quiet, rows = _quiet(found), []
    for way in WAYS:
        pairs = _windows(found, way)
        rates, shares = [rate for rate, _ in pairs], sorted(rate / one for rate, one in pairs)
        under = sum(share < 0.6 for share in shares)
        rows.append(
            f"| {way} | {len(rates)} | {statistics.mean(rates):,.0f} | {min(rates):,.0f} | {shares[0]:.0%} | "
            f"{statistics.median(shares):.0%} | {under} | {min(rates) / quiet:.0%} |"
        )
    told = found["switches"]
    slow = sum(switch["why"] == "slow" for switch in told)
    calls = f" in calls of at most {given.at_once:g} minutes" if given.at_once < math.inf else ""
    name = "threads.png"
    return TEXT.format(
        minutes=len(found["minutes"]),
        rows="\n".join(rows),
        quiet=quiet,
        switches=len(told),
        slow=slow,
        machine=found["machine"],
        seed=given.seed,
        name=name,
        most=max(BUSY),
        seldom=SELDOM,
        low=STAY[0],
        high=STAY[1],
        head=HEAD,
        calls=calls,
    )


HEAD = (
    "| Threads | Windows | Mean | Slowest | Least share | Middle share | Windows under 60 % | "
    "Slowest, of one thread on the quiet machine |"
)
TEXT = """# Threads, beside busy programs

`lean` is trained for {minutes} minutes while up to {most} programs, a matrix product each without end, start and stop:
every {low} to {high} seconds there are more or fewer. "One" trains on one thread by the same schedule, minute by minute
in turn with "auto"; "two" on two threads, in every {seldom}rd minute. Images a second in windows of 5 seconds.

{head}
| --- | --- | --- | --- | --- | --- | --- | --- |
{rows}

"Share" is that of what one thread did in the same window. One thread on the quiet machine: {quiet:,.0f} images a
second. Auto switched {switches} times, {slow} of them because the pace had fallen.

![Images a second over time, and how many programs were busy](pictures/{name})

Made by `python -m benchmarks.hogs --minutes {minutes} --seed {seed}`{calls}
on: {machine}.
"""


def _draw(found: Told, path: Path) -> None:
    """The windows of all ways over the time, and the programs below."""
    sheet = Figure(figsize=(10, 5), dpi=120, facecolor="white")
    above, below = sheet.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    per = int(MINUTE / WINDOW)
    for way, colour, width in (("two", SOFT, 1.0), ("one", D, 1.6), ("auto", FAKE, 2.0)):
        for minute, told in enumerate(found["minutes"]):
            if way in told["rates"]:
                at = [minute + (k + 0.5) / per for k in range(per)]
                label = {"one": "one thread", "two": "two threads"}.get(way, way)
                above.plot(at, told["rates"][way], color=colour, linewidth=width, label=label if minute == 0 else None)
        if way == "one":
            whole = [rate for _, rate in _windows(found, "auto")]
            at = [(k + 0.5) / per for k in range(len(whole))]
            above.fill_between(at, [0.6 * rate for rate in whole], color=D, alpha=0.1, linewidth=0)
    edges = [m + at / MINUTE for m, t in enumerate(found["minutes"]) for at, _ in t["busy"]]
    counts = [busy for told in found["minutes"] for _, busy in told["busy"]]
    below.stairs(counts, [*edges, len(found["minutes"])], fill=True, color=SOFT)
    above.set_ylabel("images a second")
    above.set_ylim(bottom=0)
    above.legend(frameon=False, ncols=3, loc="upper right")
    below.set_ylabel("programs")
    below.set_yticks(range(max(BUSY) + 1))
    below.set_xlabel("minutes; the tinted ground is under 60 % of one thread")
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    sheet.tight_layout()
    path.parent.mkdir(exist_ok=True)
    sheet.savefig(path)


if __name__ == "__main__":
    main()
