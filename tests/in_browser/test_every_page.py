"""Every page, as it is opened: nothing that axe finds, no error, few sizes of type, short lines, a screen used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser import PATIENCE, computed, expect, opened, refused
from tests.in_browser.conftest import BUSY, DOTS, OTHER, RUN, SMALL
from tests.in_browser.looking import MOST_SIZES, axe, long_lines, sizes
from ui.learn import chapters

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WIDE, HIGH = 1920, 1080
REST_MS = 200  # that the rest of a page may take
WIDTH = "document.querySelector('[data-testid=stMainBlockContainer]').getBoundingClientRect().width"
USED = 0.9  # share of a large screen's width
DRAWN = "[data-part=status][data-by=page]"
CHART = "[data-testid=live-chart] .main-svg"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser, WIDE, HIGH) as found:
        found.set_default_timeout(PATIENCE)
        yield found


def press(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("button", name=name, exact=True).first.click()


def pick(name: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator(f".st-key-menu-{RUN} button").click()
        page.get_by_text(name).click()

    return act


PLACES = {  # what to open, what is there once it is drawn
    "finished": (f"/?run={RUN}", CHART),
    "training": (f"/?run={BUSY}", CHART),
    "form": ("/?preset=lean", "text=What should it learn?"),
    "failures": ("/failures", ".st-key-open-broken-giant-steps button"),
    "a failure": ("/failures?case=broken-giant-steps", "text=Run it and see"),
    "projector": (f"/?show=1&run={RUN}", "[data-testid=show-chart] .main-svg"),
    "explore": (f"/explore?run={SMALL}", DRAWN),
    "dots": (f"/explore?run={DOTS}", DRAWN),
    "draw": (f"/explore?run={SMALL}&tab=draw", "[data-part=sheet]"),
    "quiz": (f"/explore?run={SMALL}&tab=quiz", "[data-part=question][data-k='0']"),
    "compare nothing": ("/compare", "text=One difference at a time"),
    "compare": (f"/compare?runs={RUN},{OTHER}", f".compare-row[data-run={RUN}] [data-by=page]"),
    "pair": ("/compare?pair=lean", "text=Same seed, one difference"),
    "runs": ("/runs", f".st-key-run-{RUN}"),
    "report": (f"/runs?report={RUN}", "[data-testid=fresh-caption][data-step]"),
    **{  # with the figures of every kind
        f"learn {name}": (f"/learn?chapter={name}", f"h1:has-text('{title}')")
        for name, title in ((one.name, one.title) for one in chapters.lessons())
        if name in ("the-game", "the-family")
    },
}
OPENED: dict[str, tuple[str, str, Callable[[Page], None], str]] = {  # the same, what to press there, what that opens
    "link": (*PLACES["finished"], press("Link"), "[data-testid=stPopoverBody]"),
    "download": (*PLACES["finished"], press("Download"), "text=Download the zip"),
    "one picture": (*PLACES["finished"], lambda page: page.locator(".live-fixed .live-frame").click(), "dialog[open]"),
    "menu": (*PLACES["runs"], lambda page: page.locator(f".st-key-menu-{RUN} button").click(), "text=Delete …"),
    "delete": (*PLACES["runs"], pick("Delete …"), "[role=dialog]"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_page_has_no_fault_that_a_machine_can_see(page: Page, site: str, place: str) -> None:
    address, ready = PLACES[place]
    page.goto(site + address)
    page.locator(ready).first.wait_for()
    page.wait_for_timeout(REST_MS)
    assert axe(page) == []
    if place != "projector":  # which has its own rules, in tests/live
        shown = sizes(page)
        assert len(shown) <= MOST_SIZES, str({size: texts[:3] for size, texts in shown.items()})
        assert long_lines(page) == []
        assert computed(page, WIDTH) >= USED * WIDE
        expect(page.locator("h1")).to_have_count(1)


@pytest.mark.parametrize("what", OPENED)
def test_what_opens_on_a_page_has_none_either(page: Page, site: str, what: str) -> None:
    refused(page, "**/nearest?*")  # the data are not here
    address, ready, act, there = OPENED[what]
    page.goto(site + address)
    page.locator(ready).first.wait_for()
    page.wait_for_timeout(REST_MS)
    act(page)
    page.locator(there).first.wait_for()
    page.wait_for_timeout(REST_MS)
    assert axe(page, opened=True) == []
