"""The projector mode in a real browser: large enough for the back row, and steered by keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import expect, opened, until
from tests.live.fake import Fake
from tests.serving import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SMALL = """[...document.querySelectorAll(".show *")].filter((e) => e.checkVisibility({visibilityProperty: true})
  && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())
  && parseFloat(getComputedStyle(e).fontSize) < 28).map((e) => e.textContent)"""


def test_keys_steer_what_the_back_row_can_read(browser: Browser, serving: tuple[Server, Path], fake: Fake) -> None:
    with opened(browser, 1920, 1080) as page:
        page.goto(f"{serving[0].url}/?show=1&run={fake.run.id}")
        chart, facts = page.locator("[data-testid=show-chart]"), page.locator("[data-testid=show-facts]")
        chart.locator(".main-svg").first.wait_for()
        until(page, lambda: page.evaluate(SMALL) == [], "no type under 28 pixels")
        expect(facts).to_contain_text("step 100")
        page.keyboard.press("ArrowLeft")
        expect(facts).to_contain_text("back at step 0")
        page.keyboard.press("End")
        expect(facts).not_to_contain_text("back")
        page.keyboard.press("2")
        expect(page.locator(".show-charts b")).to_contain_text("2 ")
        page.keyboard.press("b")
        expect(page.locator("[data-testid=show-black]")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("[data-testid=show-black]")).to_be_hidden()
        page.keyboard.press(" ")
        until(page, lambda: fake.run.control().want == "pause", "paused by the space bar")
        expect(page.locator("[data-testid=show-status]")).to_contain_text("Paused")
        page.keyboard.press("d")
        until(page, lambda: fake.run.control().asked["d"] == 1, "one update of D")
