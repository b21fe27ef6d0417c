"""Retention of files named by a step: which exist, and which to drop so that the rest are spaced on a log scale."""

from __future__ import annotations

from pathlib import Path

from gan import files

MAX_DIGITS = 16  # of a step


def steps_of(folder: Path, pattern: str, home: Path | None = None) -> list[int]:
    """The steps, ascending, of the files that match `pattern`, where its * is a number; `home` holds the folder."""
    before, after = pattern.split("*")
    names = [n for n in files.names(folder, home) if n.startswith(before) and n.endswith(after)]
    steps = [name[len(before) : -len(after)] for name in names]
    return sorted(int(step) for step in steps if step.isascii() and step.isdecimal() and len(step) < MAX_DIGITS)


def prune_log_spaced(steps: list[int], keep: int) -> list[int]:
    """Which of the ascending `steps` to drop so that at most `keep` stay, spaced as on a logarithmic axis.

    The first and the last always stay; each time the one goes whose neighbours are closest in log(step).
    """
    left, dropped = list(steps), []
    while len(left) > max(keep, 2):
        gaps = [(left[i + 1] + 1) / (left[i - 1] + 1) for i in range(1, len(left) - 1)]
        dropped.append(left.pop(1 + gaps.index(min(gaps))))
    return dropped
