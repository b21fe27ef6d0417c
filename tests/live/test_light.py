"""The health light: what it says, to whom, when, and where it marks the chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import expect, until
from tests.live.fake import Fake

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
GOOD = {
    "name": "learning",
    "level": "good",
    "title": "It is working",
    "seen": "9 of 10 classes are there.",
    "advice": "",
    "step": 60,
}
BAD = {
    "name": "mode collapse",
    "level": "bad",
    "title": "Mode <b>collapse",
    "seen": "3 of 10 classes are there.",
    "advice": "Lower G's learning rate.",
    "step": 40,
}


class Doctor:
    """Answers for the server what the light is."""

    def __init__(self, page: Page):
        self.light: dict[str, Any] | None = None
        page.route("**/series*", self._answer)

    def _answer(self, route: Route) -> None:
        found = route.fetch()
        route.fulfill(response=found, json={**found.json(), "light": self.light})


@pytest.fixture
def doctor(page: Page) -> Doctor:
    return Doctor(page)


def words(page: Page) -> str:
    return " ".join(page.get_by_test_id("live-light").inner_text().split())


def test_trouble_is_marked_where_it_began_until_it_is_over(page: Page, fake: Fake, doctor: Doctor) -> None:
    chart = page.get_by_test_id("live-chart")

    def marks() -> Any:
        return chart.evaluate("plot => plot.layout.shapes.filter(line => line.x0 === line.x1).map(line => line.x0)")

    doctor.light = BAD
    until(page, lambda: "× Mode <b>collapse" in chart.inner_text(), "the mark")
    until(page, lambda: marks() == [40])
    label = "plot => plot.layout.annotations.map(label => label.hovertext)"
    until(page, lambda: chart.evaluate(label) == [BAD["seen"]])
    doctor.light = {**BAD, "step": 80}
    fake.log(1)
    until(page, lambda: page.get_by_test_id("live-step").get_attribute("data-value") == "120", "news")
    until(page, lambda: marks() == [40])  # it began there, however long it lasts
    doctor.light = GOOD
    until(page, lambda: marks() == [], "no mark")


def test_the_server_sees_a_training_that_blows_up(page: Page, fake: Fake) -> None:
    fake.log(30, grad_norm_d=4000.0, grad_norm_g=4000.0)
    light = page.get_by_test_id("live-light")
    until(page, lambda: light.get_attribute("data-level") == "bad", "the alarm")
    expect(light).to_be_visible()
    until(page, lambda: "Try: " in words(page))


def test_the_light_says_what_is_seen_and_what_to_try_once_and_on_a_phone(
    page: Page, fake: Fake, doctor: Doctor
) -> None:
    light = page.get_by_test_id("live-light")
    until(page, lambda: not light.is_visible(), "nothing")
    doctor.light = GOOD
    until(page, lambda: words(page) == "✓ It is working 9 of 10 classes are there.", "well")
    doctor.light = BAD
    text = "× Mode <b>collapse 3 of 10 classes are there. Try: Lower G's learning rate."
    until(page, lambda: words(page) == text, "ill")
    status = light.get_by_role("status")
    expect(status).to_contain_text("Mode <b>collapse", use_inner_text=True)
    expect(status.get_by_role("img")).to_have_attribute("aria-label", "Trouble")
    doctor.light = None
    until(page, lambda: not light.is_visible(), "nothing again")
    doctor.light = BAD
    until(page, lambda: "3 of 10" in words(page), "the light")
    page.evaluate(
        "window.heard = 0; new MutationObserver(() => window.heard++)"
        ".observe(document.querySelector('.live-said'),"
        " { subtree: true, childList: true, characterData: true, attributes: true })"
    )
    doctor.light = {**BAD, "seen": "2 of 10 classes are there.", "step": 80}
    until(page, lambda: "2 of 10" in words(page), "the newer number")
    until(page, lambda: page.evaluate("window.heard") == 0)
    doctor.light = GOOD
    until(page, lambda: "working" in words(page), "well")
    until(page, lambda: page.evaluate("window.heard") > 0)
    doctor.light = {**BAD, "seen": "A long sentence about what there is to be seen here. " * 3}
    until(page, lambda: "long sentence" in words(page), "the light")
    page.set_viewport_size({"width": 360, "height": 780})
    page.wait_for_timeout(300)
    until(page, lambda: page.evaluate("document.documentElement.scrollWidth") <= 360)
