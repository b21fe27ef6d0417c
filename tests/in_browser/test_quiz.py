"""The quiz in a real browser: a round to its end, by keys and by thumb, and a link for the whole class."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests import engine
from tests.browser import expect, opened, still, until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.serving import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
QUESTION = "[data-part=question]"
NEXT = "[data-part=next]"
MANY = 20
TOLD = re.compile(r"(Right|Wrong): (real|generated)\. D says .* (?:real|generated)[^:]*: (right|wrong)\.")
CALM = 320  # ms that a second tap has to wait


@pytest.fixture(scope="module")
def url(common: tuple[Server, Path]) -> str:
    found, home = common
    run = engine.make(home, engine.tiny(z_dim=8), steps=10, run_id="quiz")
    engine.play(run, engine.pictures(28))
    return f"{found.url}/explore?run=quiz&tab=quiz"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser, 1440, 900) as found:
        yield found


def see(page: Page, address: str) -> str:
    """The first question, once it is there."""
    page.goto(address)
    page.locator(f"{QUESTION}[data-k='0']").wait_for(timeout=90_000)
    return question(page)


def question(page: Page) -> str:
    found: str = page.locator(QUESTION).evaluate("(canvas) => canvas.toDataURL()")
    return found


def press(page: Page, key: str) -> dict[str, Any]:
    """Guesses by a key; what the page tells of it."""
    page.keyboard.press(key)
    page.locator(f"{NEXT}:visible").wait_for()
    verdict = page.locator("[data-part=verdict]")
    right, truth, d_right = until(page, lambda: TOLD.fullmatch(verdict.inner_text())).groups()
    return {"right": right == "Right", "truth": truth, "d_right": d_right == "right"}


def parameter(page: Page, name: str) -> str:
    """A part of the address, once it is there."""
    page.wait_for_url(re.compile(rf"[?&]{name}=\d"))
    return until(page, lambda: re.search(rf"[?&]{name}=(\d+)", page.url))[1]


def test_a_round_to_its_end(page: Page, url: str) -> None:
    see(page, f"{url}&round=3")
    told, seen = [], set()
    for k in range(MANY):
        page.locator(f"{QUESTION}[data-k='{k}']").wait_for()
        seen.add(question(page))
        told.append(press(page, "ArrowLeft" if k % 3 else "ArrowRight"))
        assert told[-1]["right"] == (told[-1]["truth"] == ("real" if k % 3 else "generated"))
        you, d = (sum(one[which] for one in told) for which in ("right", "d_right"))
        expect(page.locator("[data-part=score]")).to_have_text(f"You {you} · D {d} of {k + 1}", use_inner_text=True)
        page.wait_for_timeout(CALM)
        page.keyboard.press("ArrowRight")
    assert len(told) == MANY
    assert len(seen) > MANY / 2
    assert sum(one["truth"] == "real" for one in told) == MANY / 2
    wanted = f"You beat D, {you} to {d}" if you > d else f"D wins, {d} to {you}" if d > you else "A draw"
    expect(page.locator("[data-part=won]")).to_contain_text(re.compile(f"^{wanted}"))
    expect(page.locator("[data-part=missed] figure")).to_have_count(MANY - you)
    wrong = [one["truth"] for one in told if not one["right"]]
    for k, truth in enumerate(wrong):
        expect(page.locator("[data-part=missed] figure").nth(k)).to_have_attribute("data-truth", truth)
    page.locator("[data-part=again]").click()
    page.locator(f"{QUESTION}[data-k='0']").wait_for()
    page.wait_for_url(re.compile(r"round=(?!3\b)\d+"))
    expect(page.locator("[data-part=score]")).to_have_text("Real or generated?", use_inner_text=True)
    expect(page.locator("[data-part=real]")).to_be_visible()


def test_the_page_deals_and_judges_by_itself_and_else_the_server_the_same(page: Page, url: str) -> None:
    truths: list[list[str]] = []
    for by in ("page", "server"):
        see(page, f"{url}&round=5")
        expect(page.locator(".quiz")).to_have_attribute("data-by", by)
        truths.append([])
        for _ in range(3):
            truths[-1].append(press(page, "ArrowLeft")["truth"])
            page.wait_for_timeout(CALM)
            page.keyboard.press("ArrowRight")
        refusal = '{"error": "not available because the page cannot draw by itself: it must not."}'
        page.route(re.compile(r"/program\b"), lambda route: route.fulfill(status=409, body=refusal))
    assert truths[0] == truths[1]


def test_a_link_deals_the_same_round(page: Page, url: str) -> None:
    first = see(page, url)
    seed = parameter(page, "round")
    until(page, lambda: see(page, f"{url}&round={seed}") == first)
    page.locator("[data-part=real]").click()
    page.locator(f"{NEXT}:visible").wait_for()
    page.wait_for_timeout(CALM)
    page.keyboard.press("Enter")
    page.locator(f"{QUESTION}[data-k='1']").wait_for()
    until(page, lambda: question(page) != first)
    page.reload()
    page.locator(f"{QUESTION}[data-k='0']").wait_for()
    until(page, lambda: question(page) == first)
    # Two rounds may begin with the same picture: there are not many here.
    until(page, lambda: any(see(page, f"{url}&round={int(seed) + k}") != first for k in (1, 2, 3, 4)))


def test_an_early_generator(page: Page, url: str) -> None:
    see(page, f"{url}&round=3")
    expect(page.locator("[data-part=source]")).to_contain_text("half generated at step 10", use_inner_text=True)
    page.locator("[data-part=quiz-time]").fill("0")
    page.locator("[data-part=source]", has_text="half generated at step 0").wait_for()
    until(page, lambda: parameter(page, "step") == "0")
    first = question(page)
    until(page, lambda: see(page, page.url) == first)
    page.get_by_role("tab", name="Draw").click()
    page.wait_for_url(re.compile("tab=draw"))
    until(page, lambda: "round=" not in page.url)


def test_keys_guess_only_where_they_are_meant(page: Page, url: str) -> None:
    see(page, f"{url}&round=3")
    page.locator("[data-part=quiz-time]").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("tab", name="Quiz").focus()
    page.keyboard.press("Control+ArrowLeft")
    page.get_by_role("tab", name="Draw").click()
    page.keyboard.press("Tab")
    page.locator("body").press("ArrowLeft")
    page.wait_for_timeout(500)
    page.get_by_role("tab", name="Quiz").click()
    expect(page.locator(QUESTION)).to_be_visible()
    expect(page.locator("[data-part=score]")).to_have_text("Real or generated?", use_inner_text=True)


def test_a_second_tap_does_not_skip_the_answer(page: Page, url: str) -> None:
    see(page, f"{url}&round=3")
    page.locator("[data-part=real]").click()
    page.locator(f"{NEXT}:visible").wait_for()
    page.evaluate("performance.now = () => 0")  # at once
    page.locator(NEXT).click()
    expect(page.locator(f"{QUESTION}[data-k='0']")).to_be_visible()
    page.evaluate("performance.now = () => 1e9")
    page.locator(NEXT).click()
    page.locator(f"{QUESTION}[data-k='1']").wait_for()


def test_a_phone_needs_no_scrolling(browser: Browser, url: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    see(page, f"{url}&round=3")
    for part in ("real", "next"):
        button = page.locator(f"[data-part={part}]:visible")
        button.wait_for()
        page.wait_for_timeout(CALM)
        picture, below = still(page, lambda: [page.locator(QUESTION).bounding_box(), button.bounding_box()])
        for box in (picture, below):
            assert box
            assert 0 <= box["x"] < box["x"] + box["width"] <= 360
            assert 0 <= box["y"] < box["y"] + box["height"] <= 740
        assert picture
        assert picture["width"] >= 160
        button.tap()
    page.locator(f"{QUESTION}[data-k='1']").wait_for()
    until(page, lambda: page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth <= 360"))
    context.close()


def test_keys_answer_at_once_where_the_tab_was_clicked(page: Page, url: str) -> None:
    page.goto(url.replace("&tab=quiz", ""))
    page.get_by_role("tab", name="Quiz").click(timeout=90_000)
    page.locator(f"{QUESTION}[data-k='0']").wait_for()
    assert press(page, "ArrowLeft")["truth"] in ("real", "generated")
    page.wait_for_url(re.compile("tab=quiz"))
