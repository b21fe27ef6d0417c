"""What generated pictures of a run are worth as training data, as kept in its enlarging.json."""

from __future__ import annotations

import json
import math
from statistics import median
from typing import Any

from gan import files
from gan.runs.run import Run

FILE = "enlarging.json"
CLEAR = 0.005  # difference of two accuracies that is called one
Table = dict[str, dict[int, list[float]]]  # kind -> number of real pictures -> the accuracy of each seed


def save(run: Run, step: int, table: Table) -> None:
    """Keeps the table of the generator of a step. Raises OSError."""
    files.replace(run.path / FILE, (json.dumps({"step": step, "table": table}, indent=1) + "\n").encode())


def load(run: Run) -> tuple[int, Table] | None:
    """The step and the table that were kept last; None where there are none, or they are no numbers."""
    try:
        content: Any = files.load(run.read(FILE))
        table = {
            str(kind): {int(n): [*map(float, each)] for n, each in row.items()}
            for kind, row in content["table"].items()
        }
        values = [value for row in table.values() for each in row.values() for value in each]
        if not values or not all(math.isfinite(value) and 0 <= value <= 1 for value in values):
            return None
        shapes = {tuple(row) for row in table.values()}
        if len(shapes) != 1 or not all(each for row in table.values() for each in row.values()):
            return None
        return int(content["step"]), table
    except (OSError, ValueError, KeyError, TypeError, AttributeError, LookupError):
        return None


def verdict(table: Table) -> str:
    """What the table says of fakes, in sentences; where the seeds of both overlap, that nothing is sure."""
    sentences = []
    for n, real in table["real"].items():
        both = table["real and fakes"][n]
        gain = median(both) - median(real)
        moved = median(table["real, moved"][n]) - median(real)
        apart = min(both) > max(real) or max(both) < min(real)
        word = "change nothing for sure" if not apart or abs(gain) < CLEAR else "help" if gain > 0 else "hurt"
        beside = f"shifts and turns {100 * moved:+.1f}"
        sentences.append(f"With {n:,} real pictures fakes {word} ({100 * gain:+.1f} points; {beside}).")
    return " ".join(sentences)
