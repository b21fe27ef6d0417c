"""The GAN speedrun: how soon a preset draws all ten digits of MNIST. Makes docs/speedrun.md.

    GAN_DATA=… python -m benchmarks.speedrun [--preset lean] [--vary "lr_d=0.001 r1=0"] [--note WHY] [--seeds 10]

Trains seed after seed, each in a process of its own on all cores, until it reaches the goal (`benchmarks._attempt`).
Everything that was tried is kept, with its times; what is not faster than the record with p < 0.01 is listed as such.
The machine has to be quiet. Without --preset the page is written from what is kept.
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
Entry = dict[str, Any]  # what was tried: name, settings, note, machine, and of each seed seconds and images
TRACKS = {"seconds": "Seconds", "images": "Fewest images"}


def main() -> None:
    parser = command_line(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--preset", default="")
    parser.add_argument("--vary", default="", help="settings that differ from the preset's")
    parser.add_argument("--note", default="", help="why it should be faster")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--limit", type=float, default=LIMIT)
    given = parser.parse_args()
    entries: list[Entry] = (earlier("speedrun") or {}).get("tried", [])
    if given.preset:
        entries.append(tried(given.preset, given.vary, given.note, range(given.seeds), given.limit))
    text = page(entries)
    print(text)
    keep("speedrun", text, {"tried": entries}, given.publish)


def tried(preset: str, changes: str, note: str, seeds: Sequence[int], limit: float) -> Entry:
    """The attempts of one preset with some settings changed."""
    config = varied(preset, changes)
    judge = reference.of(config).evalnet
    assert judge is not None
    name = f"`{preset}`{f' with {changes}' if changes else ''}"
    entry: Entry = {"name": name, "labels": config.conditional, "note": note, "judge": judge.about.name}
    entry |= {"machine": describe(), "threads": hardware.cores(), "attempts": []}
    for seed in seeds:
        entry["attempts"].append({"seed": seed, **_attempted(config.replace(seed=seed), limit)})
        print(json.dumps(entry["attempts"][-1]), file=sys.stderr, flush=True)
    return entry


def _attempted(config: RunConfig, limit: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "config.json"
        place.write_text(json.dumps(config.to_dict()))
        began = str(time.monotonic())
        command = [sys.executable, "-m", "benchmarks._attempt", str(place), began, str(hardware.cores()), str(limit)]
        found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def values(entry: Entry, track: str) -> list[float]:
    """What each seed took; empty where one of them did not reach the goal."""
    found = [attempt[track] for attempt in entry["attempts"]]
    return [] if None in found else found


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
            own = [entry for entry in entries if entry["labels"] == labels]
            if own:
                best = records(own, track)
                parts.append(f"## {title}, {words}\n\n{_table(own, best, track)}\n")
    machines = dict.fromkeys(entry["machine"].partition(", load")[0] for entry in entries)
    parts.append(f"Machines: {'; '.join(machines)}. One GPU: not measured.\n")
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
- **Judge**: the shipped EvalNet of MNIST, by its checksum; a look at {first:g} seconds, and each later one when the
  time has grown by {growth:.0%}.
- **Clock**: from the moment the process is asked for, so imports, loading and compilation count; it stands while the
  judge looks.
- **Tracks**: seconds on all cores of the machine (two here), and fewest real images, each with and without labels. One
  GPU is a track, too.
- **Record**: the mean of ten seeds, all of which reach the goal within {limit:g} seconds, is smaller than the record's
  with p < {p} (Welch's test, one side) on the same machine. A record is a preset and what it changes; the attempts are
  in docs/results/speedrun.json. What was no record stays in the table: that is worth knowing, too.
"""
RULES = _rules(
    {
        "sure": _attempt.SURE,
        "share": _attempt.SHARE,
        "distance": _attempt.DISTANCE,
        "first": _attempt.FIRST,
        "growth": _attempt.GROWTH - 1,
        "limit": LIMIT,
        "p": P,
    }
)

if __name__ == "__main__":
    main()
