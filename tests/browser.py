"""What tests in a browser have in common: they wait for what is to be seen, never for a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE = 90_000  # ms: a busy machine takes long to import torch
CALM = 600  # ms on the page's own clock, which stands still while the page does


def until(page: Page, true: Callable[[], Any], what: str) -> Any:
    """Waits for something to be true and returns it."""
    for _ in range(PATIENCE // 50):
        if found := true():
            return found
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {what}")


def settled(page: Page, look: Callable[[], Any]) -> None:
    """Waits until what `look` returns and the address have stayed as they are for a moment."""
    for _ in range(PATIENCE // CALM):
        before = (page.url, look())
        page.evaluate("(ms) => new Promise((done) => setTimeout(done, ms))", CALM)
        if (page.url, look()) == before:
            return
    raise AssertionError("The page does not come to rest.")
