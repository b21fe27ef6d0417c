"""Published runs: folders that a background thread keeps up to date until it is told to stop.

The run may end and be resumed meanwhile. All of it ends with this process; `python -m gan publish` is the same in a
process of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gan import hardware
from gan.hosting.process import singleton
from gan.runs import Run

LOOK_SECONDS = 1.0  # between two looks at a run
END_SECONDS = 10.0  # for the look under way, when the process ends


@dataclass
class Publication:
    """One run that is published. `error` says why it ended by itself, `files` and `bytes` what was written so far."""

    run: Run
    folder: Path
    status: str = ""
    step: int = 0
    files: int = 0
    bytes: int = 0
    error: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = field(default=None, repr=False)

    @property
    def active(self) -> bool:
        """Whether the folder is being kept up to date."""
        return not self.error and not self.stop.is_set()


@dataclass
class _Published:
    by_run: dict[tuple[Path, float], Publication] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)


def begin(run: Run, folder: Path) -> Publication:
    """Publishes a run into a folder from now on; one that is published already stays where it is."""
    published = _published()
    with published.guard:
        known = published.by_run.get(_key(run))
        if known and known.active:
            return known
        made = published.by_run[_key(run)] = Publication(run, folder)
        made.thread = threading.Thread(target=_keep, args=(made,), name=f"publish {run.id}", daemon=True)
        made.thread.start()
    return made


def of(run: Run) -> Publication | None:
    """How a run is published, or was; None for one that never was here."""
    return _published().by_run.get(_key(run))


def end(run: Run) -> None:
    """Stops publishing; the folder stays as it is."""
    if publication := of(run):
        publication.stop.set()


def _keep(made: Publication) -> None:
    try:
        from gan.export import publish

        hardware.use_threads(1)  # the cores are the trainer's
        with contextlib.closing(publish.publish(made.run, made.folder, follow=True)) as looks:
            _look(made, lambda: next(looks))
    except Exception as error:
        made.error = str(error) or type(error).__name__


def _look(made: Publication, look: Callable[[], Any]) -> None:
    while not made.stop.is_set():
        now = look()
        made.status, made.step = now.status, now.step
        made.files += now.written
        made.bytes += now.written_bytes
        made.stop.wait(LOOK_SECONDS)


def _key(run: Run) -> tuple[Path, float]:
    """Also tells a run from a deleted one of the same name."""
    return run.path, run.created()


def _published() -> _Published:
    return singleton("published", _made)


def _made() -> _Published:
    made = _Published()
    atexit.register(_end_all, made)  # a thread inside PyTorch at the end of the interpreter would abort the process
    return made


def _end_all(published: _Published) -> None:
    for each in published.by_run.values():
        each.stop.set()
    for each in published.by_run.values():
        if each.thread:
            each.thread.join(END_SECONDS)
