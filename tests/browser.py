"""What tests in a browser have in common: they wait for what is to be seen, never for a time.

A page may still be drawing what a test reads, so no test asserts anything of a page at once: it says `expect(locator)`,
`until(page, lambda: ...)`, or takes a value with `still`. tests/test_waiting.py refuses the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from playwright.sync_api import expect as expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

T = TypeVar("T")
GONE = "*/media/*"  # a picture of Streamlit's that the next run of the script has replaced
PATIENCE = 90_000  # ms: a busy machine takes long to import torch
expect.set_options(timeout=PATIENCE)
CALM = 600  # ms on the page's own clock, which stands still while the page does
CONTEXTS: WeakKeyDictionary[Browser, dict[str, BrowserContext]] = WeakKeyDictionary()
LATER = 503  # an answer that says "come again", as while PyTorch is loaded: a page does, so it is no complaint
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


class Watch:
    """What a browser complains of on a page: errors of scripts and in the console, refused and failed requests.

    What the test answers itself, by `page.route`, is no complaint.
    """

    def __init__(self, page: Page):
        self.complaints: list[str] = []
        self.said: list[str] = []
        self._own: list[str] = []
        vars(page)["watch"] = self
        route = page.route
        vars(page)["route"] = partial(self._route, route)
        page.on("pageerror", lambda error: self.complaints.append(f"a script: {error}"))
        page.on("console", self._console)
        page.on("response", self._response)
        page.on("requestfailed", self._failed)

    def expect_refusal(self, pattern: str) -> None:
        """An answer from there that is an error belongs to the test."""
        self._own.append(pattern)

    def _route(self, route: Callable[..., Any], url: Any, *rest: Any, **more: Any) -> None:
        self._own.append(url if isinstance(url, str) else "*")
        route(url, *rest, **more)

    def _is_own(self, url: str) -> bool:
        return any(fnmatch(url, pattern) for pattern in (*self._own, GONE))

    def _console(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)
        url = message.location.get("url", "")
        if message.type == "error" and not self._is_own(url) and str(LATER) not in message.text:
            self.complaints.append(f"the console: {message.text} ({url})")

    def _response(self, answer: Response) -> None:
        if answer.status >= 400 and answer.status != LATER and not self._is_own(answer.url):
            self.complaints.append(f"refused: {answer.status} {answer.url}")

    def _failed(self, request: Request) -> None:
        self.said.append(f"{request.url}: {request.failure}")
        if "ERR_ABORTED" not in (request.failure or "") and not self._is_own(request.url):
            self.complaints.append(f"failed: {request.url} {request.failure}")


def refused(page: Page, pattern: str) -> None:
    """The test is about a refusal of what lies at such addresses: that is no complaint of this page."""
    watch: Watch = vars(page)["watch"]
    watch.expect_refusal(pattern)


@contextmanager
def opened(browser: Browser, width: int, height: int, *, calm: bool = True, **options: Any) -> Iterator[Page]:
    """A page of that many pixels in a browser that remembers no other.

    Fails at the end if the browser complained of something, or, unless `calm`, if a script failed. How the page was
    left is printed, which pytest shows where a test failed.
    """
    context = shared(browser, **options)
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    watch = Watch(page)
    try:
        yield page
    finally:
        print("The page:", page.url, page.inner_text("body"), sep="\n")
        print("Not to be seen:", *page.evaluate(UNSEEN), sep="\n")
        print("Said by the browser:", *watch.said, sep="\n")
        page.unroute_all(behavior="ignoreErrors")  # a request may be under way
        if page.url.startswith("http"):
            page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        page.close()
        context.clear_cookies()
    complaints = [one for one in watch.complaints if calm or one.startswith("a script")]
    assert not complaints, complaints


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
