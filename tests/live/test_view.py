"""The live view in a real browser, fed by a run folder that the test writes as a trainer would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gan.runs import Run
from tests.browser import expect, still, until
from tests.live.fake import Fake, open_view, plotted, shown

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PLOT = "[data-testid=live-chart]"


def points(page: Page) -> list[Any]:
    """The values of the first line of the chart."""
    found: list[Any] = plotted(page, "data[0].y")
    return found


def ranges(page: Page) -> Any:
    return [plotted(page, f"_fullLayout.{axis}.range") for axis in ("xaxis", "yaxis")]


def chip(page: Page) -> str:
    return page.locator("[data-testid=live-status]").inner_text()


def questions(page: Page, run: Run, milliseconds: int) -> int:
    """How often the page asks for the series in that time."""
    asked: list[str] = []

    def note(request: Any) -> None:
        if f"{run.id}/series" in request.url:
            asked.append(request.url)

    page.on("request", note)
    page.wait_for_timeout(milliseconds)
    page.remove_listener("request", note)
    return len(asked)


def test_zoom_survives_an_update(page: Page, fake: Fake) -> None:
    box = until(page, lambda: page.locator(f"{PLOT} .nsewdrag").first.bounding_box())
    page.locator(f"{PLOT} [data-val=zoom]").click()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.7 * box["height"], steps=5)
    before = ranges(page)
    page.mouse.up()
    until(page, lambda: ranges(page) != before, "zoomed")
    page.wait_for_timeout(500)
    before = ranges(page)
    fake.log(4)
    fake.run.record("lr", step=60, seconds=3.0, epoch=0.03, lr_g=1e-3, lr_d=2e-3)
    until(page, lambda: len(points(page)) == 9, "nine points")
    until(page, lambda: "lr G 0.001" in (page.locator(PLOT).text_content() or ""), "the mark")
    assert ranges(page) == before


def test_a_rerun_of_the_script_does_not_mount_anew(page: Page, fake: Fake) -> None:
    sent: list[Any] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    open_view(page, page.url)
    for part in (".live", f"{PLOT} .main-svg"):
        page.evaluate(f"document.querySelector('{part}').marker = 'same'")
    fake.log(2)
    rerun(page, sent)
    until(page, lambda: len(points(page)) == 7, "seven points")
    fake.stop()
    until(page, lambda: chip(page) == "Stopped", "stopped")
    rerun(page, sent)  # now with other data for the component
    for part in (".live", f"{PLOT} .main-svg"):
        until(page, lambda: page.evaluate(f"document.querySelector('{part}').marker") == "same")


def test_a_click_or_a_drag_on_the_chart_and_an_event_move_the_pictures(page: Page, fake: Fake) -> None:
    fake.run.record("lr", step=60, seconds=3.0, epoch=0.03, lr_g=1e-3, lr_d=2e-3)
    for step in (20, 60):
        fake.show(step)
    until(page, lambda: page.locator("[data-testid=live-slider]").get_attribute("max") == "3", "all pictures")
    past = page.get_by_test_id("live-past")
    page.get_by_text("1 event").wait_for()  # it takes room from the chart
    box = still(page, lambda: page.locator(f"{PLOT} .nsewdrag").first.bounding_box())
    assert box

    def x(step: int) -> float:
        return float(box["x"] + plotted(page, f"_fullLayout.xaxis.d2p({step})"))

    page.mouse.click(x(25), box["y"] + 40)
    until(page, lambda: "step 20," in shown(page), "the click")
    expect(past).to_have_text("step 20 · 4 s ago · back to live", use_inner_text=True)
    page.mouse.move(x(30), box["y"] + 40)
    page.mouse.down()
    page.mouse.move(x(70), box["y"] + 60, steps=3)
    until(page, lambda: "step 60," in shown(page), "the drag")
    page.mouse.up()
    past.click()
    until(page, lambda: "step 100," in shown(page), "now")
    expect(past).not_to_be_visible()
    page.get_by_text("1 event").click()
    entry = page.get_by_role("button", name="step 60 · lr G 0.001")
    entry.click()
    until(page, lambda: "step 60," in shown(page), "the event")
    expect(entry).to_have_attribute("aria-current", "true")
    until(page, lambda: 5 in plotted(page, "layout.shapes.map((shape) => shape.line.width)"), "its line stands out")
    page.get_by_test_id("chart-menu").click()
    page.get_by_label("logarithmic").check()
    until(page, lambda: plotted(page, "_fullLayout.yaxis.type") == "log", "the axis")
    with page.expect_download() as download:
        page.get_by_role("button", name="Numbers (CSV)").click()
    table = download.value.path().read_text()
    assert table.startswith("run,step,images,seconds,d_loss,g_loss\n")
    assert table.count("\n") == 6  # a head, and five records


def rerun(page: Page, sent: list[Any]) -> None:
    """Runs the script again by Streamlit's key for it."""
    before = len(sent)
    page.keyboard.press("r")
    until(page, lambda: len(sent) > before, "asked to run again")
    page.wait_for_timeout(1500)


