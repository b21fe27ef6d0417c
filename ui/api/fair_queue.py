"""A fair work queue: round robin over clients; a client's newer request replaces its older one.

Training, browsers and this server share the cores of one machine. So while a run is trained, the thread that works the
queue off rests after each piece of work.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from gan.hosting import trainers

T = TypeVar("T")
MAX_WAITING = 64  # pieces of work
MAX_REST_SECONDS = 1.0  # the next client did not ask for what took so long


class Full(Exception):
    """Too many pieces of work wait already."""


class Replaced(Exception):
    """A newer request of the same client came before this one was begun."""


class FairQueue:
    """Pieces of work waiting: by client, and of each client by slot, where a newer one takes the older one's place."""

    def __init__(self, max_waiting: int = MAX_WAITING):
        self.max_waiting = max_waiting
        self._clients: OrderedDict[str, dict[str, tuple[Future[Any], Callable[[], Any]]]] = OrderedDict()
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return sum(map(len, self._clients.values()))

    def put(self, work: Callable[[], T], client: str = "", slot: str = "") -> Future[T]:
        """The future of `work`; one without a slot replaces nothing. Raises Full, at once."""
        waiting = self._clients.get(client, {})
        if old := waiting.get(slot) if slot else None:
            if old[0].set_running_or_notify_cancel():
                old[0].set_exception(Replaced())
        elif len(self) >= self.max_waiting:
            self._drop_cancelled()
            if len(self) >= self.max_waiting:
                raise Full
        future: Future[T] = Future()
        key = slot or f"#{next(self._numbers)}"
        self._clients.setdefault(client, {})[key] = future, work
        return future

    def take(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        """The next piece: one of each client in turn; cancelled ones are left out. None when the queue is empty."""
        while self._clients:
            client, waiting = self._clients.popitem(last=False)
            future, work = waiting.pop(next(iter(waiting)))
            if waiting:
                self._clients[client] = waiting  # behind the others
            if future.set_running_or_notify_cancel():
                return future, work
        return None

    def _drop_cancelled(self) -> None:
        for client, waiting in [*self._clients.items()]:
            for slot in [slot for slot, (future, _) in waiting.items() if future.cancelled()]:
                del waiting[slot]
            if not waiting:
                del self._clients[client]


class FairExecutor:
    """One thread that works a FairQueue off; while `training()` it works for `share` of the time and rests else."""

    def __init__(
        self,
        name: str,
        max_waiting: int = MAX_WAITING,
        share: float = 0.5,
        training: Callable[[], object] = lambda: trainers.trainers().active(),
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.perf_counter,
    ):
        self._queue, self._lock = FairQueue(max_waiting), threading.Lock()
        self._pool = ThreadPoolExecutor(1, name)
        self._share, self._training, self._sleep, self._clock = share, training, sleep, clock

    def submit(self, work: Callable[[], T], client: str = "", slot: str = "") -> Future[T]:
        """The future of `work`, done in the thread; it may raise Replaced. Raises Full."""
        with self._lock:
            future = self._queue.put(work, client, slot)
        self._pool.submit(self._work_once)
        return future

    def _work_once(self) -> None:
        with self._lock:
            item = self._queue.take()
        if item is None:
            return  # cancelled or replaced
        future, work = item
        began = self._clock()
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)
        if self._training():
            self._sleep(min(MAX_REST_SECONDS, (self._clock() - began) * (1 / self._share - 1)))
