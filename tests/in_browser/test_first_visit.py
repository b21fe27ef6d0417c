"""What newcomers meet, in a real browser: the trail of first steps, a gallery to compare from, a film to share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import computed, expect, opened, until
from tests.in_browser.test_runs import fake
from tests.serving import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
RINGED = "Boolean(document.querySelector('.trail-ring')?.getBoundingClientRect().width)"
PLACES = "[...document.querySelectorAll('[data-testid=stMain] *')].map((one) => one.getBoundingClientRect().top)"


@pytest.fixture(scope="module")
def url(common: tuple[Server, Path]) -> str:
    server, home = common
    for name in ("first", "second"):
        fake(home, name, 21)
    return server.url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser, 1440, 900) as found:
        yield found


def at_rest(page: Page) -> Any:
    """Where everything lies, once that stays so for a moment."""
    before = computed(page, PLACES)
    page.wait_for_timeout(300)
    return before if computed(page, PLACES) == before else None


def test_first_steps_are_pointed_at_ticked_and_remembered(page: Page, url: str) -> None:
    page.goto(f"{url}/failures?case=broken-giant-steps")
    trail, answers = page.locator(".trail-button"), page.locator(".failures-choices input")
    expect(trail).to_contain_text("First steps 0/8")
    answers.first.wait_for()
    until(page, lambda: page.evaluate(RINGED), "a ring around the way to the first step")
    before = until(page, lambda: at_rest(page), "a page that has come to rest")
    trail.click()
    expect(page.locator(".trail li")).to_have_count(8)
    assert computed(page, PLACES) == before, "nothing moves"
    page.keyboard.press("Escape")
    answers.first.check()
    expect(trail).to_contain_text("First steps 1/8")
    page.reload()
    expect(trail).to_contain_text("First steps 1/8")
    trail.click()
    page.locator(".trail [data-part=hide]").click()
    expect(trail).to_have_text(re.compile(r"^\?"))
    page.reload()
    expect(trail).to_have_text(re.compile(r"^\?"))


def test_two_runs_are_picked_by_their_pictures(page: Page, url: str) -> None:
    page.goto(f"{url}/compare")
    page.get_by_role("button", name="Pick Run first").click()
    page.get_by_role("button", name=re.compile("Run second: ")).click()
    page.wait_for_url(re.compile(r"/compare\?runs=first(,|%2C)second"))
    expect(page.locator(".compare-stage")).to_have_count(2)


def test_one_press_makes_a_film(page: Page, url: str) -> None:
    page.goto(f"{url}/runs?report=first")
    page.get_by_role("button", name="Film").click()
    page.get_by_role("button", name="Make the film").click()
    link = page.get_by_role("link", name=re.compile(r"Save GIF \(\d+\.\d MB\)"))
    expect(link).to_have_attribute("download", "first-film.gif")
    until(page, lambda: page.locator(".film img").evaluate("(image) => image.naturalWidth") == 800, "the film")
