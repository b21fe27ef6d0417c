"""A full class: 50 sessions and 50 watch pages on one server while a run trains, in turn with nobody (A B A B).

    python -m benchmarks.classroom [--rounds 2] [--seconds 60] [--publish]

A `lean` run trains in the real server; nobody who comes may drive. Counts answers, errors and connections that broke,
the server's memory after each stretch, the rate that training keeps, and the cores that the rest of the server takes.
Prints Markdown. Linux only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks._machine import describe
from benchmarks._report import parser as command_line
from benchmarks._report import publish, spread, table
from benchmarks._served import served, until
from benchmarks._watch import COME, CPU_MS, viewers
from benchmarks.viewers import SETTLE, Stretch, stretch

SESSIONS, WATCH_PAGES = 50, 50
ALONE, FULL = "nobody", f"{SESSIONS} sessions, {WATCH_PAGES} watch pages"


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    machine = describe()
    with tempfile.TemporaryDirectory() as folder:
        found = _measure(Path(folder) / "home", given)
    publish("A full class", _text(found, given), found, machine, "classroom", given.publish)


def _measure(folder: Path, given: argparse.Namespace) -> dict[str, list[Stretch]]:
    found: dict[str, list[Stretch]] = {ALONE: [], FULL: []}
    with served(folder, FORGER_PIN="watch only", FORGER_LAN_URL="http://192.168.7.5:8501") as app:  # as of `make class`
        run = app.train("watched")
        time.sleep(5)  # the first pictures and checkup are made
        for _ in range(given.rounds):
            for way in (ALONE, FULL):
                counts = (SESSIONS, WATCH_PAGES) if way == FULL else (0, 0)
                with viewers(app.url, run.id, *counts) as seen:
                    time.sleep(COME)
                    until(partial(_drawn, seen, counts[0]), "all pages")
                    time.sleep(SETTLE)
                    start = seen()
                    told = stretch(app, run, given.seconds)
                    came = Counter(seen())
                    came.subtract(start)
                what = {name: float(came[name]) for name in ("answers", "pictures", "page runs", "errors", "gone")}
                what["theirs"] = came[CPU_MS] / 1000 / given.seconds
                found[way].append({**told, **what, "memory": app.resident()})
                print(way, {k: round(v, 3) for k, v in found[way][-1].items()}, file=sys.stderr, flush=True)
    return found


def _drawn(seen: Callable[[], Counter[str]], count: int) -> bool:
    """Whether every session's page was drawn once."""
    return seen()["page runs"] >= count


def _text(found: dict[str, list[Stretch]], given: argparse.Namespace) -> str:
    kept = [100 * full["rate"] / calm["rate"] for full, calm in zip(found[FULL], found[ALONE], strict=True)]
    rows = []
    for way, stretches in found.items():
        column = {name: [told[name] for told in stretches] for name in stretches[0]}
        wrong = int(sum(column["errors"]) + sum(column["gone"]))
        numbers = [
            spread(column["rate"]),
            spread(kept) if way == FULL else "",
            spread(column["others"], 2),
            spread(column["theirs"], 2),
        ]
        rows.append([way, *numbers, spread(column["answers"]), str(wrong), spread(column["memory"])])
    head = [
        "Who is there",
        "Images a second",
        "Of the rate alone, %",
        "Cores beside training",
        "Cores of those who watch",
        "Answers",
        "Errors, broken connections",
        "Memory at the end, MB",
    ]
    about = (
        f"A `lean` run trains, which nobody who is there may drive; medians and ranges of {given.rounds} stretches of "
        f"{given.seconds:g} seconds, in turn. Those who watch are one process on the same machine."
    )
    return f"{about}\n\n{table(head, rows)}"


if __name__ == "__main__":
    main()
