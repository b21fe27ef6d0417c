"""Answers that take a while: a job works them out in the background, and each request is told how far it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

from cachetools import LRUCache
from starlette.responses import Response

from gan.datasets import Progress
from gan.hosting import jobs
from ui.api.requests import json_response, unavailable

T = TypeVar("T")


class CachedJobs(Generic[T]):
    """The last few results of one kind of job."""

    def __init__(self, kind: str, most: int):
        self._kind = kind
        self._results: LRUCache[str, T] = LRUCache(most)
        self._lock = threading.Lock()

    def result(self, key: str, work: Callable[[], Generator[Progress, None, T]]) -> T | None:
        """What `work` returns, None while a job is at it. Raises ApiError, once, where the job has failed."""
        with self._lock:
            if (result := self._results.get(key)) is not None:
                return result

        def keep() -> Iterator[Progress]:
            result = yield from work()
            with self._lock:
                self._results[key] = result

        name = self._name(key)
        job = jobs.job(name)
        if job is not None and job.state == "failed":
            jobs.forget_job(name)
            raise unavailable(job.error)
        jobs.start_job(name, keep)
        return None

    def progress_response(self, key: str) -> Response:
        """202, with how far the job is."""
        job = jobs.job(self._name(key))
        done = job.done / job.total if job and job.total else 0.0
        return json_response({"done": min(1.0, done), "text": (job and job.text) or "Starting"}, 202)

    def _name(self, key: str) -> str:
        return f"{self._kind} {key}"
