"""How many clicks and drags something takes a person, counted by the page itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.browser import computed

if TYPE_CHECKING:
    from playwright.sync_api import Page

COUNT = """addEventListener("pointerdown", () =>
  sessionStorage.setItem("presses", 1 + Number(sessionStorage.getItem("presses") ?? 0)), true);"""


def counted(page: Page) -> None:
    """Has a page, and what is opened in its place, count what is pressed; before its first address."""
    page.add_init_script(COUNT)


@contextmanager
def clicks(page: Page, most: int) -> Iterator[None]:
    """At most so many clicks and drags, and at least one unless `most` is 0."""
    computed(page, "sessionStorage.setItem('presses', 0)")
    yield
    taken = int(computed(page, "Number(sessionStorage.getItem('presses'))"))
    assert min(1, most) <= taken <= most, f"{taken} clicks, {most} at most"
