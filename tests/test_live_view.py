"""The live view in a real browser, fed by a run folder that the test writes as a trainer would."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan import files, images, runs
from gan.config import RunConfig
from gan.runs import Run
from tests.serving import Server, server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PATIENCE = 60_000  # ms; a busy machine is slow
NAMES = (f"run-{k}" for k in itertools.count())


class Fake:
    """A run that somebody trains, as far as its folder tells: records, pictures, the lock."""

    def __init__(self, home: Path):
        config = RunConfig(dataset="mnist", device="cpu", threads=1)
        self.run: Run = runs.create(config, {"steps": 10_000}, run_id=next(NAMES), home=home)
        self.rows = 0
        self._lock = contextlib.ExitStack()
        self._lock.enter_context(self.run.locked())
        self.run.record("started")
        (self.run.path / "samples" / "real.webp").write_bytes(picture(255))
        self.show(0)

    def stop(self) -> None:
        """The trainer is gone."""
        self._lock.close()

    def log(self, count: int, **values: Any) -> None:
        new = range(self.rows, self.rows + count)
        self.rows += count
        told = {"d_loss": 1.0, "g_loss": 0.5, "d_real": 0.6, "d_fake": 0.4}
        for k in new:
            so_far = {"step": 20 * (k + 1), "epoch": 0.01 * (k + 1), "images": 640 * (k + 1)}
            record = {"seq": k, "seconds": k + 1.0, "images_per_second": 900.0, **so_far}
            files.append(self.run.path / "metrics.jsonl", [{**record, **told, **values}])

    def show(self, step: int) -> None:
        for sort in ("fixed", "random"):
            (self.run.path / "samples" / sort / f"{step}.webp").write_bytes(picture(step))


def picture(value: int) -> bytes:
    return images.webp(np.full((58, 58, 1), value % 256, np.uint8))


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    folder = tmp_path_factory.mktemp("live")
    with server(folder) as found:
        yield found, folder / "runs"


@pytest.fixture
def fake(serving: tuple[Server, Path]) -> Iterator[Fake]:
    made = Fake(serving[1])
    made.log(5)
    made.show(100)
    yield made
    made.stop()
    shutil.rmtree(made.run.path, ignore_errors=True)


@pytest.fixture
def page(browser: Browser, serving: tuple[Server, Path], fake: Fake) -> Iterator[Page]:
    """The page of the fake run, its picture and chart drawn."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    found = context.new_page()
    errors: list[str] = []
    found.on("pageerror", lambda error: errors.append(str(error)))
    open_view(found, f"{serving[0].url}/?run={fake.run.id}")
    yield found
    context.close()
    assert not errors


def open_view(page: Page, url: str) -> None:
    page.goto(url)
    page.locator("[data-testid=live-picture]:not([hidden])").wait_for()
    page.locator("[data-testid=live-chart] .main-svg").first.wait_for()


