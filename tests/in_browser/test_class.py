"""A class in real browsers: phones follow the teacher unless somebody looks around; all outlive a killed server."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.browser import PATIENCE, computed, expect, until
from tests.live.fake import Fake
from tests.serving import server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PIN = "271828"
STEP = "[data-testid=live-step]"
ASK = """() => fetch("api/stage", { method: "POST", headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ ask: { text: "More? <img src=x onerror='window.hacked = 1'>",
    options: ["Yes", "<b>No</b>"] } }) })"""
Visit = Callable[..., "Page"]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens an address in a browser of its own, by default a phone's."""
    contexts = []

    def open_(url: str, width: int = 390, height: int = 844) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, has_touch=width < 500)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()


def drive(page: Page) -> None:
    page.get_by_role("button", name="Watching").click()
    page.get_by_label("PIN").fill(PIN)
    page.get_by_label("PIN").press("Enter")
    page.get_by_role("button", name="Driving").wait_for()


def panel(page: Page, name: str, where: str = ".live-chart") -> None:
    expect(page.locator(f"{where} [data-panel={name}]")).to_have_attribute("aria-pressed", "true")


def test_phones_follow_unless_somebody_looks_around(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    run = Fake(tmp_path / "runs")
    run.log(5)
    run.check()
    run.show(100)
    with server(tmp_path, FORGER_PIN=PIN) as first:
        teacher = visit(f"{first.url}/?run={run.run.id}", 1440, 900)
        drive(teacher)
        phone, other = visit(first.url), visit(f"{first.url}/learn?chapter=the-family")

        # run, chart and moment; who came by a link to a place stays there
        phone.wait_for_url(f"**/?run={run.run.id}")
        teacher.locator(".live-chart [data-panel=quality]").click()
        panel(phone, "quality")
        teacher.locator("[data-testid=live-slider]").fill("0")
        expect(phone.locator("[data-testid=live-past]")).to_be_visible()
        teacher.get_by_role("button", name="Live", exact=True).click()
        expect(phone.locator("[data-testid=live-past]")).to_be_hidden()
        expect(other).to_have_url(re.compile("chapter=the-family"))

        # another page, and somebody who looks around
        teacher.get_by_role("link", name="Learn").first.click()
        phone.wait_for_url("**/learn")
        phone.goto(f"{first.url}/runs")
        back = phone.get_by_role("button", name="Back to the teacher")
        back.wait_for()
        teacher.go_back()
        teacher.locator(STEP).wait_for()
        expect(phone).to_have_url(re.compile("/runs"))
        back.click()
        phone.wait_for_url(f"**/?run={run.run.id}")
        teacher.locator(
            ".live-chart [data-panel=quality]"
        ).click()  # a page that is gone to begins with its first chart
        other.goto(f"{first.url}/watch")
        panel(other, "quality", "#watch")
        computed(teacher, ASK)
        yes = other.get_by_role("button", name="Yes")
        yes.press("Enter")
        expect(yes).to_have_text("Yes1")
        expect(yes).to_be_focused()
        place = urlsplit(first.url)
        kept = tmp_path / "runs" / f".class-{place.port}.json"
        until(other, lambda: json.loads(kept.read_text())["stage"]["picks"], "the pick is kept")
        first.stop(signal.SIGKILL)

    # nobody touches anything, gives a PIN again, or is lost
    pause = teacher.get_by_role("button", name="Pause")
    expect(pause).to_be_disabled()
    with server(tmp_path, port=place.port or 0, FORGER_PIN=PIN):
        expect(pause).to_be_enabled()
        teacher.locator(".live-chart [data-panel=gradients]").click()
        panel(phone, "gradients")
        panel(other, "gradients", "#watch")
        for page in (phone, other):
            expect(page.locator("body")).to_contain_text("More? <img src=x", use_inner_text=True)
            expect(page.locator("body")).to_contain_text("<b>No</b>", use_inner_text=True)
            assert not computed(page, "'hacked' in window")
        other.reload()
        expect(yes).to_have_attribute("aria-pressed", "true")
        expect(yes).to_have_text("Yes1")
    run.stop()
