"""The GAN speedrun: how soon a preset draws all ten digits of MNIST. Makes docs/speedrun.md.

    GAN_DATA=… python -m benchmarks.speedrun [--preset lean] [--vary "lr_d=0.001 r1=0"] [--note WHY] [--seeds 10]

Trains seed after seed, each in a process of its own on all cores, until it reaches the goal (`benchmarks._attempt`).
Everything that was tried is kept, with its times and settings, each seed as soon as it ends: the same command goes on
with those that are missing. What is not faster than the record with p < 0.01 is listed as such. The machine has to be
quiet. Without --preset the page is written from what is kept.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import _attempt
from benchmarks._machine import describe
from benchmarks._report import earlier, keep, spread, table
from benchmarks._report import parser as command_line
from benchmarks._training import varied
from gan import hardware
from gan.config import RunConfig
from gan.evaluation import reference

LIMIT = 120.0  # seconds of an attempt
P = 0.01
SEEDS = 10  # of a record
Entry = dict[str, Any]  # what was tried: name, settings, note, judge, machine, and of each seed seconds and images
TRACKS = {"seconds": "Seconds", "images": "Fewest images"}


def main() -> None:
    parser = command_line(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--preset", default="")
    parser.add_argument("--vary", default="", help="settings that differ from the preset's")
    parser.add_argument("--note", default="", help="why it should be faster")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--limit", type=float, default=LIMIT)
    given = parser.parse_args()
    entries: list[Entry] = (earlier("speedrun") or {}).get("tried", [])
    if given.preset:
        config = varied(given.preset, given.vary)
        entry = _entry(f"`{given.preset}`{f' with {given.vary}' if given.vary else ''}", given.note, config)
        entry = next((one for one in entries if alike(one, entry)), entry)
        entries = [one for one in entries if one is not entry] + [entry]
        there = [attempt["seed"] for attempt in entry["attempts"]]
        for seed in [seed for seed in range(given.seeds) if seed not in there]:
            entry["attempts"].append({"seed": seed, **_attempted(config.replace(seed=seed), given.limit)})
            print(json.dumps(entry["attempts"][-1]), file=sys.stderr, flush=True)
            keep("speedrun", page(entries), {"tried": entries}, False)
    text = page(entries)
    print(text)
    keep("speedrun", text, {"tried": entries}, given.publish)


def _entry(name: str, note: str, config: RunConfig) -> Entry:
    """What is about to be tried."""
    judge = reference.of(config).evalnet
    assert judge is not None
    about = {"name": name, "labels": config.conditional, "note": note, "judge": judge.about.sha256}
    return about | {"machine": describe(), "settings": config.to_dict(), "attempts": []}


def alike(one: Entry, other: Entry) -> bool:
    """Whether the attempts of two entries may stand in one: the same settings, judge and machine."""
    return all(one[key] == other[key] for key in ("name", "settings", "judge")) and _place_of(one) == _place_of(other)


def _place_of(entry: Entry) -> str:
    """The machine, without its load."""
    machine: str = entry["machine"].partition(", load")[0]
    return machine


def _attempted(config: RunConfig, limit: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "config.json"
        place.write_text(json.dumps(config.to_dict()))
        began = str(time.monotonic())
        command = [sys.executable, "-m", "benchmarks._attempt", str(place), began, str(hardware.cores()), str(limit)]
        found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def values(entry: Entry, track: str) -> list[float]:
    """What each seed took; empty where one of them did not reach the goal, and where some were not tried yet."""
    found = [attempt[track] for attempt in entry["attempts"]]
    return [] if None in found or len(found) < SEEDS else found


def is_faster(new: Sequence[float], record: Sequence[float]) -> bool:
    """Whether the mean of `new` is the smaller one with p < 0.01, by Welch's test of one side."""
    from scipy import stats

    return bool(stats.ttest_ind(new, record, equal_var=False, alternative="less").pvalue < P)


def records(entries: Sequence[Entry], track: str) -> list[Entry]:
    """The entries that were records when they were measured, the newest last."""
    found: list[Entry] = []
    for entry in entries:
        new = values(entry, track)
        if new and (not found or is_faster(new, values(found[-1], track))):
            found.append(entry)
    return found


def page(entries: Sequence[Entry]) -> str:
    """Markdown: the rules, and of each track the records and what was none."""
    parts = [RULES]
    for labels, words in ((False, "no labels"), (True, "labels")):
        for track, title in TRACKS.items():
            for machine in dict.fromkeys(map(_place_of, entries)):
                own = [entry for entry in entries if entry["labels"] == labels and _place_of(entry) == machine]
                if own:
                    best = records(own, track)
                    parts.append(f"## {title}, {words}\n\nOn {machine}.\n\n{_table(own, best, track)}\n")
    if not entries:
        return "\n".join([*parts, "No record was set yet: nothing was measured.\n"])
    judges = dict.fromkeys(entry["judge"] for entry in entries)
    parts.append(f"Judge: EvalNet of MNIST, SHA-256 {', '.join(judges)}. One GPU: not measured.\n")
    return "\n".join(parts)


def _table(entries: Sequence[Entry], best: Sequence[Entry], track: str) -> str:
    digits, unit = (1, " s") if track == "seconds" else (0, "")
    rows = []
    for entry in entries:
        found = values(entry, track)
        count = len(entry["attempts"])
        there = sum(attempt[track] is not None for attempt in entry["attempts"])
        mean = f"{statistics.mean(found):,.{digits}f}{unit}" if found else f"{there} of {count} reached it"
        spread_of = spread(found, digits) if found else "–"
        rows.append([entry["name"], mean, spread_of, str(count), _place(entry, best), entry["note"] or "–"])
    return table(["", "mean", "median (range)", "seeds", "", "why"], rows)


def _place(entry: Entry, best: Sequence[Entry]) -> str:
    if best and entry is best[-1]:
        return "**record**"
    return "record before" if any(entry is one for one in best) else "no record"


def _rules(values: Mapping[str, Any]) -> str:
    return TEXT.format(**values)


TEXT = """# Speedrun

How soon does a GAN draw all ten digits? `python -m benchmarks.speedrun --preset NAME` trains seeds 0 to 9 on real
MNIST, one after another, each in a process of its own, and stops each at the goal.

- **Goal**: in 5,000 samples of the averaged generator EvalNet reads each of the ten digits with a probability above
  {sure} in at least {share:.0%}, and FD-EvalNet64 is at most {distance:.0f}.
- **Judge**: the shipped EvalNet of MNIST, whose checksum is kept with each attempt; a look at {first:g} seconds, and
  each later one when the time has grown by {growth:.0%}.
- **Clock**: from the moment the process is asked for, so imports, loading and compilation count; it stands while the
  judge looks.
- **Tracks**: seconds on all cores of the machine (two here), and fewest real images, each with and without labels. One
  GPU is a track, too.
- **Record**: the mean of {seeds} seeds, all of which reach the goal within {limit:g} seconds, is smaller than the
  record's with p < {p} (Welch's test, one side) on the same machine. Its settings, whole, and its attempts are in
  docs/results/speedrun.json. What was no record stays in the table: that is worth knowing, too.
"""
RULES = _rules(
    {
        "sure": _attempt.SURE,
        "share": _attempt.SHARE,
        "distance": _attempt.DISTANCE,
        "first": _attempt.FIRST,
        "growth": _attempt.GROWTH - 1,
        "limit": LIMIT,
        "seeds": SEEDS,
        "p": P,
    }
)

if __name__ == "__main__":
    main()
