"""Publishing: the watch view of a run as a folder that any web server hands out, kept up to date while the run trains.

Files are written whole, and `now.json` after all that it names, so who reads at any moment sees one state. What it no
longer names is removed a minute later: somebody may be about to ask for it.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from gan import files
from gan.export import watch_html
from gan.export.watch_files import ACTIVE, NOW, WatchFiles
from gan.runs import Run, RunError, folder_status

INDEX = "index.html"
GRACE_SECONDS = 60.0
MAX_NOW_BYTES = 1 << 20


@dataclass(frozen=True)
class Look:
    """What one look at the run has changed: files and bytes written; `ended` where the run trains no longer."""

    status: str
    step: int
    written: int
    written_bytes: int
    ended: bool


def publish(run: Run, folder: Path, grace: float = GRACE_SECONDS, follow: bool = False) -> Generator[Look]:
    """Brings the folder up to date each time it is asked, until the run is not being trained any more.

    With `follow` it goes on then: what is resumed later is seen, too.

    Makes the folder. Raises RunError where it holds something else, cannot be written, or where the program of the run
    draws other pictures than PyTorch.
    """
    _check_folder(run, folder)
    watch = WatchFiles(run)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unnamed = {path: time.monotonic() for path in _published(folder)}
        title, current = "", b""
        while True:
            ended = folder_status(run) not in ACTIVE
            watch.refresh(final=ended)
            there = {path.relative_to(folder).as_posix() for path in _published(folder)}
            fresh = {name: data for name, data in watch.contents.items() if name not in {NOW, *there}}
            if watch.now["title"] != title:
                title = watch.now["title"]
                files.replace(folder / INDEX, watch_html.published(title).encode(), durable=False)
            for name, data in fresh.items():
                (folder / name).parent.mkdir(exist_ok=True)
                files.replace(folder / name, data, durable=False)
            now = watch.contents[NOW]
            if now != current:
                files.replace(folder / NOW, now, durable=False)
                current = now
            _sweep(folder, watch, unnamed, grace)
            step = int(max(watch.now["samples"]["fixed"], default=0))
            yield Look(watch.now["status"], step, len(fresh), sum(map(len, fresh.values())), ended)
            if ended and not follow:
                return
    except OSError as error:
        raise RunError(f"{folder} cannot be written: {files.why(error)}.") from error


def _check_folder(run: Run, folder: Path) -> None:
    """Raises RunError for a folder that holds something that is no copy of this run."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        published = files.load(files.read(folder / NOW, MAX_NOW_BYTES))["id"]
    except (OSError, ValueError, KeyError, TypeError):
        raise RunError(f"{folder} holds something else than a published run. Name an empty folder.") from None
    if published != run.id:
        raise RunError(f"{folder} holds the run {published!r}. Name another folder.")


def _published(folder: Path) -> Iterator[Path]:
    """The files in a published folder that `now.json` may name."""
    for place in folder.iterdir():
        if place.is_dir():
            yield from (path for path in place.iterdir() if path.suffix in (".json", ".bin", ".webp"))


def _sweep(folder: Path, watch: WatchFiles, unnamed: dict[Path, float], grace: float) -> None:
    """Removes what has not been named for `grace` seconds."""
    now = time.monotonic()
    for path in list(_published(folder)):
        if path.relative_to(folder).as_posix() in watch.contents:
            unnamed.pop(path, None)
        elif now - unnamed.setdefault(path, now) >= grace:
            path.unlink(missing_ok=True)
            unnamed.pop(path)