def test_the_slider_goes_back_in_time_and_live_returns(page: Page, fake: Fake) -> None:
    until(page, lambda: "step 100," in shown(page), "the newest picture")
    page.locator("[data-testid=live-slider]").focus()
    page.keyboard.press("ArrowLeft")
    until(page, lambda: "step 0," in shown(page), "the untrained picture")
    fake.show(120)
    page.wait_for_timeout(1500)
    assert "step 0," in shown(page)
    page.get_by_role("button", name="Live", exact=True).click()
    until(page, lambda: "step 120," in shown(page), "live again")
    page.get_by_role("button", name="Replay").click()
    until(page, lambda: "step 0," in shown(page), "the replay began")
    until(page, lambda: "step 120," in shown(page), "the replay ended")


def test_what_a_file_says_is_text_and_never_markup(page: Page, fake: Fake) -> None:
    (fake.run.path / "error.txt").write_text("<img src=x onerror='window.hacked = true'>")
    fake.stop()
    note = page.locator(".live-note")
    until(page, lambda: chip(page) == "Failed", "failed")
    until(page, lambda: note.inner_text().startswith("<img"))
    until(page, lambda: page.evaluate("window.hacked") is None)


def test_the_chart_grows_with_a_gap_for_what_is_not_finite_and_the_picture_changes(page: Page, fake: Fake) -> None:
    until(page, lambda: len(points(page)) == 5, "five points")
    until(page, lambda: chip(page) == "Training")
    fake.log(3)
    fake.show(160)
    until(page, lambda: len(points(page)) == 8, "eight points")
    until(page, lambda: "step 160," in shown(page), "the new picture")
    step = page.locator("[data-testid=live-step]")
    expect(step).to_have_attribute("data-value", "160")
    expect(page.locator("[data-testid=live-progress]")).to_have_attribute("aria-valuenow", "2")
    until(page, lambda: page.locator("[data-testid=live-picture]").evaluate("image => image.naturalWidth") == 58)
    fake.log(1, d_loss=float("nan"))
    fake.log(1)
    until(page, lambda: points(page) == [*[1] * 8, None, 1], "a gap")


def test_a_server_that_does_not_answer_is_waited_for_and_a_deleted_run_said_to_be_gone(page: Page, fake: Fake) -> None:
    def fail(route: Route) -> None:
        route.abort()

    page.route("**/series*", fail)
    until(page, lambda: chip(page) == "Reconnecting", "lost")
    page.unroute("**/series*", fail)
    fake.log(1)
    until(page, lambda: chip(page) == "Training", "back")
    until(page, lambda: len(points(page)) == 6, "six points")
    page.route("**/series*", lambda route: route.fulfill(status=404, json={"error": "Gone."}))
    until(page, lambda: chip(page) == "Deleted", "gone")


def test_a_reload_brings_the_whole_history_and_a_resume_that_cut_the_log_starts_over(page: Page, fake: Fake) -> None:
    fake.log(3)
    until(page, lambda: len(points(page)) == 8, "eight points")
    page.reload()
    page.locator(f"{PLOT} .main-svg").first.wait_for()
    until(page, lambda: len(points(page)) == 8, "eight points again")
    expect(page.locator("[data-testid=live-slider]")).to_have_attribute("max", "1")
    (fake.run.path / "metrics.jsonl").write_text("")
    fake.rows = 0
    fake.log(2, d_loss=3.0)
    fake.run.record("resumed", step=20, generation=1)
    until(page, lambda: points(page) == [3, 3], "only what is true now")


def test_a_page_that_is_hidden_or_left_asks_nothing(page: Page, fake: Fake) -> None:
    page.evaluate("Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })")
    page.wait_for_timeout(1500)
    assert questions(page, fake.run, 2500) == 0
    page.evaluate("delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange'))")
    assert questions(page, fake.run, 2500) > 0
    page.get_by_role("link", name="Runs").first.click()
    page.locator(".live-bar").wait_for(state="detached")
    page.wait_for_timeout(500)
    assert questions(page, fake.run, 2500) == 0


def test_it_fits_a_laptop_and_every_width_and_plotly_finds_its_styles(page: Page) -> None:
    """In a shadow root the mode bar and the legend of Plotly fall apart."""
    until(page, lambda: page.evaluate("document.querySelector('.live').getRootNode() === document"))
    bar = page.locator(f"{PLOT} .modebar-container").first
    until(page, lambda: bar.evaluate("element => getComputedStyle(element).position") == "absolute")
    bottom = "document.querySelector('.live').getBoundingClientRect().bottom"
    until(page, lambda: page.evaluate(bottom) <= 900)
    edges = "[...document.querySelectorAll('.live *:not(.base-tabs *)')].map(e => e.getBoundingClientRect().right)"
    top = "document.querySelector('.live-{}').getBoundingClientRect().top"
    first = f"{top.format('album')} < {top.format('bar')}"  # on a phone the pictures come first
    for width in (360, 390, 600, 768, 1024):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(500)
        until(page, lambda: page.evaluate("document.documentElement.scrollWidth") <= width)
        until(page, lambda: page.evaluate(f"Math.max(...{edges})") <= width)
        until(page, lambda: page.evaluate(first) == (width < 640))
