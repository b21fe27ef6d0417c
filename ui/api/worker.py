"""The generators in memory and the two threads that use them for the routes.

Pictures are rendered in a thread of their own, so that dragging never waits for what takes long: that is computed in
another one, a piece at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cachetools import LRUCache
from starlette.requests import Request

from gan import hardware
from gan.hosting import torch_loader, trainers
from gan.runs import Run, RunError
from ui.api import requests
from ui.api.fair_queue import MAX_WAITING, FairExecutor, Full, Replaced
from ui.api.requests import ApiError, Model
from ui.shared import generator_info

if TYPE_CHECKING:
    from gan.sampler import Sampler

T = TypeVar("T")
RENDER_SHARE, COMPUTE_SHARE = 1 / 2, 1 / 3  # of a thread's time while a run is trained
REST_MS = 30  # that a page rests between pictures while a run is trained: 20 a second are enough
MAX_SAMPLERS = 8  # in memory: the newest ones, and those of a time slider being dragged


class Samplers:
    """A cache of the last few generators; a file that was replaced is read anew. Safe to share between threads.

    One that was the newest and is no snapshot cannot be read again: those that are asked for by step stay longer.
    """

    def __init__(self, most: int = MAX_SAMPLERS):
        self._recent: LRUCache[tuple[Path, int, int], Sampler] = LRUCache(most)
        self._replaced: LRUCache[tuple[Path, int, int], Sampler] = LRUCache(most)
        self._lock = threading.Lock()

    def get(self, run: Run, step: int | None) -> Sampler:
        """The sampler of a run's newest generator, or that of a step. Raises RunError: weights gone or broken."""
        from gan.sampler import Sampler

        about = generator_info.about(run, step)  # first: a file replaced in between is read again
        key = run.path, about.step, about.mtime
        with self._lock:
            sampler = self._recent.get(key) or self._replaced.get(key)
        if sampler is None:
            sampler = Sampler.load(run.path, step)
        with self._lock:
            self._recent[key] = sampler
            if step is not None and not run.weights(step).exists():
                self._replaced[key] = sampler
        if step is None:
            generator_info.remember(run, about)
        return sampler


class GeneratorWorker:
    """Runs work on a generator for requests, which are served in turn."""

    def __init__(self, torch_state: Callable[[], str] = torch_loader.torch_state, max_waiting: int = MAX_WAITING):
        self._torch_state = torch_state
        self._samplers = Samplers()
        self._render_thread = FairExecutor("render", max_waiting, RENDER_SHARE)
        self._compute_thread = FairExecutor("compute", max_waiting, COMPUTE_SHARE)

    async def render(self, request: Request, model: Model, work: Callable[[Sampler], T], slot: str = "") -> T:
        """The result of `work` on the generator, soon. A newer request of the user for the same `slot` replaces it.

        Raises ApiError, and ClientDisconnect.
        """
        return await self._submit(self._render_thread, request, model, work, slot)

    async def compute(self, request: Request, model: Model, work: Callable[[Sampler], T], slot: str = "") -> T:
        """The same for what may take a while: a piece of at most about a tenth of a second where it can be cut."""
        return await self._submit(self._compute_thread, request, model, work, slot)

    async def compute_for_all(self, model: Model, work: Callable[[Sampler], T], key: str) -> T:
        """The same for nobody in particular. Raises ApiError."""
        try:
            return await asyncio.wrap_future(self._compute_thread.submit(lambda: self._work(model, work), key))
        except Full:
            raise _crowded() from None

    def compute_piece(self, model: Model, work: Callable[[Sampler], T], client: str) -> T:
        """The same for the thread of a job, which waits for its piece. Raises ApiError."""
        while True:
            with contextlib.suppress(Full):
                return self._compute_thread.submit(lambda: self._work(model, work), client).result()
            time.sleep(0.1)

    def rest_header(self) -> dict[str, str]:
        """A header that tells a page how long to rest before its next request; none while nothing trains."""
        return {"X_Rest": str(REST_MS)} if trainers.trainers().active() else {}

    def check_torch(self) -> None:
        """Raises ApiError until PyTorch is there, and starts to load it."""
        state = self._torch_state()
        if state == "no":
            torch_loader.warm_up()
        if state.startswith("failed"):
            raise ApiError(500, f"PyTorch cannot be loaded, so nothing can be drawn: {state[8:]}")
        if state != "ready":
            raise ApiError(503, "PyTorch is still being loaded; the picture comes in a few seconds.", retry=1)

    async def _submit(
        self, thread: FairExecutor, request: Request, model: Model, work: Callable[[Sampler], T], slot: str
    ) -> T:
        self.check_torch()
        user = requests.user(request)
        host = request.client.host if request.client else ""
        try:
            future = thread.submit(lambda: self._work(model, work), user or f"@{host}", slot if user else "")
            return await requests.wait_for(request, future)
        except Full:
            raise _crowded() from None
        except Replaced:
            raise ApiError(409, "A newer question of yours has taken this one's place.") from None

    def _work(self, model: Model, work: Callable[[Sampler], T]) -> T:
        hardware.use_threads(1)  # the rest is the trainer's
        try:
            return work(self._samplers.get(model.run, model.step))
        except RunError as error:
            raise ApiError(409, str(error)) from error


def _crowded() -> ApiError:
    return ApiError(503, "Too many pictures are asked for at this moment; try again.", retry=1)
