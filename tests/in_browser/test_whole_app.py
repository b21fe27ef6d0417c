"""The whole app in a real browser: a training started, steered, left, found again and deleted; watchers only watch."""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gan.datasets import strokes
from gan.runs import Run
from tests.browser import PATIENCE, Watch, expect, refused, until
from tests.in_browser.clicks import clicks, counted
from tests.serving import Server, server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
PIN = "271828"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded data set, made once."""
    folder = tmp_path_factory.mktemp("data")
    for _ in strokes.make(folder):
        pass
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Iterator[Server]:
    with server(tmp_path_factory.mktemp("alone"), GAN_DATA=str(data)) as found:
        yield found
        assert found.stop() == 0, found.log.read_text()


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("class")
    with server(folder, GAN_DATA=str(data), FORGER_PIN=PIN) as found:
        yield found
        assert found.stop() == 0, found.log.read_text()


@pytest.fixture
def visit(browser: "Browser") -> Iterator[Callable[[str], "Page"]]:
    """Opens an address in a browser of its own: another visitor each time."""
    contexts, watches = [], []

    def open_page(url: str) -> "Page":
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        watches.append(Watch(page))
        counted(page)
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not [complaint for watch in watches for complaint in watch.complaints]


def test_a_run_from_start_to_deletion(alone: Server, visit: Callable[[str], "Page"]) -> None:
    page = visit(alone.url)
    with clicks(page, 1):
        button(page, "Start").click()
    run = until(page, lambda: at(page, "run"), "the link names the run")

    # it learns: the curve grows and the picture changes
    first = until(page, lambda: shown(page), "a first picture")
    until(page, lambda: shown(page) not in ("", first), "another picture")
    until(page, lambda: step_of(alone, run) > 40, "a curve")
    points = drawn_points(page)
    until(page, lambda: drawn_points(page) > points, "a longer curve")

    # it waits, and makes single steps
    with clicks(page, 2):
        button(page, "Pause").click()
        until(page, lambda: status_of(alone, run) == "paused", "paused")
        rest = until(page, lambda: settled(page, alone, run), "the trainer rests")
        button(page, "Step").click()
        until(page, lambda: step_of(alone, run) == rest + 1, "one step, exactly")
    button(page, "Only D").click()
    until(page, lambda: step_of(alone, run) == rest + 2, "one update of D")
    scope = page.get_by_test_id("live-scope")
    expect(scope).to_contain_text("G stood still.", use_inner_text=True)
    button(page, "Only G").click()
    until(page, lambda: step_of(alone, run) == rest + 3, "one update of G")
    expect(scope).to_contain_text("D stood still.", use_inner_text=True)
    stepped = [e["what"] for e in events(alone, run) if e["event"] == "stepped"]
    assert stepped == ["both", "d", "g"]
    button(page, "Resume").click()
    until(page, lambda: step_of(alone, run) > rest + 20, "training goes on")
    expect(scope).to_be_hidden()  # the curves are back

    # a learning rate changes while it runs, and the chart says so
    with clicks(page, 1):
        button(page, "Change while it runs").click()
    with clicks(page, 1):
        drag_to_start(page, page.get_by_role("slider", name="Learning rate of D"))
    change = until(page, lambda: [e for e in events(alone, run) if e["event"] == "lr"], "an event")
    lowest = change[-1]["lr_d"]
    assert lowest < 1e-4
    until(page, lambda: 0 < last(alone, run, "lr_d") <= lowest, "the rate, which falls by itself")
    until(page, lambda: page.locator(".js-plotly-plot >> text=/lr D/").count(), "a mark on the chart")

    # the page is left and found again; somebody else looks
    page.reload()
    until(page, lambda: at(page, "run") == run)
    until(page, lambda: drawn_points(page) > points, "the whole history after a reload")
    other = visit(f"{alone.url}/?run={run}")
    until(other, lambda: drawn_points(other) > points, "the whole history in another browser")
    until(other, lambda: shown(other), "the picture in another browser")

    # it is stopped and deleted, which the other browser is told when it asks again
    refused(other, f"**/api/runs/{run}/*")
    button(page, "Stop").click()
    until(page, lambda: status_of(alone, run) == "stopped", "stopped")
    page.goto(f"{alone.url}/runs")
    page.locator(f".st-key-menu-{run} button").first.click()
    page.get_by_text("Delete", exact=False).last.click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Delete")).click()
    until(page, lambda: not ask(f"{alone.url}/api/runs")["runs"], "deleted")


def test_a_watcher_cannot_drive(classroom: Server, visit: Callable[[str], "Page"]) -> None:
    teacher, student = visit(classroom.url), visit(classroom.url)
    student.get_by_text("to take control").first.wait_for()
    expect(button(student, "Start")).to_have_count(0)

    button(teacher, "Watching").click()
    pin = teacher.get_by_label("PIN", exact=True)
    pin.fill("000000")
    pin.press("Enter")
    teacher.get_by_text("Wrong PIN").wait_for()
    pin.fill(PIN)
    pin.press("Enter")
    until(teacher, lambda: button(teacher, "Start").is_enabled(), "the teacher drives")
    button(teacher, "Start").click()
    run = until(teacher, lambda: at(teacher, "run"), "a run")

    student.goto(f"{classroom.url}/?run={run}")
    until(student, lambda: shown(student), "the student sees it")
    expect(student.locator("[data-testid=live-status]")).to_contain_text("Training")
    expect(button(student, "Pause")).to_have_count(0)
    teacher.reload()  # the browser still drives, in a tab of its own, too
    until(teacher, lambda: button(teacher, "Pause").is_enabled(), "the teacher drives after a reload")
    tab = teacher.context.new_page()
    tab.goto(f"{classroom.url}/?run={run}")
    until(tab, lambda: button(tab, "Pause").is_enabled(), "the teacher drives in another tab")
    tab.close()
    button(teacher, "Pause").click()
    until(teacher, lambda: status_of(classroom, run) == "paused", "paused by the teacher")
    expect(student.locator("[data-testid=live-status]")).to_contain_text("Paused")
    expect(button(student, "Resume")).to_have_count(0)


def test_a_broken_run_is_named_and_mended(alone: Server, visit: Callable[[str], "Page"]) -> None:
    page = visit(f"{alone.url}/failures?case=broken-giant-steps")
    page.get_by_role("radio", name=re.compile("numbers explode")).check()
    until(page, button(page, "Run it and see").is_enabled, "an answer lets it run")

    # or at once: one press breaks it, one more trains the repaired one beside it
    page.goto(f"{alone.url}/failures")
    with clicks(page, 2):
        page.locator(".st-key-run-broken-giant-steps button").click()
        broken = until(page, lambda: at(page, "run"), "the broken run")
        light = until(page, lambda: bad_light(alone, broken), "a light that is not good")
        assert light["name"] == "divergence"
        page.get_by_text(light["title"]).first.wait_for()
        expect(page.get_by_test_id("verdict-of-prediction")).to_contain_text("You called it")
        page.locator(".st-key-repair button").first.click()
        both = until(page, lambda: at(page, "runs"), "Compare")
    repaired, other = both.split(",")
    assert other == broken
    Run(alone.log.parent / "runs" / repaired).write_control(budget={"steps": 100_000.0})  # it is to be stopped by hand
    ended = ("stopped", "finished")
    until(page, lambda: status_of(alone, broken) in ended, "the broken run ended")
    until(page, lambda: step_of(alone, repaired) > 60, "the repaired run learns")
    config = ask(f"{alone.url}/api/runs")["runs"]
    assert {run["id"] for run in config} >= {repaired, broken}
    until(page, lambda: page.locator("img[src*='samples/fixed']").count() >= 2, "both grids")
    assert not bad_light(alone, repaired)
    page.goto(f"{alone.url}/?run={repaired}")
    button(page, "Stop").click()
    until(page, lambda: status_of(alone, repaired) == "stopped", "stopped")


def drag_to_start(page: "Page", slider: "Locator") -> None:
    """Pulls the thumb of a slider to its beginning."""
    slider.scroll_into_view_if_needed()
    box = until(page, slider.bounding_box)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 400, box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()


def bad_light(app: Server, run: str) -> Any:
    """The light of a run where it tells of trouble."""
    light = ask(f"{app.url}/api/runs/{run}/series")["light"]
    return light if light and light["level"] == "bad" else None


def button(page: "Page", name: str) -> "Locator":
    """The button of that label; an icon is part of its text."""
    return page.get_by_role("button", name=re.compile(rf"(^|\s){re.escape(name)}$")).first


def shown(page: "Page") -> str:
    """Address of the fixed grid on screen, "" while there is none."""
    found: str = page.evaluate("document.querySelector('[data-testid=live-picture]')?.src ?? ''")
    return found


def drawn_points(page: "Page") -> int:
    """How many points the first curve has."""
    found: int = page.evaluate("document.querySelector('[data-testid=live-chart]')?.data?.[0]?.x?.length ?? 0")
    return found


def at(page: "Page", key: str) -> str:
    """A value of the page's link."""
    found: str = page.evaluate(f"new URLSearchParams(location.search).get('{key}') ?? ''")
    return found


def ask(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def status_of(app: Server, run: str) -> str:
    found: str = ask(f"{app.url}/api/runs/{run}/series")["status"]
    return found


def events(app: Server, run: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(f"{app.url}/api/runs/{run}/series")["events"]
    return found


def last(app: Server, run: str, name: str) -> float:
    values = ask(f"{app.url}/api/runs/{run}/series")["columns"].get(name) or [0]
    return float(values[-1])


def step_of(app: Server, run: str) -> int:
    return int(last(app, run, "step"))


def settled(page: "Page", app: Server, run: str) -> int:
    """The step at which a pause was taken, 0 before."""
    paused = [e["step"] for e in events(app, run) if e["event"] == "paused"]
    return int(paused[-1]) if paused else 0
