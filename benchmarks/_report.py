"""How benchmarks tell what they found: medians with ranges in tables, and under them the command and the machine.

All output goes to one ignored folder, .bench. Only --publish writes into docs/, too: the page, its pictures, and the
numbers behind it, which a later call of the same command builds on.
"""

from __future__ import annotations

import argparse
import json
import shlex
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gan import files

BENCH, DOCS = Path(".bench"), Path("docs")
PUBLISH = "--publish"


def spread(values: Sequence[float], digits: int = 0) -> str:
    """The median, and the range where there are several: "3.1 (2.9 to 3.4)"."""
    middle, low, high = (f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return middle if len(values) == 1 else f"{middle} ({low} to {high})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def command() -> str:
    """The command that is running, without --publish."""
    told = [word for word in sys.argv[1:] if word != PUBLISH]
    path = Path(sys.argv[0])
    return shlex.join(["python", "-m", f"{path.parent.name}.{path.stem}", *told])


def parser(doc: str | None) -> argparse.ArgumentParser:
    """A parser of a command line that knows --publish."""
    made = argparse.ArgumentParser(description=doc)
    made.add_argument(PUBLISH, action="store_true", help="write the page into docs/, too")
    return made


def folders(publish: bool) -> list[Path]:
    """Where pages go; their pictures go into pictures/ there."""
    return [BENCH, DOCS] if publish else [BENCH]


def keep(name: str, page: str, numbers: Any, publish: bool) -> None:
    """Writes .bench/NAME.md and .bench/results/NAME.json, with `publish` the same in docs/."""
    for folder in folders(publish):
        (folder / "results").mkdir(parents=True, exist_ok=True)
        files.replace(folder / f"{name}.md", page.encode())
        if numbers is not None:
            files.replace(folder / "results" / f"{name}.json", (json.dumps(numbers, indent=1) + "\n").encode())


def earlier(name: str) -> Any:
    """Numbers that were measured before, here or published; None if there are none."""
    there = [path for folder in folders(True) if (path := folder / "results" / f"{name}.json").exists()]
    return json.loads(there[0].read_text()) if there else None


def publish(title: str, text: str, found: Any, machine: str, name: str, publish: bool) -> None:
    """Prints a page and keeps it with its numbers."""
    page = f"# {title}\n\nMade by `{command()}`\non: {machine}.\n\n{text.strip()}\n"
    print(page)
    keep(name, page, {"command": command(), "machine": machine, "found": found}, publish)
