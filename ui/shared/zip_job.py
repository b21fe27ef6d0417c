"""The zip of a run or of a class, made in the background and kept in memory for whoever asked for it."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cachetools import LRUCache

from gan.datasets import Progress
from gan.hosting import jobs
from gan.hosting.jobs import Job
from gan.hosting.process import singleton
from gan.runs import Run

MAX_ZIPS = 3  # in memory
CLASS = "zip-of-a-class"


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
    jobs.start_job(_key(run), lambda: _pack(run))


def job(run: Run) -> Job | None:
    """The last packing of this run; None when nobody asked for it."""
    return jobs.job(_key(run))


def packed(run: Run) -> Zip | None:
    """The newest zip of this run, if it is still kept."""
    zips = _zips()
    with zips.lock:
        return zips.by_key.get(_key(run))


def begin_class(found: Sequence[Run], title: str) -> None:
    """Packs the pages of these runs, and an index, into one zip."""
    jobs.start_job(CLASS, lambda: _pack_class(found, title))


def class_job() -> Job | None:
    """The last packing of a class's zip; None when nobody asked for one."""
    return jobs.job(CLASS)


def packed_class() -> bytes | None:
    """The newest zip of a class, if there is one."""
    zips = _zips()
    with zips.lock:
        return zips.of_class


def _pack_class(found: Sequence[Run], title: str) -> Iterator[Progress]:
    from gan.export import class_zip

    zips = _zips()
    with zips.packing, tempfile.TemporaryDirectory(prefix="forger-") as folder:
        out = Path(folder) / "class.zip"
        yield from class_zip.pack(found, out, title)
        content = out.read_bytes()
        with zips.lock:
            zips.of_class = content


def _pack(run: Run) -> Iterator[Progress]:
    from gan.export.archive import archive

    yield Progress(0, 0, "files", "waiting for another zip")
    zips = _zips()
    with zips.packing, tempfile.TemporaryDirectory(prefix="forger-") as folder:
        out, weights = Path(folder) / "run.zip", _written(run)
        yield from archive(run, out)
        packed = Zip(out.read_bytes(), weights)
        with zips.lock:
            zips.by_key[_key(run)] = packed


def _written(run: Run) -> int:
    try:
        return run.weights().stat().st_mtime_ns
    except OSError:
        return 0


def _key(run: Run) -> str:
    """Also tells a run from a deleted one of the same name."""
    return f"zip:{run.path}:{run.created()}"


@dataclass
class _Zips:
    by_key: LRUCache[str, Zip] = field(default_factory=lambda: LRUCache(MAX_ZIPS))
    of_class: bytes | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    packing: threading.Lock = field(default_factory=threading.Lock)  # held while one is made


def _zips() -> _Zips:
    return singleton("zips", _Zips)
