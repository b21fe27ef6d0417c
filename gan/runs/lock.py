"""The lock of a run folder: a kernel lock, held exactly while a trainer runs; it ends with its process."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from gan.runs.errors import Missing, RunError

GONE = "The run's folder was removed or moved: training has ended, and nothing is written in its place"


class Busy(RunError):
    """Another process or thread trains this run."""


@contextlib.contextmanager
def locked(folder: Path, timeout: float = 2.0) -> Iterator[None]:
    """Holds the lock of a run folder; waits `timeout` seconds for it. Raises Busy when another trainer has it."""
    if not folder.is_dir():  # the lock would make the folder
        raise Missing(f"There is no run {folder.name!r}.")
    lock = FileLock(folder / "lock", timeout=timeout, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise Busy(f"Run {folder.name!r} is being trained by another trainer.") from None
    except OSError as error:
        why = error.strerror or error
        raise RunError(f"Run {folder.name!r} cannot be locked: {why}.") from error
    try:
        yield
    finally:
        lock.release()


class Place:
    """The folder of a run as it was when its lock was taken; another one under its name is a stranger's.

    It is known by the file of the lock: that is held open, so no other file can get its number. Where somebody removed
    only that file, the folder's own number and its settings have to do.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._lock, self._own = _identity(folder / "lock"), _identity(folder)

    def there(self) -> bool:
        """Whether the folder still lies where it lay."""
        if (lock := _identity(self.folder / "lock")) is not None:
            return lock == self._lock
        return _identity(self.folder) == self._own is not None and (self.folder / "config.json").exists()

    def check(self) -> None:
        """Raises RunError when the folder was removed or moved."""
        if not self.there():
            raise RunError(f"{GONE} ({self.folder}).")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def is_held(folder: Path) -> bool:
    """Whether a trainer holds the lock. Acquires it for an instant: for frequent calls, use a LockCache."""
    if not (folder / "lock").exists():
        return False
    try:
        with locked(folder, timeout=0):
            return False
    except Busy:
        return True
    except RunError:
        return False  # a folder that cannot be written cannot be trained either


class LockCache:
    """A cache of lock states: each lock is tried at most once in `every` seconds, so that no trainer is blocked.

    Safe to share between threads.
    """

    def __init__(self, every: float = 1.0):
        self.every = every
        self._held: dict[Path, tuple[float, bool]] = {}  # by folder: when it was tried, and whether it was held
        self._guard = threading.Lock()

    def held(self, folder: Path) -> bool:
        """Whether the run of this folder is being trained; the answer is at most `every` seconds old."""
        with self._guard:
            when, held = self._held.get(folder, (-1e9, False))
            if time.monotonic() - when > self.every:
                held = is_held(folder)
                self._held[folder] = (time.monotonic(), held)
        return held

    def forget(self, folder: Path) -> None:
        """Tries the lock anew at the next call: something has just changed."""
        with self._guard:
            self._held.pop(folder, None)
