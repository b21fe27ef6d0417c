"""A queue for a device: one trainer at a time; the runs of a group alternate."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

POLL_SECONDS = 0.1  # from one call of `cancelled` to the next


class DeviceQueue:
    """A first-in, first-out queue of trainers for one device; the first one holds it.

    Trainers of one group have one place in the queue, and alternate while they hold the device.
    """

    def __init__(self) -> None:
        self._groups: dict[str, deque[str]] = {}  # members by group; the first group's first member holds the device
        self._changed = threading.Condition()

    def wait(self, name: str, cancelled: Callable[[], bool], group: str = "") -> bool:
        """Queues up, within `group` if that is queued, and waits. False when `cancelled()` before the turn came."""
        with self._changed:
            self._groups.setdefault(group or name, deque()).append(name)
            return self._wait(name, cancelled)

    def yield_turn(self, name: str, cancelled: Callable[[], bool]) -> bool:
        """Gives the other members of the holder's group one turn each. False when `cancelled()` meanwhile."""
        with self._changed:
            members = next(members for members in self._groups.values() if name in members)
            if len(members) == 1:
                return True
            members.rotate(-1)
            self._changed.notify_all()
            return self._wait(name, cancelled)

    def leave(self, name: str) -> None:
        """Hands the turn on, or leaves the queue."""
        with self._changed:
            self._drop(name)
            self._changed.notify_all()

    def place(self, name: str) -> int:
        """The number of groups before this trainer; 0 for the holder's group, and for one that is not queued."""
        with self._changed:
            places = [k for k, members in enumerate(self._groups.values()) if name in members]
            return max(places, default=0)

    def _wait(self, name: str, cancelled: Callable[[], bool]) -> bool:
        while next(iter(self._groups.values()))[0] != name:
            if cancelled():
                self._drop(name)
                return False
            self._changed.wait(POLL_SECONDS)
        return True

    def _drop(self, name: str) -> None:
        for group, members in [*self._groups.items()]:
            if name in members:
                members.remove(name)
            if not members:
                del self._groups[group]