def until(page: Page, true: Callable[[], Any], what: str) -> Any:
    for _ in range(PATIENCE // 100):
        if found := true():
            return found
        page.wait_for_timeout(100)
    raise AssertionError(f"never: {what}")


def points(page: Page) -> list[Any]:
    """The values of the first line of the chart."""
    found: list[Any] = page.evaluate(
        "[...document.querySelector('[data-testid=live-chart]').data[0].y]"
    )
    return found


def ranges(page: Page) -> Any:
    return page.evaluate(
        "(({ xaxis, yaxis }) => [xaxis.range, yaxis.range])"
        "(document.querySelector('[data-testid=live-chart]')._fullLayout)"
    )


def shown(page: Page) -> str:
    return page.locator("[data-testid=live-picture]").get_attribute("alt") or ""


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


def test_the_chart_grows_and_the_picture_changes(page: Page, fake: Fake) -> None:
    until(page, lambda: len(points(page)) == 5, "five points")
    assert chip(page) == "Training"
    fake.log(3)
    fake.show(160)
    until(page, lambda: len(points(page)) == 8, "eight points")
    until(page, lambda: "step 160," in shown(page), "the new picture")
    step = page.locator("[data-testid=live-step]")
    assert step.get_attribute("data-value") == "160"
    assert page.locator("[data-testid=live-progress]").get_attribute("aria-valuenow") == "2"
    assert page.locator("[data-testid=live-picture]").evaluate("image => image.naturalWidth") == 58


def test_zoom_survives_an_update(page: Page, fake: Fake) -> None:
    box = page.locator(".gl-plot .nsewdrag").first.bounding_box()
    assert box
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
    until(page, lambda: "lr G 0.001" in (page.locator(".gl-plot").text_content() or ""), "the mark")
    assert ranges(page) == before


def test_a_rerun_of_the_script_does_not_mount_anew(page: Page, fake: Fake) -> None:
    sent: list[Any] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    open_view(page, page.url)
    for part in (".gl", ".gl-plot .main-svg"):
        page.evaluate(f"document.querySelector('{part}').marker = 'same'")
    fake.log(2)
    rerun(page, sent)
    until(page, lambda: len(points(page)) == 7, "seven points")
    fake.stop()
    until(page, lambda: chip(page) == "Stopped", "stopped")
    rerun(page, sent)  # now with other data for the component
    for part in (".gl", ".gl-plot .main-svg"):
        assert page.evaluate(f"document.querySelector('{part}').marker") == "same"


def rerun(page: Page, sent: list[Any]) -> None:
    """Runs the script again by Streamlit's key for it."""
    before = len(sent)
    page.keyboard.press("r")
    until(page, lambda: len(sent) > before, "asked to run again")
    page.wait_for_timeout(1500)


def test_a_reload_brings_the_whole_history(page: Page, fake: Fake) -> None:
    fake.log(3)
    until(page, lambda: len(points(page)) == 8, "eight points")
    page.reload()
    page.locator("[data-testid=live-chart] .main-svg").first.wait_for()
    until(page, lambda: len(points(page)) == 8, "eight points again")
    assert page.locator("[data-testid=live-slider]").get_attribute("max") == "1"


def test_nothing_is_wider_than_the_screen(page: Page) -> None:
    edges = "[...document.querySelectorAll('.gl *')].map(e => e.getBoundingClientRect().right)"
    for width in (360, 390, 600, 768, 1024):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(f"Math.max(...{edges})") <= width


def test_picture_chart_and_controls_fit_a_laptop(page: Page) -> None:
    bottom = "document.querySelector('.gl').getBoundingClientRect().bottom"
    assert page.evaluate(bottom) <= 900


def test_the_slider_goes_back_in_time_and_live_returns(page: Page, fake: Fake) -> None:
    until(page, lambda: "step 100," in shown(page), "the newest picture")
    page.locator("[data-testid=live-slider]").focus()
    page.keyboard.press("ArrowLeft")
    until(page, lambda: "step 0," in shown(page), "the untrained picture")
    fake.show(120)
    page.wait_for_timeout(1500)
    assert "step 0," in shown(page)
    page.get_by_role("button", name="Live").click()
    until(page, lambda: "step 120," in shown(page), "live again")
    page.get_by_role("button", name="Replay").click()
    until(page, lambda: "step 0," in shown(page), "the replay began")
    until(page, lambda: "step 120," in shown(page), "the replay ended")


def test_a_resume_that_cut_the_log_starts_over(page: Page, fake: Fake) -> None:
    until(page, lambda: len(points(page)) == 5, "five points")
    (fake.run.path / "metrics.jsonl").write_text("")
    fake.rows = 0
    fake.log(2, d_loss=3.0)
    fake.run.record("resumed", step=20, generation=1)
    until(page, lambda: points(page) == [3, 3], "only what is true now")


def test_a_value_that_is_not_finite_is_a_gap(page: Page, fake: Fake) -> None:
    fake.log(1, d_loss=float("nan"))
    fake.log(1)
    until(page, lambda: points(page) == [1, 1, 1, 1, 1, None, 1], "a gap")


def test_a_deleted_run_is_said_to_be_gone(page: Page, fake: Fake) -> None:
    page.route("**/series*", lambda route: route.fulfill(status=404, json={"error": "Gone."}))
    until(page, lambda: chip(page) == "Deleted", "gone")


def test_a_server_that_does_not_answer_is_waited_for(page: Page, fake: Fake) -> None:
    def fail(route: Route) -> None:
        route.abort()

    page.route("**/series*", fail)
    until(page, lambda: chip(page) == "Reconnecting", "lost")
    page.unroute("**/series*", fail)
    fake.log(1)
    until(page, lambda: chip(page) == "Training", "back")
    until(page, lambda: len(points(page)) == 6, "six points")


def test_what_a_file_says_is_text_and_never_markup(page: Page, fake: Fake) -> None:
    (fake.run.path / "error.txt").write_text("<img src=x onerror='window.hacked = true'>")
    fake.stop()
    note = page.locator(".gl-note")
    until(page, lambda: chip(page) == "Failed", "failed")
    assert note.inner_text().startswith("<img")
    assert page.evaluate("window.hacked") is None


def test_a_hidden_page_asks_nothing(page: Page, fake: Fake) -> None:
    page.evaluate(
        "Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })"
    )
    page.wait_for_timeout(1500)
    assert questions(page, fake.run, 2500) == 0
    page.evaluate(
        "delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange'))"
    )
    assert questions(page, fake.run, 2500) > 0


def test_leaving_the_page_stops_the_questions(page: Page, fake: Fake) -> None:
    page.get_by_role("link", name="Runs").first.click()
    page.locator(".gl-bar").wait_for(state="detached")
    page.wait_for_timeout(500)
    assert questions(page, fake.run, 2500) == 0


def test_plotly_finds_its_styles(page: Page) -> None:
    """In a shadow root its mode bar and legend fall apart."""
    assert page.evaluate("document.querySelector('.gl').getRootNode() === document")
    bar = page.locator(".gl-plot .modebar-container").first
    assert bar.evaluate("element => getComputedStyle(element).position") == "absolute"
