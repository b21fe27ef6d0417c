"""Long jobs in background threads, such as a download, with their progress."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gan.hosting.process import singleton

if TYPE_CHECKING:
    from gan.datasets import Progress


@dataclass
class Job:
    """A long job in the background, such as a download, with its progress."""

    done: int = 0
    total: int = 0
    unit: str = ""
    text: str = ""
    state: str = "running"  # "running", "done", "failed", "stopped"
    error: str = ""
    stopped: bool = False  # asked to end early
    thread: threading.Thread | None = field(default=None, repr=False)


@dataclass
class _Jobs:
    by_key: dict[str, Job] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)


def _jobs() -> _Jobs:
    return singleton("jobs", _Jobs)


def start_job(key: str, work: Callable[[], Iterator[Progress]]) -> Job:
    """Iterates `work()` in the background; a second call while it runs returns the running one."""
    jobs = _jobs()
    with jobs.guard:
        if key in jobs.by_key and jobs.by_key[key].state == "running":
            return jobs.by_key[key]
        job = jobs.by_key[key] = Job()
        job.thread = threading.Thread(target=_work, args=(job, work), name=key, daemon=True)
        job.thread.start()
    return job


def job(key: str) -> Job | None:
    """The job of that name, running or ended; None when there was none."""
    return _jobs().by_key.get(key)


def stop_job(key: str) -> None:
    """Asks a running job to end after its present piece of work; it is "stopped" then, and keeps nothing."""
    if running := job(key):
        running.stopped = True


def forget_job(key: str) -> None:
    """Removes an ended job, so that its error is not shown again."""
    _jobs().by_key.pop(key, None)


def _work(job: Job, work: Callable[[], Iterator[Progress]]) -> None:
    try:
        for step in work():
            job.done, job.total, job.unit, job.text = step.done, step.total, step.unit, step.text
            if job.stopped:
                job.state = "stopped"
                return
        job.state = "done"
    except Exception as error:
        job.state, job.error = "failed", str(error) or type(error).__name__
