"""The zip of a run, made in the background and kept in memory for whoever asked for it."""

from __future__ import annotations

import sys
import tempfile
import threading
import types
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan import hosts
from gan.datasets import Progress
from gan.hosts import Job
from gan.runs import Run

KEPT = 3  # zips in memory


@dataclass(frozen=True)
class Zip:
    """A packed run, and of which weights."""

    content: bytes
    weights: int  # when they were written, ns

    def is_current(self, run: Run) -> bool:
        """Whether the run still has the weights that were packed."""
        return self.weights == _written(run)


def begin(run: Run) -> None:
    """Packs the run as it is now; nothing happens while it is being packed. One zip at a time."""
    hosts.start_job(_key(run), lambda: _pack(run))


def job(run: Run) -> Job | None:
    """The last packing of this run; None when nobody asked for it."""
    return hosts.job(_key(run))


def packed(run: Run) -> Zip | None:
    """The newest zip of this run, if it is still kept."""
    found: Zip | None = _process().zips.get(_key(run))
    return found


def _pack(run: Run) -> Iterator[Progress]:
    from gan.export import archive

    yield Progress(0, 0, "files", "waiting for another zip")
    with _process().turn, tempfile.TemporaryDirectory(prefix="forger-") as folder:
        out, weights = Path(folder) / "run.zip", _written(run)
        yield from archive(run, out)
        zips: OrderedDict[str, Zip] = _process().zips
        zips[_key(run)] = Zip(out.read_bytes(), weights)
        zips.move_to_end(_key(run))
        while len(zips) > KEPT:
            zips.popitem(last=False)


def _written(run: Run) -> int:
    try:
        return run.weights().stat().st_mtime_ns
    except OSError:
        return 0


def _key(run: Run) -> str:
    """Also tells a run from a deleted one of the same name."""
    return f"zip:{run.path}:{run.created()}"


def _process() -> Any:
    """State of this process that a hot reload must not make anew."""
    fresh = types.ModuleType("forger_packing")
    fresh.__dict__.update(zips=OrderedDict(), turn=threading.Lock())
    return sys.modules.setdefault("forger_packing", fresh)
