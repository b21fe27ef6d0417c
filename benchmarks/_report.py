"""How benchmarks tell what they found: medians with ranges in tables, and under them the command and the machine."""

from __future__ import annotations

import json
import shlex
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def spread(values: Sequence[float], digits: int = 0) -> str:
    """The median, and the range where there are several: "3.1 (2.9 to 3.4)"."""
    middle, low, high = (
        f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values))
    )
    return middle if len(values) == 1 else f"{middle} ({low} to {high})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def command() -> str:
    """The command that is running, without the place where it writes."""
    told = [*sys.argv[1:]]
    if "--out" in told:
        at = told.index("--out")
        del told[at : at + 2]
    name = Path(sys.argv[0]).stem
    return shlex.join(["python", "-m", f"benchmarks.{name}", *told])


def publish(title: str, text: str, found: Any, machine: str, out: Path | None) -> None:
    """Prints a page; with `out` writes it to out.md, and the numbers to out.json."""
    page = f"# {title}\n\nMade by `{command()}`\non: {machine}.\n\n{text.strip()}\n"
    print(page)
    if out:
        out.with_suffix(".md").write_text(page)
        told = {"command": command(), "machine": machine, "found": found}
        out.with_suffix(".json").write_text(json.dumps(told, indent=1) + "\n")
