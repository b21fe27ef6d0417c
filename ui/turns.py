"""Who is served next by a thread that computes: everybody in turn, of each the newest question.

A thread beside a trainer costs it more than its share of a core: both hold Python's lock again and again. So while
somebody trains in this process the thread rests after each piece of work.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from gan import hosts

T = TypeVar("T")
PLACES = 64  # pieces waiting
LONGEST = 1.0  # seconds of rest: whoever is next did not ask for what took so long


class Full(Exception):
    """Too many wait already."""


class Replaced(Exception):
    """The same asker has asked something newer before this was begun."""


class Line:
    """Pieces of work waiting: by asker, and of each asker by slot, where a newer one takes the older one's place."""

    def __init__(self, places: int = PLACES):
        self.places = places
        self._askers: OrderedDict[str, dict[str, tuple[Future[Any], Callable[[], Any]]]] = (
            OrderedDict()
        )
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return sum(map(len, self._askers.values()))

    def put(self, work: Callable[[], T], asker: str = "", slot: str = "") -> Future[T]:
        """The future of `work`; one without a slot replaces nothing. Raises Full, at once."""
        mine = self._askers.get(asker, {})
        if old := mine.get(slot) if slot else None:
            if old[0].set_running_or_notify_cancel():
                old[0].set_exception(Replaced())
        elif len(self) >= self.places:
            self._sweep()
            if len(self) >= self.places:
                raise Full
        future: Future[T] = Future()
        key = slot or f"#{next(self._numbers)}"
        self._askers.setdefault(asker, {})[key] = future, work
        return future

    def take(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        """The next piece: one of each asker in turn; those whose asker has gone are left out."""
        while self._askers:
            asker, pieces = self._askers.popitem(last=False)
            found = pieces.pop(next(iter(pieces)))
            if pieces:
                self._askers[asker] = pieces  # behind the others
            if found[0].set_running_or_notify_cancel():
                return found
        return None

    def _sweep(self) -> None:
        for asker, pieces in [*self._askers.items()]:
            for slot in [slot for slot, (future, _) in pieces.items() if future.cancelled()]:
                del pieces[slot]
            if not pieces:
                del self._askers[asker]


class Turns:
    """One thread, the line before it, and the rest it takes while `training()`: it works for `share` of the time."""

    def __init__(
        self,
        name: str,
        places: int = PLACES,
        share: float = 0.5,
        training: Callable[[], object] = lambda: hosts.trainers().active(),
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.perf_counter,
    ):
        self._line, self._guard = Line(places), threading.Lock()
        self._pool = ThreadPoolExecutor(1, name)
        self._share, self._training, self._sleep, self._clock = share, training, sleep, clock

    def ask(self, work: Callable[[], T], asker: str = "", slot: str = "") -> Future[T]:
        """Has `work` done in the thread when its turn comes. Its future raises Replaced. Raises Full."""
        with self._guard:
            future = self._line.put(work, asker, slot)
        self._pool.submit(self._serve)
        return future

    def _serve(self) -> None:
        with self._guard:
            found = self._line.take()
        if found is None:
            return  # its asker has gone, or asked something newer
        future, work = found
        began = self._clock()
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)
        if self._training():
            self._sleep(min(LONGEST, (self._clock() - began) * (1 / self._share - 1)))
