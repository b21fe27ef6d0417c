"""What a file of tests is parametrised over, without running its tests or starting another pytest."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any


def values(path: Path) -> set[Any]:
    """Every value, and every id, that the tests of a file are parametrised with, as the file is read now."""
    found: list[Any] = []
    for test in runpy.run_path(str(path)).values():
        for mark in getattr(test, "pytestmark", ()):
            if mark.name == "parametrize":
                found += [*mark.args[1], *(mark.kwargs.get("ids") or ())]
    return {value for value in found if isinstance(value, str)}
