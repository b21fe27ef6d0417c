"""What tests in a browser have in common: they wait for what is to be seen, never for a time.

A page may still be drawing what a test reads, so no test asserts anything of a page at once: it says `expect(locator)`,
`until(page, lambda: ...)`, or takes a value with `still`. tests/test_waiting.py refuses the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from playwright.sync_api import expect as expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

T = TypeVar("T")
PATIENCE = 90_000  # ms: a busy machine takes long to import torch
expect.set_options(timeout=PATIENCE)
CALM = 600  # ms on the page's own clock, which stands still while the page does
CONTEXTS: WeakKeyDictionary[Browser, dict[str, BrowserContext]] = WeakKeyDictionary()
UNSEEN = """[...document.querySelectorAll("body :has(*), img")].filter((e) => e.tagName === "IMG"
  ? !e.getBoundingClientRect().width
  : getComputedStyle(e).display === "none").map((e) => e.cloneNode().outerHTML.slice(0, 400))"""


def shared(browser: Browser, **options: Any) -> BrowserContext:
    """A context for all pages with these options: what one has loaded the next takes from the cache."""
    contexts = CONTEXTS.setdefault(browser, {})
    kind = repr(sorted(options.items()))
    if kind not in contexts:
        contexts[kind] = browser.new_context(**options)
        contexts[kind].set_default_timeout(PATIENCE)
    return contexts[kind]


@contextmanager
def opened(browser: Browser, width: int, height: int, **options: Any) -> Iterator[Page]:
    """A page of that many pixels in a browser that remembers no other; fails at the end if a script on it did.

    How the page was left is printed, which pytest shows where a test failed.
    """
    context = shared(browser, **options)
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
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
        if page.url.startswith("http"):
            page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        page.close()
        context.clear_cookies()
    assert not errors


def until(page: Page, true: Callable[[], Any], what: str = "what this line waits for") -> Any:
    """Waits for something to be true and returns it."""
    for _ in range(PATIENCE // 50):
        if found := true():
            return found
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {what}")


def computed(page: Page, script: str, *given: Any) -> Any:
    """What a script works out for itself: nothing that the page is drawing."""
    return page.evaluate(script, *given)


def still(page: Page, look: Callable[[], T]) -> T:
    """What `look` returns, once that and the address have stayed as they are for a moment."""
    for _ in range(PATIENCE // CALM):
        before = (page.url, look())
        page.evaluate("(ms) => new Promise((done) => setTimeout(done, ms))", CALM)
        if (page.url, look()) == before:
            return before[1]
    raise AssertionError("The page does not come to rest.")
