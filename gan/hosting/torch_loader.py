"""PyTorch, imported in the background, so that the first page does not wait for it."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from gan.hosting.process import singleton

LOOP = "gan.training.loop"  # what training needs, and PyTorch with it


@dataclass
class _Import:
    """The state of the import: "no", "loading", "ready" or "failed: …"."""

    state: str = "no"
    thread: threading.Thread | None = None
    guard: threading.Lock = field(default_factory=threading.Lock)


def warm_up(then: Callable[[], object] | None = None) -> None:
    """Starts importing PyTorch in the background, and calls `then` in that thread when it is there.

    Nothing happens when that is under way or done.
    """
    torch = singleton("torch", _Import)
    with torch.guard:
        if torch.state == "no":
            torch.state = "loading"
            torch.thread = threading.Thread(target=_import, args=(then,), name="import torch")
            torch.thread.start()


def torch_state() -> str:
    """The state of the import of PyTorch: "no", "loading", "ready", or "failed: …"."""
    return singleton("torch", _Import).state


def wait() -> None:
    """Waits until the import and the callback after it have ended."""
    if thread := singleton("torch", _Import).thread:
        thread.join()


def _import(then: Callable[[], object] | None) -> None:
    torch = singleton("torch", _Import)
    try:
        importlib.import_module(LOOP)
        torch.state = "ready"
        if then:
            then()
    except Exception as error:
        if torch.state != "ready":
            torch.state = f"failed: {error}"
