"""Sessions of browsers that have gone, which Streamlit keeps for two minutes: three descriptors each."""

from __future__ import annotations

import contextlib
from typing import Any

from streamlit import runtime


def count() -> int:
    """How many sessions there are, also of browsers that are still here."""
    manager: Any = getattr(runtime.get_instance(), "_session_mgr", None) if runtime.exists() else None
    return len(manager.list_sessions()) if manager else 0


def drop(most: int) -> int:
    """Ends up to `most` of them, the oldest first, and returns how many. They would be gone soon; their runs stay."""
    if not runtime.exists():
        return 0
    manager: Any = getattr(runtime.get_instance(), "_session_mgr", None)
    storage = getattr(manager, "_session_storage", None)
    found = [info.session for info in storage.list()][:most] if storage else []
    for session in found:
        manager.close_session(session.id)
        with contextlib.suppress(AttributeError, RuntimeError):  # a loop that runs is closed by its own thread
            session._script_event_loop.close()
    return len(found)
