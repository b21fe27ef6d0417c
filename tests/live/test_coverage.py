"""The coverage bars: how often each class is among the samples, at the moment that the pictures show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import expect, opened, until
from tests.live.fake import Fake, open_view
from tests.serving import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
UNEVEN = [0.093, 0.3, 0.004, 0.0, 0.103, 0.1, 0.1, 0.1, 0.1, 0.1]


def told(page: Page) -> list[str]:
    """What each bar says to those who cannot see it."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('.live-class')].map(bar => bar.getAttribute('aria-label'))"
    )
    return found


def height(page: Page, k: int) -> float:
    """How much of its column a bar fills, once it has stopped moving."""
    bar = page.locator(".live-column i").nth(k)
    bar.evaluate("bar => Promise.all(bar.getAnimations().map(moving => moving.finished))")
    share: float = bar.evaluate("bar => bar.offsetHeight / bar.parentElement.offsetHeight")
    return share


def test_the_bars_follow_the_run_and_the_time_slider(page: Page, fake: Fake) -> None:
    fake.check(UNEVEN)  # at step 120
    fake.log(4)
    fake.show(150)
    fake.check()
    fake.show(220)
    until(page, lambda: told(page)[:1] == ["0: 10.0 % of the samples"], "the newest checkup")
    slider = page.locator("[data-testid=live-slider]")
    until(page, lambda: slider.get_attribute("max") == "3", "all pictures")
    slider.focus()
    page.keyboard.press("ArrowLeft")  # step 150
    until(page, lambda: told(page)[0] == "0: 9.3 % of the samples", "the checkup before")
    page.keyboard.press("ArrowLeft")  # step 100
    until(page, lambda: told(page)[0] == "0", "none at all")
    expect(page.locator(".live-coverage b")).to_have_text("not measured yet", use_inner_text=True)
    page.get_by_role("button", name="Live", exact=True).click()
    until(page, lambda: told(page)[0] == "0: 10.0 % of the samples", "now")


@pytest.fixture
def other(request: pytest.FixtureRequest, browser: Browser, serving: tuple[Server, Path]) -> Iterator[Page]:
    """The page of a run of other data, with checkups that know no classes."""
    made = Fake(serving[1], dataset=request.param)
    made.log(2)
    made.check(shares=None)
    with opened(browser, 1440, 900) as page:
        open_view(page, f"{serving[0].url}/?run={made.run.id}")
        yield page
    made.stop()


@pytest.mark.parametrize("other", ["cifar10", "gaussians"], indirect=True)
def test_without_an_evaluator_there_are_no_bars(other: Page) -> None:
    other.locator("[data-panel=quality]").wait_for()
    expect(other.locator("[data-testid=live-coverage]")).not_to_be_visible()
    expect(other.locator("[data-panel=classes]")).not_to_be_visible()
    other.locator("[data-panel=quality]").click()
    until(other, lambda: "FD-PCA64" in other.locator("[data-testid=live-chart]").inner_text(), "FD")


def test_after_a_checkup_each_class_has_a_bar_and_missing_ones_a_sign(page: Page, fake: Fake) -> None:
    expect(page.locator("[data-testid=live-coverage]")).to_contain_text("not measured yet")
    fake.check(UNEVEN)
    until(page, lambda: len(told(page)) == 10, "ten bars")
    until(page, lambda: told(page)[0] == "0: 9.3 % of the samples")
    until(page, lambda: told(page)[2] == "2: 0.4 % of the samples, missing")
    until(page, lambda: page.locator(".live-class").nth(0).get_attribute("title") == told(page)[0])
    expect(page.locator(".live-column em")).to_have_text(["", "30 %", "×", "×", "", "", "", "", "", ""])
    caption = page.locator(".live-coverage figcaption")
    until(
        page, lambda: caption.inner_text().split("\n") == ["What a classifier sees in 1,000 samples", "8 of 10 present"]
    )
    until(page, lambda: height(page, 0) == pytest.approx(0.465, abs=0.02))  # an even share fills half
    until(page, lambda: height(page, 1) == 1)
    until(page, lambda: height(page, 3) == 0)
    marks = page.locator(".live-column u")
    until(page, lambda: marks.evaluate_all("marks => marks.map(mark => mark.style.bottom)") == ["50%"] * 10)
    fake.check(class_accuracy=[0.97, 0.5, *[1.0] * 8])
    until(page, lambda: told(page)[1] == "1: 10.0 % of the samples, 50.0 % of those asked for are read as it")
    until(page, lambda: caption.inner_text().split("\n")[1] == "all 10 present, labels right: 94.7 %")
    until(page, lambda: page.locator(".live-class").nth(0).inner_text().split() == ["0", "97", "%"])
