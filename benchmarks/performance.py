"""Every table of docs/performance.md anew, in short forms that take less than ten minutes together on two cores.

    python -m benchmarks.performance [--only startup …] [--publish]

Each benchmark is a process of its own; what it prints is its part of the page, and its numbers lie in
the folder results. With --only the other parts stay as they are. Parts that cannot be made here (without Chromium
or MNIST, for example) stay as well, and are named at the end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import _report
from benchmarks._report import BENCH, earlier, keep
from benchmarks._report import parser as command_line
from gan import datasets

HERE = Path(__file__).parent
LIMIT = 570.0  # seconds for all
INTRODUCTION = """# Performance

How fast it trains, how soon one sees something, and what watching and measuring cost. These are short forms, made by
`make bench` in less than ten minutes; each table has its command, and is made alone by that command. A number is a
median, the range behind it; what is compared was measured in turn, so that what else went on met all alike.
"""


@dataclass(frozen=True)
class Part:
    """One benchmark: its module, how its short form is called, and the page of its long form, "" for none."""

    name: str
    short: str
    long: str = ""


PARTS = (
    Part("steps", "--rounds 2 --seconds 2 --only dcgan-16 first-steps", "steps.md"),
    Part("digits", "--seeds 1 --seconds 10 --only lean", "digits.md"),
    Part("startup", "--rounds 2"),
    Part("viewers", "--rounds 2 --seconds 4"),
    Part("memory", "--rounds 1 --seconds 10 --minutes 0", "memory.md"),
    Part("evaluate", "--rounds 1 --only lean dcgan-deep"),
    Part("checkup", "--rounds 2 --only lean dcgan-deep gan-2014"),
)
PAGES = {
    "threads.md": "training beside programs that come and go",
    "explore.md": "dragging while others drag and a run trains",
    "page.md": "drawing in the page itself",
    "crowd.md": "many who explore and watch while a run trains",
    "directions.md": "how well directions change what they are called after",
    "inversion.md": "how well pictures are projected and filled in",
    "presets.md": "every preset, trained for a short time",
    "scoreboard.md": "every preset under one budget",
}


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--only", nargs="*", default=[], choices=[part.name for part in PARTS])
    given = parser.parse_args()
    there = [part for part in PARTS if (HERE / f"{part.name}.py").is_file()]
    wanted = [part for part in there if part.name in given.only or not given.only]
    began, failed = time.monotonic(), []
    for number, part in enumerate(wanted, 1):
        spent = time.monotonic() - began
        print(f"{number}/{len(wanted)} {part.name}, after {spent:.0f} s", flush=True)
        made = run(part, LIMIT - spent)
        if made is None:
            failed.append(part.name)
        else:
            add(part.name, made, given.publish)
    print(f"All of it after {time.monotonic() - began:.0f} s")
    if failed:
        sys.exit(f"Not made, for the reasons above: {', '.join(failed)}")


def run(part: Part, seconds: float) -> dict[str, Any] | None:
    """What a benchmark prints, and its numbers; None when it fails or takes longer.

    It works in a folder of its own, where it cannot overwrite what its long form found.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", f"benchmarks.{part.name}", *part.short.split()]
        data = str(datasets.root().resolve())
        env = {**os.environ, "GAN_DATA": data, "PYTHONPATH": str(HERE.parent)}
        try:
            told = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=seconds, cwd=folder, env=env)
        except subprocess.TimeoutExpired:
            print("There was no time left for it.")
            return None
        if told.returncode:
            return None
        print(told.stdout, flush=True)
        found = Path(folder) / BENCH / "results" / f"{part.name}.json"
        numbers = json.loads(found.read_text()) if found.exists() else None
        return {"page": told.stdout.strip(), "found": numbers}


def add(name: str, made: dict[str, Any], publish: bool) -> None:
    """Puts a part into the page."""
    parts = {**(earlier("performance") or {}), name: made}
    keep("performance", page(parts), parts, publish)


def page(parts: dict[str, dict[str, Any]]) -> str:
    """The parts as one page, in the order of PARTS, with links to longer forms and to other pages."""
    told = [INTRODUCTION.strip()]
    for part in PARTS:
        if part.name in parts:
            told.append(parts[part.name]["page"].replace("# ", "## ", 1))
            if (_report.DOCS / part.long).is_file():
                told.append(f"For longer: [{part.long}]({part.long}).")
    links = [f"- [{what}]({name})" for name, what in PAGES.items() if (_report.DOCS / name).is_file()]
    told.append("## Measured elsewhere\n\n" + "\n".join(links))
    return "\n\n".join(told) + "\n"


if __name__ == "__main__":
    main()
