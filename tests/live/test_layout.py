"""Nothing on the Train page moves while a run trains, while something else of it is looked at, or one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import expect, until
from tests.in_browser.looking import moved, places
from tests.live.fake import Fake, shown

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LANDMARKS = (
    *(".live-bar", ".live-bar .live-budget", ".live-light", ".live-album", ".live-fixed .live-frame"),
    *(".live-random .live-frame", ".live-album .base-timeline", ".live-chart", "[data-panel=losses]"),
    *("[data-panel=speed]", ".live-chart .base-caption", ".live-coverage"),
)


def test_nothing_moves(page: Page, fake: Fake) -> None:
    page.route("**/tile?*", lambda route: route.fulfill(status=404, json={"error": "There is no generator."}))
    page.locator(".live-coverage").wait_for()
    before = places(page, LANDMARKS)
    fake.log(5)
    fake.show(160)
    until(page, lambda: "step 160," in shown(page), "a new picture")
    assert moved(page, before) == {}
    fake.check()  # the first one: classes come, and tabs
    fake.log(3)
    fake.check([0.5, 0.5, *[0.0] * 8])
    expect(page.locator(".live-class").first).to_have_attribute("aria-label", "0: 50.0 % of the samples")
    fake.run.record("lr", step=180, seconds=3.0, epoch=0.03, lr_g=1e-3, lr_d=2e-3)
    page.get_by_text("1 event").wait_for()
    assert moved(page, before) == {}
    tabs = page.locator("[data-panel]:not([hidden])")
    for k in range(until(page, tabs.count)):
        tabs.nth(k).click()
        expect(tabs.nth(k)).to_have_attribute("aria-pressed", "true")
        assert moved(page, before) == {}
    page.locator("[data-testid=live-slider]").fill("0")
    until(page, lambda: "step 0," in shown(page), "the past")
    page.get_by_text("1 event").click()
    page.locator(".live-fixed .live-frame").click()
    page.get_by_role("dialog").wait_for()
    assert moved(page, before) == {}
