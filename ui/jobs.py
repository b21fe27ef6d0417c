"""Answers that take a while: a job works them out in the background, and whoever asks is told how far it is."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

from starlette.responses import Response

from gan import hosts
from gan.datasets import Progress
from ui.kept import Kept
from ui.questions import say, unavailable

T = TypeVar("T")


class Jobs(Generic[T]):
    """The results of one kind of job, of which the last few are kept."""

    def __init__(self, kind: str, most: int):
        self._kind = kind
        self._kept: Kept[str, T] = Kept(most)

    def ask(self, key: str, work: Callable[[], Generator[Progress, None, T]]) -> T | None:
        """What `work` returns, None while a job is at it. Raises Refused, once, where the job has failed."""
        if (found := self._kept.get(key)) is not None:
            return found

        def keep() -> Iterator[Progress]:
            self._kept.put(key, (yield from work()))

        name = self._name(key)
        job = hosts.job(name)
        if job is not None and job.state == "failed":
            hosts.forget_job(name)
            raise unavailable(job.error)
        hosts.start_job(name, keep)
        return None

    def under_way(self, key: str) -> Response:
        """202, with how far the job is."""
        job = hosts.job(self._name(key))
        done = job.done / job.total if job and job.total else 0.0
        return say({"done": min(1.0, done), "text": (job and job.text) or "Starting"}, 202)

    def _name(self, key: str) -> str:
        return f"{self._kind} {key}"
