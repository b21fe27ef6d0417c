"""Where the server's memory goes: what it imports, the idle server, a run, those who watch, and an hour of it all.

    python -m benchmarks.memory [--rounds 3] [--seconds 20] [--viewers 20] [--minutes 3] [--publish]

Resident memory (VmRSS) of the real server: what a system monitor shows and a small machine runs out of. It counts the
pages of libraries and mapped data sets, which other processes may share. Prints Markdown. Linux only.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks._machine import describe
from benchmarks._report import parser as command_line
from benchmarks._report import publish, spread, table
from benchmarks._served import FINISHED, Served, served
from benchmarks._watch import COME, viewers

SETTLE = 2.0  # seconds
LOOK = 0.25  # seconds between two looks
WATCHED = 5  # viewers who stay for the long stretch; as many more are others every MINUTE
MINUTE = 60.0
ALONE = """
import importlib, re, sys
for name in sys.stdin.read().split():
    try:
        importlib.import_module(name)
    except BaseException:
        pass  # made by others while they were imported
print(int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1000)
"""


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20, help="of each run")
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--minutes", type=int, default=3, help="of the long stretch: 0, or 3 and more")
    given = parser.parse_args()
    machine = describe()
    rounds = [_round(given) for _ in range(given.rounds)]
    found = {"rounds": rounds, "long": _long(given.minutes) if given.minutes else None}
    publish("Memory", _text(found, given), found, machine, "memory", given.publish)


def _round(given: argparse.Namespace) -> dict[str, float]:
    """MB of every stage, on a server of its own."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "home") as app:
        with viewers(app.url, FINISHED, 1):
            modules = app.modules()
        found = {
            "torch": _alone(["torch"]),
            "torchvision": _alone(["torch", "torchvision"]),
            "imports": _alone(modules),
            "idle": _settled(app),
        }
        for when in ("first", "others"):
            with viewers(app.url, FINISHED, given.viewers) as seen:
                time.sleep(COME + SETTLE)
                assert seen()["page runs"] >= given.viewers
                found[f"{when} watch"] = _settled(app)
            found[f"{when} have watched"] = _settled(app)
        for name in ("first", "second"):
            run = app.train(name)
            found[name] = max(_watch(app, given.seconds))
            app.stop(run)
            found[f"after {name}"] = _settled(app)
    print({name: round(value, 1) for name, value in found.items()}, file=sys.stderr, flush=True)
    return found


def _settled(app: Served) -> float:
    time.sleep(SETTLE)
    return app.resident()


def _alone(modules: list[str]) -> float:
    """MB of a Python that only imports these."""
    told = subprocess.run(
        [sys.executable, "-c", ALONE], input=" ".join(modules), check=True, capture_output=True, text=True
    )
    return float(told.stdout.split()[-1])


def _watch(app: Served, seconds: float) -> list[float]:
    """MB again and again."""
    found = []
    for _ in range(round(seconds / LOOK)):
        found.append(app.resident())
        time.sleep(LOOK)
    return found


def _long(minutes: int) -> dict[str, Any]:
    """MB while a run trains and is watched, by some who stay and some who come anew every minute."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "home") as app:
        run, found = app.train("long"), []
        with viewers(app.url, run.id, WATCHED):
            _watch(app, MINUTE)
            for minute in range(minutes):
                with viewers(app.url, run.id, WATCHED):
                    found.append(statistics.mean(_watch(app, MINUTE)))
                print(f"minute {minute + 1}: {found[-1]:.1f} MB", file=sys.stderr, flush=True)
        app.stop(run)
        last = json.loads((run.path / "metrics.jsonl").read_text().splitlines()[-1])
    return {"minutes": found, "images": last["images"], **_slope(found)}


def _slope(minutes: list[float]) -> dict[str, float]:
    """MB an hour by least squares, and its standard error."""
    x = [k / 60 for k in range(len(minutes))]
    line = statistics.linear_regression(x, minutes)
    rest = [b - line.slope * a - line.intercept for a, b in zip(x, minutes, strict=True)]
    apart = sum((a - statistics.mean(x)) ** 2 for a in x)
    error = (sum(r * r for r in rest) / (len(x) - 2) / apart) ** 0.5
    return {"slope": line.slope, "error": error}


def _text(found: dict[str, Any], given: argparse.Namespace) -> str:
    def row(what: str, key: str, less: str = "", most: str = "", share: int = 1) -> list[str]:
        values = [(m[key] - (m[less] if less else 0)) / share for m in found["rounds"]]
        return [what, spread(values, 0 if share == 1 else 2), most]

    parts = []
    if found["rounds"]:
        rows = [
            row("Python that imports torch", "torch"),
            row("torchvision on top, which the server leaves alone", "torchvision", "torch"),
            row("Python that imports all that the server imports", "imports"),
            row("**idle server**, on top of its imports", "idle", "imports", "150"),
            row("**a viewer**", "first watch", "idle", "2", given.viewers),
            row("a viewer, once they have gone and others come", "others watch", "idle", "2", given.viewers),
            row("**a run**, at its peak", "first", "others have watched", "350"),
            row("kept for the next run when it has ended", "after first", "others have watched"),
            row("that next run, at its peak", "second", "others have watched", "350"),
            row("kept when that has ended", "after second", "others have watched"),
        ]
        parts.append(
            f"Resident memory in MB, medians of {given.rounds} servers and their range; runs are `lean`, for "
            f"{given.seconds:g} seconds; {given.viewers} watch at once.\n\n" + table(["What", "MB", "At most"], rows)
        )
    if long := found["long"]:
        minutes = long["minutes"]
        parts.append(
            f"{len(minutes)} minutes of training ({long['images']:,} images) and watching, after one to warm up, by "
            f"{WATCHED} who stay\nand {WATCHED} others every minute: {minutes[0]:,.0f} MB on average in the first "
            f"minute, {minutes[-1]:,.0f} in the last, {min(minutes):,.0f} to\n{max(minutes):,.0f} between; "
            f"{long['slope']:+.1f} ± {long['error']:.1f} MB an hour (least squares, standard error)."
        )
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
