"""Answers that take a while: a job works them out in the background, and whoever asks is told how far it is."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

from gan import hosts
from gan.datasets import Progress
from gan.hosts import Job
from ui.kept import Kept
from ui.questions import unavailable

T = TypeVar("T")


class Jobs(Generic[T]):
    """The results of one kind of job, of which the last few are kept."""

    def __init__(self, kind: str, most: int):
        self._kind = kind
        self._kept: Kept[str, T] = Kept(most)

    def ask(self, key: str, work: Callable[[], Generator[Progress, None, T]]) -> T | Job:
        """What `work` returns, or the job that it still is. Raises Refused, once, where the job has failed."""
        if (found := self._kept.get(key)) is not None:
            return found

        def keep() -> Iterator[Progress]:
            self._kept.put(key, (yield from work()))

        name = f"{self._kind} {key}"
        job = hosts.job(name)
        if job is not None and job.state == "failed":
            hosts.forget_job(name)
            raise unavailable(job.error)
        return hosts.start_job(name, keep)


def told(job: Job) -> dict[str, object]:
    """How far a job is, for a 202."""
    return {
        "done": min(1.0, job.done / job.total) if job.total else 0.0,
        "text": job.text or "Starting",
    }
