"""Zips that were uploaded: which of them runs still name, and how the others go."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from gan import datasets, runs

KEPT_SECONDS = 86_400.0  # for which an upload stays that no run names


def folder() -> Path:
    """Where uploads are kept."""
    return datasets.root() / "uploads"


def every() -> list[Path]:
    """All uploads, by name."""
    return sorted(folder().glob("*.zip"))


def unused() -> list[Path]:
    """The uploads that no run names."""
    named = set()
    for run in runs.runs():
        with contextlib.suppress(runs.RunError, OSError, ValueError, RuntimeError):
            config = run.config()
            for source in filter(None, (config.source, config.source_b)):
                named.add(Path(source).expanduser().resolve())
    return [path for path in every() if path.resolve() not in named]


def sweep(age: float = KEPT_SECONDS) -> int:
    """Removes the uploads that no run names and that were last given more than `age` seconds ago; how many."""
    count = 0
    for path in unused():
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime >= age:
                path.unlink()
                count += 1
    return count
