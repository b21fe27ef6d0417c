"""Singletons of this process: state that must outlive a hot reload and is shared by all threads."""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
HOME = "forger_process"  # an invented module: no reloader watches it, and no client can clear it


def singleton(name: str, make: Callable[[], T]) -> T:
    """The object of that name in this process, made by `make()` at the first call.

    Do not ask `isinstance` of it: after a hot reload its class is an older one of the same name.
    """
    home: Any = sys.modules.get(HOME)
    if home is None:
        fresh = types.ModuleType(HOME)
        fresh.__dict__["guard"] = threading.RLock()
        home = sys.modules.setdefault(HOME, fresh)
    with home.guard:
        if name not in home.__dict__:
            home.__dict__[name] = make()
        value: T = home.__dict__[name]
    return value
