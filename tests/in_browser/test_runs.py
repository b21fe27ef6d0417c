"""Runs and Compare in a real browser, with run folders that the test writes as trainers would."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan import files, images, runs
from gan.config import RunConfig
from gan.runs import Run
from tests.browser import expect, opened, until
from tests.export.test_archive import make_run
from tests.serving import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def serving(common: tuple[Server, Path]) -> tuple[Server, Path]:
    return common


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser, 1440, 900) as found:
        yield found


def fake(home: Path, run_id: str, records: int, apart: int = 20, **settings: Any) -> Run:
    """A run with that many records, `apart` steps and a second each, and a grid at every fifth."""
    config = RunConfig(dataset="mnist", device="cpu", threads=1, **settings)
    run = runs.create(config, {"steps": 10_000}, title=f"Run {run_id}", run_id=run_id, home=home)
    log(run, range(records), apart)
    return run


def log(run: Run, numbers: range, apart: int = 20) -> None:
    told = {"d_loss": 1.0, "g_loss": 0.5, "d_real": 0.6, "d_fake": 0.4, "images_per_second": 900.0}
    files.append(
        run.path / "metrics.jsonl",
        [
            {"seq": k, "step": apart * (k + 1), "epoch": 0.1 * k, "images": 640 * (k + 1), "seconds": k + 1.0, **told}
            for k in numbers
        ],
    )
    for k in numbers[::5]:
        sheet = np.full((58, 58, 1), 10 + k, np.uint8)
        run.picture("fixed", apart * (k + 1)).write_bytes(images.webp(sheet))


def traces(page: Page) -> list[tuple[str, str, int]]:
    """Name, colour and number of points of each line of the chart."""
    return [
        tuple(line)
        for line in page.evaluate(
            "(document.querySelector('[data-testid=compare-chart]')?.data ?? [])"
            ".map(({ name, line, x }) => [name, line.color, x.length])"
        )
    ]


def alts(page: Page) -> list[str]:
    return page.eval_on_selector_all(".compare-stage img:not([hidden])", "all => all.map(i => i.alt)")


def test_two_runs_share_a_chart_and_a_slider(page: Page, serving: tuple[Server, Path]) -> None:
    found, home = serving
    one, _ = fake(home, "one", 11), fake(home, "other", 21, apart=40, seed=1)
    with contextlib.ExitStack() as stack:
        stack.enter_context(one.locked())
        page.goto(f"{found.url}/compare?runs=one,other&chart=scores&along=seconds")
        until(page, lambda: len(traces(page)) == 4, "four lines")
        until(page, lambda: traces(page)[0][0] == "Run one · real: D(x)")
        until(page, lambda: len({colour for _, colour, _ in traces(page)}) == 2)
        until(page, lambda: [count for _, _, count in traces(page)] == [11, 11, 21, 21])
        at = ["Pictures of Run one at step 220", "Pictures of Run other at step 440"]
        until(page, lambda: alts(page) == at, "both at the eleventh second")
        slider = page.get_by_test_id("compare-slider")
        slider.fill("1")  # the sixth second
        until(page, lambda: alts(page)[1].endswith("step 240"), "both at the same second")
        until(page, lambda: alts(page)[0].endswith("step 120"))
        where = page.locator(".base-where")
        until(page, lambda: where.inner_text() == "after 6 s", "the second in words")
        log(one, range(11, 31))
        until(page, lambda: traces(page)[0][2] == 31, "what was logged meanwhile")
        until(page, lambda: alts(page)[0].endswith("step 120"))  # the slider stays
        page.get_by_role("button", name="In step").click()
        until(page, lambda: alts(page)[0].endswith("step 540"), "the newest grid")
    page.get_by_role("button", name="images", exact=True).click()
    page.get_by_role("button", name="Losses").click()
    until(page, lambda: "along=images" in page.url and "chart" not in page.url, "the address")
    expect(page.locator(".base-wide")).to_contain_text("Seed", use_inner_text=True)


def test_a_list_follows_what_happens_and_a_dialog_survives_it(page: Page, serving: tuple[Server, Path]) -> None:
    found, home = serving
    page.goto(f"{found.url}/runs")
    page.locator(".base-chip").first.wait_for()
    fresh = fake(home, "fresh", 3)
    with fresh.locked():
        row = page.locator(".st-key-run-fresh")
        row.locator('[data-status="training"]').wait_for()
        log(fresh, range(3, 10))
        until(page, lambda: "200 steps" in row.inner_text(), "the new step")
        page.locator(".st-key-menu-fresh button").click()
        page.get_by_text("Rename …").click()
        page.get_by_label("Title", exact=True).fill("Half typed")
        fresh.record("lr", lr_g=0.1, lr_d=0.1)  # the page is redrawn
        page.wait_for_timeout(5000)
        expect(page.get_by_label("Title", exact=True)).to_have_value("Half typed")
        page.get_by_label("Title", exact=True).press("Enter")
        until(page, lambda: "Half typed" in row.inner_text(), "the new title")
    row.locator('[data-status="stopped"]').wait_for()


def test_the_zip_is_packed_downloaded_and_opened_again(page: Page, serving: tuple[Server, Path]) -> None:
    found, home = serving
    run = make_run(home, "lean", title="To go")
    page.goto(f"{found.url}/runs")
    page.locator(".st-key-menu-lean button").click()
    page.get_by_text("Download …").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the zip").click()
    assert download.value.suggested_filename == "lean.zip"
    with zipfile.ZipFile(download.value.path()) as zipped:
        assert zipped.read("lean/weights.safetensors") == run.weights().read_bytes()
        assert "lean/gan.py" in zipped.namelist()
    with page.expect_download() as one_file:
        page.get_by_role("button", name="Page (.html)").click()
    assert one_file.value.suggested_filename == "lean.html"
    assert Path(one_file.value.path()).read_text().startswith("<!doctype html>")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Open a zip").click()
    given = Path(download.value.path()).read_bytes()
    page.locator("input[type=file]").set_input_files(
        {"name": "lean.zip", "mimeType": "application/zip", "buffer": given}
    )
    until(page, lambda: "report=lean-2" in page.url, "the report of the run that was opened")
    page.get_by_role("heading", name="To go").wait_for()
    page.get_by_text("Opened from a zip").wait_for()
