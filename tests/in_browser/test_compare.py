"""Compare in a real browser: the same noise through every generator, ended runs in step, a pair that trains."""

from __future__ import annotations

import json
import re
import shutil
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gan import tensor_files
from gan.runs import Run
from tests import engine
from tests.browser import computed, expect, opened, still, until
from tests.in_browser.test_runs import alts, fake, log
from tests.serving import Server, server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
ROW = ".compare-row[data-run='{}']"
PIXELS = "cells => cells.map((cell) => cell.toDataURL())"
RANGE = "document.querySelector('[data-testid=compare-chart]')?.layout?.xaxis?.range"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    folder = tmp_path_factory.mktemp("compared")
    home = folder / "runs"
    one = engine.make(home, engine.tiny(z_dim=20), steps=40, run_id="one")
    engine.until(one, 10)
    shutil.copytree(one.path, home / "twin")
    engine.until(engine.make(home, engine.tiny(z_dim=3, seed=1), run_id="narrow"), 10)
    dots = engine.tiny(dataset="ring", model="first-steps", z_dim=2)
    engine.play(engine.make(home, dots, steps=3, run_id="dots"), engine.points())
    engine.make(home, run_id="empty")
    with server(folder) as found:
        yield found, home


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser, 1440, 1200) as found:
        yield found


def strip(page: Page, run_id: str, seed: int | None = None, by: str = "[data-by='page']") -> list[str]:
    """The pictures in the row of a run, once the page has drawn them (of the noise of `seed`).

    The server draws until the page can, and a pixel may differ by one.
    """
    where = f" .compare-cells:not([hidden]){by}" + ("" if seed is None else f"[data-seed='{seed}']")
    page.locator(ROW.format(run_id) + where).wait_for()
    found: list[str] = page.locator(ROW.format(run_id) + " canvas").evaluate_all(PIXELS)
    return found


def seed_of(page: Page) -> int:
    """The seed that the address names, once it does."""
    found = until(page, lambda: re.search(r"[?&]seed=(\d+)", page.url), "a seed in the address")
    return int(found[1])


# -- the same noise --------------------------------------------------------------------------------


def test_every_generator_gets_the_same_noise(page: Page, serving: tuple[Server, Path]) -> None:
    found, _ = serving
    page.goto(f"{found.url}/compare?runs=one,twin,narrow")
    one, twin, narrow = still(page, lambda: [strip(page, name) for name in ("one", "twin", "narrow")])
    assert one == twin  # the same weights
    assert len(set(one)) == len(one) == 12
    assert not set(one) & set(narrow)
    expect(page.locator(".compare-note")).to_contain_text(
        "The shorter z (3 numbers) is the start of the longer one (20).", use_inner_text=True
    )
    page.get_by_role("button", name="Other noise").click()
    seed = seed_of(page)
    other = still(page, lambda: strip(page, "one", seed))
    until(page, lambda: other == strip(page, "twin", seed))
    assert not set(one) & set(other)
    page.reload()
    until(page, lambda: strip(page, "one", seed) == other)


def test_a_short_z_is_the_beginning_of_a_long_one(page: Page, serving: tuple[Server, Path]) -> None:
    page.goto(f"{serving[0].url}/compare?runs=one,twin")
    short, long, more = computed(
        page,
        """async () => {
          const { noise } = await import("/assets/compare/same-noise.js");
          return [noise(7, 3, 5), noise(7, 3, 9), noise(7, 4, 5)].map((all) => all.map((z) => [...z]));
        }""",
    )
    assert [z[:5] for z in long] == short == more[:3]
    assert len({z[0] for z in more}) == 4


def test_it_says_why_there_are_no_pictures(page: Page, serving: tuple[Server, Path]) -> None:
    found, _ = serving
    page.goto(f"{found.url}/compare?runs=one,dots,empty")
    strip(page, "one")
    for name, why in (("dots", "points of the plane"), ("empty", "no generator yet")):
        row = page.locator(ROW.format(name))
        row.get_by_text(why).wait_for()
        expect(row.locator(".compare-cells")).not_to_be_visible()


def test_newer_weights_of_a_run_that_trains_come_by_themselves(page: Page, serving: tuple[Server, Path]) -> None:
    found, home = serving
    run = Run(home / "twin")
    page.goto(f"{found.url}/compare?runs=one,twin")
    before = strip(page, "twin")
    with run.locked():
        page.locator(".compare-card[data-run='twin'] [data-status='training']").wait_for()
        tensors, about = tensor_files.read_tensors(run.weights())
        other = {n: -t if t.is_floating_point() else t for n, t in tensors.items()}
        tensor_files.write_tensors(run.weights(), {**tensors, **other}, {**about, "step": 11})
        page.locator(ROW.format("twin") + " [data-step='11']").wait_for(timeout=30_000)
        until(page, lambda: strip(page, "twin") != before)
        until(page, lambda: strip(page, "one") == before)
    tensor_files.write_tensors(run.weights(), tensors, about)


