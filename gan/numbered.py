"""Files named by a step: which are there, and which to drop so that the rest tell a long story in few."""

from __future__ import annotations

from pathlib import Path


def steps_of(folder: Path, pattern: str) -> list[int]:
    """The steps, ascending, of the files that match `pattern`, where its * is a number."""
    before, after = pattern.split("*")
    found = [path.name[len(before) : -len(after)] for path in folder.glob(pattern)]
    return sorted(int(step) for step in found if step.isdecimal())


def thin(steps: list[int], keep: int) -> list[int]:
    """Which of the ascending `steps` to drop so that at most `keep` stay, spaced as on a logarithmic axis.

    The first and the last always stay; each time the one goes whose neighbours are closest in log(step).
    """
    left, dropped = list(steps), []
    while len(left) > max(keep, 2):
        gaps = [(left[i + 1] + 1) / (left[i - 1] + 1) for i in range(1, len(left) - 1)]
        dropped.append(left.pop(1 + gaps.index(min(gaps))))
    return dropped
