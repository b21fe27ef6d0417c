"""What tests in a browser have in common: they wait for what is to be seen, never for a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE = 90_000  # ms: a busy machine takes long to import torch
CALM = 600  # ms on the page's own clock, which stands still while the page does
UNSEEN = """[...document.querySelectorAll("body :has(*), img")].filter((e) => e.tagName === "IMG"
  ? !e.getBoundingClientRect().width
  : getComputedStyle(e).display === "none").map((e) => e.cloneNode().outerHTML.slice(0, 400))"""


@contextmanager
def opened(browser: Browser, width: int, height: int, **options: Any) -> Iterator[Page]:
    """A page of that many pixels; fails at the end of the block if a script on it did.

    How the page was left is printed, which pytest shows where a test failed.
    """
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    errors: list[str] = []
    said: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: said.append(message.text))
    page.on("requestfailed", lambda request: said.append(f"{request.url}: {request.failure}"))
    try:
        yield page
    finally:
        print("The page:", page.url, page.inner_text("body"), sep="\n")
        print("Not to be seen:", *page.evaluate(UNSEEN), sep="\n")
        print("Said by the browser:", *said, *errors, sep="\n")
        page.unroute_all(behavior="ignoreErrors")  # a request may be under way
        context.close()
    assert not errors


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
