"""The report in a real browser: samples that follow the slider, a link that brings it back, a branch that trains."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from gan import runs, tensor_files
from gan.runs import Run
from tests.browser import expect, opened, still, until
from tests.export.test_archive import make_run
from tests.serving import Server, server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    folder = tmp_path_factory.mktemp("reported")
    (folder / "runs").mkdir()
    with server(folder) as found:
        yield found, folder / "runs"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser, 1280, 900) as found:
        yield found


def keep(run: Run, step: int | None) -> None:
    """Keeps a generator of that step (None: the newest) with weights of its own, large enough to see."""
    tensors, about = tensor_files.read_tensors(run.weights())
    draw = torch.Generator().manual_seed(step or 99)
    other = {
        name: torch.randn(value.shape, generator=draw) if "running" not in name else value * 0 + 1
        for name, value in tensors.items()
        if value.is_floating_point()
    }
    place = run.weights(step)
    tensor_files.write_tensors(place, {**tensors, **other}, {**about, "step": 7 if step is None else step})


def drawn(page: Page, step: int) -> str:
    """What is on the canvas once the generator of that step has drawn."""
    page.locator(f"[data-testid=fresh-caption][data-step='{step}']").wait_for()
    found: str = page.get_by_label("generated p").evaluate("canvas => canvas.toDataURL()")
    return found


def test_samples_follow_the_slider_from_the_same_noise(page: Page, serving: tuple[Server, Path]) -> None:
    found, home = serving
    run = make_run(home, "lean", title="A run with a " + "very" * 30 + " long title")
    for step in (0, 3, None):
        keep(run, step)
    page.goto(f"{found.url}/runs")
    page.locator(".st-key-menu-lean button").click()
    page.get_by_text("Report", exact=True).click()
    newest = still(page, lambda: drawn(page, 7))  # a key that comes while Streamlit draws would be lost
    page.get_by_role("slider").press("ArrowLeft")
    until(page, lambda: drawn(page, 3) != newest)
    earlier = drawn(page, 3)
    until(page, lambda: "step=3" in page.url, "the step in the address")
    page.reload()
    until(page, lambda: drawn(page, 3) == earlier)
    page.get_by_role("slider").press("ArrowRight")
    until(page, lambda: drawn(page, 7) == newest)
    until(page, lambda: "step=" not in page.url, "the newest has no step")
    page.get_by_role("button", name="Shuffle").click()
    until(page, lambda: drawn(page, 7) != newest, "other noise")
    expect(page.get_by_role("button", name="Shuffle")).to_have_count(1)
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_timeout(500)
    until(page, lambda: page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 360)


def test_a_fork_of_what_train_shows_trains_beside_its_twin(page: Page, serving: tuple[Server, Path]) -> None:
    """Points of a ring: their data are made on the spot."""
    found, home = serving
    make_run(home, "first-steps", (2, 1, 1), title="Dots")
    page.goto(f"{found.url}/?run=first-steps")
    page.get_by_test_id("live-fork").click()
    page.get_by_text("From step 7.").wait_for()
    page.get_by_text("a fresh one").click()
    page.get_by_text("A fresh D has to learn").wait_for()
    page.get_by_label("Steps to train").fill("300")
    page.get_by_label("Steps to train").press("Tab")
    page.get_by_role("button", name="Start the fork").click()
    page.wait_for_url("**runs=*")
    page.get_by_text("Dots, from step 7: fresh D").first.wait_for()
    names = until(page, lambda: page.url.partition("runs=")[2].replace("%2C", ",").split(","))
    twin, made = (runs.find(name, home) for name in names)
    until(page, lambda: [runs.folder_status(run) for run in (twin, made)] == ["finished"] * 2, "their end")
    told = [next(event for event in run.events() if event["event"] == "branched") for run in (twin, made)]
    assert [(event["from"], event["step"], event["fresh_d"]) for event in told] == [
        ("first-steps", 7, False),
        ("first-steps", 7, True),
    ]
    assert [run.events()[-1]["step"] for run in (twin, made)] == [307, 307]
