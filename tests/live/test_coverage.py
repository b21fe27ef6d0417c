"""The coverage bars: how often each class is among the samples, at the moment that the pictures show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.live.fake import PATIENCE, Fake, open_view, until
from tests.serving import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
UNEVEN = [0.093, 0.3, 0.004, 0.0, 0.103, 0.1, 0.1, 0.1, 0.1, 0.1]


def told(page: Page) -> list[str]:
    """What each bar says to those who cannot see it."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('.gl-class')].map(bar => bar.getAttribute('aria-label'))"
    )
    return found


def height(page: Page, k: int) -> float:
    """How much of its column a bar fills, once it has stopped moving."""
    bar = page.locator(".gl-column i").nth(k)
    bar.evaluate("bar => Promise.all(bar.getAnimations().map(moving => moving.finished))")
    share: float = bar.evaluate("bar => bar.offsetHeight / bar.parentElement.offsetHeight")
    return share


def test_each_class_has_a_bar_and_missing_ones_a_sign(page: Page, fake: Fake) -> None:
    fake.check(UNEVEN)
    until(page, lambda: len(told(page)) == 10, "ten bars")
    assert told(page)[0] == "0: 9.3 % of the samples"
    assert told(page)[2] == "2: 0.4 % of the samples, missing"
    assert page.locator(".gl-class").nth(0).get_attribute("title") == told(page)[0]
    signs = [sign.strip() for sign in page.locator(".gl-column em").all_inner_texts()]
    assert signs == ["", "30 %", "×", "×", "", "", "", "", "", ""]
    caption = page.locator(".gl-coverage figcaption").inner_text()
    assert caption.split("\n") == ["What EvalNet reads in 1,000 samples", "8 of 10 there"]
    assert height(page, 0) == pytest.approx(0.465, abs=0.02)  # an even share fills half
    assert height(page, 1) == 1
    assert height(page, 3) == 0


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
    assert page.locator(".gl-coverage b").inner_text() == "not looked yet"
    page.get_by_role("button", name="Live").click()
    until(page, lambda: told(page)[0] == "0: 10.0 % of the samples", "now")


def test_without_checkups_there_are_no_bars(page: Page) -> None:
    assert not page.locator("[data-testid=live-coverage]").is_visible()


@pytest.fixture
def other(
    request: pytest.FixtureRequest, browser: Browser, serving: tuple[Server, Path]
) -> Iterator[Page]:
    """The page of a run of other data, with checkups that know no classes."""
    made = Fake(serving[1], dataset=request.param)
    made.log(2)
    made.check(shares=None)
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    open_view(page, f"{serving[0].url}/?run={made.run.id}")
    yield page
    context.close()
    made.stop()


@pytest.mark.parametrize("other", ["cifar10", "gaussians"], indirect=True)
def test_without_an_evaluator_there_are_no_bars(other: Page) -> None:
    other.locator("[data-panel=quality]").wait_for()
    assert not other.locator("[data-testid=live-coverage]").is_visible()
    assert not other.locator("[data-panel=classes]").is_visible()
    other.locator("[data-panel=quality]").click()
    until(other, lambda: "FD-PCA64" in other.locator("[data-testid=live-chart]").inner_text(), "FD")