def test_the_slider_takes_the_generators_along(page: Page, serving: tuple[Server, Path]) -> None:
    found, home = serving
    kept = Run(home / "one").snapshots()
    assert kept[0] == 0
    page.goto(f"{found.url}/compare?runs=one,narrow")
    newest = strip(page, "one")
    page.get_by_test_id("compare-slider").press("Home")
    page.locator(ROW.format("one") + " [data-step='0']").wait_for()
    until(page, lambda: strip(page, "one", by="") != newest)
    until(page, lambda: "at=0" in page.url, "the place in the address")
    page.reload()
    page.locator(ROW.format("one") + " [data-step='0']").wait_for()
    page.get_by_role("button", name="Latest").click()
    until(page, lambda: strip(page, "one") == newest, "the newest")
    until(page, lambda: "at=" not in page.url, "no place in the address")


# -- in step ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("along", "place", "first", "second"), [("step", "step 120", 40, 240), ("seconds", "after 6 s", 240, 440)]
)
def test_an_ended_run_replays_in_step_with_one_that_trains(
    page: Page, serving: tuple[Server, Path], along: str, place: str, first: int, second: int
) -> None:
    found, home = serving
    going, ended = f"going-{along}", f"ended-{along}"
    run, _ = fake(home, going, 6), fake(home, ended, 31, apart=40)  # 20 steps a second, and 40

    def at(*steps: int) -> bool:
        wanted = [f"Run {name} at step {k:,}" for name, k in zip((going, ended), steps, strict=True)]
        return alts(page) == [f"Pictures of {text}" for text in wanted]

    with run.locked():
        page.goto(f"{found.url}/compare?runs={going},{ended}&along={along}")
        until(page, lambda: at(120, first), "both at the first place")
        expect(page.locator(".base-where")).to_have_text(f"in step: {place}", use_inner_text=True)
        until(page, lambda: (page.evaluate(RANGE) or [0, 1e9])[1] < 300, "a chart of the same reach")
        log(run, range(6, 16))
        until(page, lambda: at(240, second), "both further on")
        page.get_by_test_id("compare-slider").press("End")
        until(page, lambda: at(240, 1240), "the end of the ended one")
        page.get_by_role("button", name="In step").click()
        until(page, lambda: at(240, second), "in step again")
    page.locator(f".compare-card[data-run='{going}'] [data-status='stopped']").wait_for()
    page.wait_for_timeout(1500)
    until(page, lambda: at(240, second))  # and stays there


def test_one_that_is_being_stopped_leads_nobody(page: Page, serving: tuple[Server, Path]) -> None:
    found, home = serving
    broken, repaired = fake(home, "broken", 21), fake(home, "repaired", 6)
    broken.write_control(want="stop")
    with broken.locked(), repaired.locked():
        page.goto(f"{found.url}/compare?runs=repaired,broken")
        until(page, lambda: [a[-8:] for a in alts(page)] == ["step 120"] * 2, "the one that goes on leads")


# -- a pair ----------------------------------------------------------------------------------------


def told(found: Server, run_id: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{found.url}/api/runs/{run_id}/series", timeout=20) as answer:
        series: dict[str, Any] = json.load(answer)
    return series


def test_a_pair_starts_progresses_together_and_is_stopped(page: Page, serving: tuple[Server, Path]) -> None:
    found, home = serving
    page.goto(f"{found.url}/compare?pair=first-steps&vary=lr_d&a=0.001&b=0.01")
    page.get_by_text("Minutes", exact=True).click()
    page.get_by_role("button", name="Start both").click()
    until(page, lambda: "runs=" in page.url, "Compare on both")
    ids = until(page, lambda: re.findall(r"first-steps-[\w-]+", page.url))
    assert len(ids) == 2
    until(page, lambda: min(step(found, name) for name in ids) > 0, "both in training")
    expect(page.locator(".compare-card [data-status='training']")).to_have_count(2)
    for k, rate in enumerate(("0.001", "0.01")):
        expect(page.locator(".compare-card b").nth(k)).to_contain_text(
            re.compile(rf"^Learning rate of D: {rate}( ·|$)")
        )
    page.get_by_role("button", name="Pause both").click()
    page.locator(".compare-card [data-status='paused']").nth(1).wait_for()
    at = until(page, lambda: settled(found, ids), "both at rest")
    assert abs(at[0] - at[1]) <= 2 * Run(home / ids[0]).config().log_every
    page.get_by_role("button", name="Resume").click()
    until(page, lambda: all(step(found, name) > at[0] for name in ids), "both going on")
    page.get_by_role("button", name="Stop both").click()
    page.locator(".compare-card [data-status='stopped']").nth(1).wait_for()
    page.get_by_role("button", name="Stop both").wait_for(state="detached")


def step(found: Server, run_id: str) -> int:
    """How far a run is by its log and its events."""
    series = told(found, run_id)
    return max([0, *(event["step"] for event in series["events"]), *series["columns"].get("step", [])])


def settled(found: Server, ids: list[str]) -> list[int] | None:
    """The steps of runs that rest, None while they still move."""
    before = [step(found, name) for name in ids]
    time.sleep(0.5)
    return before if before == [step(found, name) for name in ids] else None
