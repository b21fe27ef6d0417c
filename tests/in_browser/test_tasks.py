"""What people come for, on a finished run, in few clicks; what takes a training is in test_whole_app.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser import expect, opened, until
from tests.in_browser import test_draw as draw
from tests.in_browser import test_explore as explore
from tests.in_browser.clicks import clicks, counted
from tests.in_browser.conftest import OTHER, RUN, SMALL
from tests.live.fake import shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PLOT = "[data-testid=live-chart] .nsewdrag"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser, 1440, 900, reduced_motion="reduce") as found:
        counted(found)
        yield found


def test_whether_it_collapsed_an_early_picture_and_the_way_home(page: Page, site: str) -> None:
    page.goto(f"{site}/?run={RUN}")
    with clicks(page, 0):
        expect(page.get_by_test_id("live-light")).to_contain_text("All 10 classes appear")
    newest = until(page, lambda: shown(page), "a picture")
    with clicks(page, 1):
        page.locator(PLOT).first.click(position={"x": 4, "y": 60})
        until(page, lambda: shown(page) != newest, "an early picture")
    with clicks(page, 2), page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
        page.get_by_role("button", name="Download the zip").click()
    assert download.value.suggested_filename == f"{RUN}.zip"


def test_a_film_from_a_3_to_an_8_and_another_slant(page: Page, site: str) -> None:
    page.goto(f"{site}/explore?run={RUN}")
    page.locator(explore.HERE).wait_for()
    page.locator(explore.SLIDER).first.wait_for()
    with clicks(page, 1):
        before = explore.picture(page)
        explore.drag(page, explore.SLIDER, 0.5, 0.8)
        explore.changed(page, before)
    with clicks(page, 4):
        explore.unfold(page, "pins")
        pins = page.locator(".explore-pin")
        for count, digit in ((1, "3"), (2, "8")):
            page.get_by_role("group", name="Pin a").get_by_role("button", name=digit, exact=True).click()
            expect(pins).to_have_count(count)
        before = explore.picture(page)
        page.locator("[data-part=play]").click()
        explore.changed(page, before)


def test_a_digit_is_drawn_found_and_edited(page: Page, site: str) -> None:
    page.goto(f"{site}/explore?run={SMALL}")
    page.locator(explore.HERE).wait_for()
    with clicks(page, 4):
        page.get_by_role("tab", name="Draw").click()
        page.get_by_role("button", name="Draw a 7 for me").click()
        expect(page.locator(draw.FIND)).to_be_enabled()
        page.locator(draw.FIND).click()
        page.locator(draw.ANSWER).first.click()
        page.locator(explore.SLIDER).first.wait_for()


def test_two_runs_are_compared(page: Page, site: str) -> None:
    page.goto(f"{site}/?run={RUN}")
    with clicks(page, 2):
        page.get_by_role("link", name="Compare", exact=True).first.click()
        page.get_by_role("button", name="Compare the two latest runs").click()
        page.locator(".compare-card").nth(1).wait_for()
    page.goto(f"{site}/compare?runs={RUN},{OTHER}")
    expect(page.locator(".compare-card")).to_have_count(2)
