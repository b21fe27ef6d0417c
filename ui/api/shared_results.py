"""Results that many browsers ask for at once: worked out once for all who wait, and kept.

Fifty pages that follow a run ask for the D of its newest step within the same second. Each for itself they would fill
the queue, and most be refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from cachetools import LRUCache

from ui.api.requests import Model
from ui.api.worker import GeneratorWorker

if TYPE_CHECKING:
    from gan.sampler import Sampler

T = TypeVar("T")


class SharedResults(Generic[T]):
    """The last `most` results of the worker, by key, and those under way; of the event loop only."""

    def __init__(self, worker: GeneratorWorker, most: int):
        self._worker = worker
        self._kept: LRUCache[str, T] = LRUCache(most)
        self._under_way: dict[str, asyncio.Task[T]] = {}

    async def get(self, key: str, model: Model, work: Callable[[Sampler], T]) -> T:
        """The result of `work` on the generator: kept, under way, or begun now. What it raises goes to all who wait."""
        if key in self._kept:
            return self._kept[key]
        if key not in self._under_way:
            self._worker.check_torch()
            task = self._under_way[key] = asyncio.create_task(self._work_out(key, model, work))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # all who waited may be gone
        return await asyncio.shield(self._under_way[key])

    async def _work_out(self, key: str, model: Model, work: Callable[[Sampler], T]) -> T:
        try:
            result = self._kept[key] = await self._worker.compute_for_all(model, work, key)
        finally:
            del self._under_way[key]
        return result
