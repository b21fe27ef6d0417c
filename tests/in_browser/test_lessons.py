"""Guided lessons in a real browser: every part they point at is there, and a lesson checks itself by the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.datasets import Data
from tests import engine
from tests.browser import expect, opened
from tests.live.fake import Fake
from tests.serving import Server
from ui.learn.controls import CONTROLS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LESSON = "[data-testid=lesson]"


def test_a_lesson_is_left_taken_up_and_checks_itself_by_the_run(browser: Browser, common: tuple[Server, Path]) -> None:
    fake = Fake(common[1])
    fake.log(5)
    fake.check()
    with opened(browser, 1440, 900) as page:
        page.goto(f"{common[0].url}/learn?lesson=first-digits")
        lesson = page.locator(LESSON)
        expect(lesson).to_contain_text("1 of 7")
        page.wait_for_url("**/?preset=lean")
        expect(page.locator(".guide-ring")).to_be_visible()
        expect(page.locator(".trail")).to_be_hidden()  # one guide at a time
        for k in range(2, 6):
            lesson.get_by_role("button", name="Next").click()
            expect(lesson).to_contain_text(f"{k} of 7")
        lesson.get_by_role("button", name="All ten").click()
        expect(lesson.get_by_role("button", name="All ten")).to_have_attribute("aria-pressed", "true")
        page.goto(f"{common[0].url}/?run={fake.run.id}")
        expect(lesson).to_contain_text("5 of 7")
        expect(lesson.get_by_role("button", name="All ten")).to_have_attribute("aria-pressed", "true")
        lesson.get_by_role("button", name="Leave").click()
        expect(lesson).to_be_hidden()
        fake.rows = 49
        fake.check()
        page.goto(f"{common[0].url}/learn?lesson=first-digits")
        expect(lesson).to_contain_text("5 of 7")
        page.goto(f"{common[0].url}/?run={fake.run.id}")  # other tests' runs train in this server, too
        expect(lesson.locator("[data-testid=found]")).to_contain_text(
            "At step 1,000 it is 10. You said: All ten. You were"
        )
        fake.stop()


@pytest.fixture(scope="module")
def places(common: tuple[Server, Path]) -> Iterator[dict[tuple[str, str], str]]:
    """Where the controls of a page are, by the page and the run that they need."""
    found, home = common
    data = Data(engine.pictures(28).images, np.arange(10), tuple("0123456789"))
    for name in ("lesson-one", "lesson-two"):
        engine.play(engine.make(home, engine.tiny(z_dim=8), run_id=name), data)
    fake = Fake(home)
    fake.log(5)
    fake.check()
    yield {
        ("train", "active"): f"{found.url}/?run={fake.run.id}",
        ("train", "finished"): f"{found.url}/?run=lesson-one",
        ("train", ""): f"{found.url}/?run={fake.run.id}",
        ("train", "form"): f"{found.url}/?preset=lean",
        ("explore", ""): f"{found.url}/explore?run=lesson-one",
        ("compare", "pair"): f"{found.url}/compare?runs=lesson-one,lesson-two",
        ("compare", ""): f"{found.url}/compare",
        ("runs", ""): f"{found.url}/runs",
    }
    fake.stop()


@pytest.mark.parametrize("page_name", ["train", "explore", "compare", "runs"])
def test_every_part_that_is_pointed_at_is_on_its_page(
    browser: Browser, places: dict[tuple[str, str], str], page_name: str
) -> None:
    with opened(browser, 1440, 900) as page:
        for (where, when), url in places.items():
            if where == page_name:
                page.goto(url)
                for name, control in CONTROLS.items():
                    needs = "form" if name in ("start", "presets") else control.when
                    if (control.page, needs) == (where, when):
                        for opener in control.opens:
                            page.locator(opener).first.click()
                        expect(page.locator(control.selector).first, name).to_be_visible()
                        page.keyboard.press("Escape")
