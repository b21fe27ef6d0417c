"""What the chart can show once there were checkups: quality, classes, and D's scores as histograms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import expect, until
from tests.live.fake import EVEN, Fake, open_view, plotted

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.serving import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
HISTOGRAMS = "live-histograms"


def offered(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('[data-panel]:not([hidden])')].map(tab => tab.dataset.panel)"
    )
    return found


def choose(page: Page, panel: str) -> None:
    page.locator(f"[data-panel={panel}]").click()


def bars(page: Page) -> Any:
    """The two histograms as the chart holds them: [name, positions, heights]."""
    return [[plotted(page, f"data[{k}].{part}", HISTOGRAMS) for part in ("name", "x", "y")] for k in (0, 1)]


def heading(page: Page) -> str:
    """The words below the axis of the histograms."""
    text: str = plotted(page, "layout.xaxis.title.text", HISTOGRAMS)
    return text


def test_only_what_there_is_is_offered(page: Page, fake: Fake) -> None:
    until(page, lambda: offered(page) == ["losses", "game", "scores", "gradients", "speed"])
    fake.check()
    more = ["losses", "game", "scores", "gradients", "speed", "histograms", "quality", "classes"]  # none of them moves
    until(page, lambda: offered(page) == more, "the new charts")
    choose(page, "quality")
    (fake.run.path / "metrics.jsonl").write_text("")
    fake.rows = 0
    fake.log(2)
    fake.run.record("resumed", step=40, generation=1)
    until(page, lambda: offered(page) == ["losses", "game", "scores", "gradients", "speed"], "none again")
    expect(page.locator("[data-panel=losses]")).to_have_attribute("aria-pressed", "true")


def test_the_line_of_the_histograms_is_where_the_loss_decides(
    page: Page, serving: tuple[Server, Path], fake: Fake
) -> None:
    for loss, places in (("least-squares", [0.5]), ("wasserstein", [])):
        other = Fake(serving[1], loss=loss)
        other.check()
        other.show(100)
        open_view(page, f"{serving[0].url}/?run={other.run.id}")
        choose(page, "histograms")
        until(page, lambda: plotted(page, "layout?.shapes.map(line => line.x0)", HISTOGRAMS) == places)
        other.stop()


def test_quality_and_what_nobody_named_have_curves_within_reach_of_a_phone(page: Page, fake: Fake) -> None:
    fake.check(fd=40.0, diversity=0.4)
    fake.log(3)
    fake.check()
    page.locator("[data-panel=quality]").wait_for()
    choose(page, "quality")
    gaps = [None] * 5
    until(page, lambda: plotted(page, "data[0]?.y") == [*gaps, 40, None, None, None, 12.5], "the distance")
    term = page.locator(".live-chart .base-caption").get_by_role("button", name="FD", exact=True)
    term.focus()
    note = page.get_by_text("Fréchet distance: how far")
    expect(note).to_be_visible()
    page.keyboard.press("Tab")  # to the link inside
    expect(note.get_by_role("link")).to_be_focused()
    page.keyboard.press("Escape")
    expect(note).not_to_be_visible()
    assert plotted(page, "data[1].y") == [*gaps, 0.4, None, None, None, 0.8]
    assert plotted(page, "data.map(line => [line.connectgaps, line.yaxis])") == [[True, "y"], [True, "y2"]]
    assert plotted(page, "layout.yaxis.title.text") == "FD-EvalNet64"
    assert plotted(page, "_fullLayout.yaxis.range[0]") < 0 < plotted(page, "_fullLayout.yaxis.range[1]")
    assert plotted(page, "_fullLayout.yaxis2.range[0]") == 0  # a hundredth more or less is no drama
    assert plotted(page, "_fullLayout.yaxis2.range[1]") > 1
    fake.check(fd=6.0)
    until(page, lambda: plotted(page, "data[0].y.at(-1)") == 6, "the next one")
    fake.log(2, my_stat=7.0)
    page.locator("[data-panel=others]:not([hidden])").wait_for()
    choose(page, "others")
    until(page, lambda: plotted(page, "data[0]?.y") == [*[None] * 11, 7, 7], "the curve")
    assert plotted(page, "layout.yaxis.title.text") == "my_stat"
    page.set_viewport_size({"width": 360, "height": 780})
    for panel in ("speed", "histograms", "quality"):
        choose(page, panel)
        page.wait_for_timeout(300)
        until(page, lambda: page.evaluate("document.documentElement.scrollWidth") <= 360)
        button = page.locator(f"[data-panel={panel}]")
        until(page, lambda: (at := button.bounding_box()) and 0 <= at["x"] <= at["x"] + at["width"] <= 360)


def test_the_histograms_show_both_sides_of_the_decision_and_follow_the_time_slider(page: Page, fake: Fake) -> None:
    fake.check()
    page.locator("[data-panel=histograms]").wait_for()
    choose(page, "histograms")
    until(page, lambda: plotted(page, "data?.length", HISTOGRAMS) == 2, "both")
    (real, x, high), (generated, _, low) = bars(page)
    assert (real, generated) == ("real", "generated")
    assert (x[0], x[-1]) == (-4.75, 6.75)  # the middles of 24 bins from -5 to 7
    assert low == [0] * 8 + [0.25] * 4 + [0] * 12
    assert high == low[::-1]
    assert plotted(page, "layout.xaxis.range", HISTOGRAMS) == [-7, 7]
    assert plotted(page, "layout.shapes[0].x0", HISTOGRAMS) == 0
    expect(page.get_by_test_id(HISTOGRAMS)).to_contain_text("real to the right", use_inner_text=True)
    expect(page.get_by_test_id("live-chart")).not_to_be_visible()
    fake.show(140)
    until(page, lambda: heading(page).endswith("step 120"), "the first checkup")
    fake.log(3)
    fake.check(EVEN, d_range=[-30.0, 5.0])
    fake.show(200)
    until(page, lambda: heading(page).endswith("step 200"), "the second")
    assert plotted(page, "layout.xaxis.range", HISTOGRAMS) == [-30, 30]
    slider = page.locator("[data-testid=live-slider]")
    until(page, lambda: slider.get_attribute("max") == "3", "all pictures")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    until(page, lambda: heading(page).endswith("step 120"), "back")
    page.keyboard.press("ArrowLeft")
    until(page, lambda: heading(page) == "D's logit", "before any")
    choose(page, "losses")
    until(page, lambda: page.locator("[data-testid=live-chart] .main-svg").first.is_visible(), "curves")
