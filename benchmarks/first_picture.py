"""From the press on Start to the first new picture in a real browser, and from server start to the first page.

    python -m benchmarks.first_picture [--rounds 5]

Two ways, taken in turn: at once (a fresh server, Start pressed as soon as it is drawn, PyTorch not loaded yet) and warm
(PyTorch loaded, the second start of that server). Prints Markdown: medians and ranges. Needs Chromium.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._machine import describe
from gan import datasets, registry
from tests.serving import server

if TYPE_CHECKING:
    from playwright.sync_api import Page

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
NEW = "/samples/fixed/[1-9]"  # a picture of a step after the untrained one


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    for _ in registry.load("datasets", "strokes").make(datasets.root()):
        pass
    found = [_round() for _ in range(rounds)]
    page, cold, warm = zip(*found, strict=True)
    print(describe())
    print("\n| seconds | median | range |\n|---|---|---|")
    print(_row("server start to Start drawn", page))
    print(_row("first Start of a server, pressed at once, to the first new picture", cold))
    print(_row("Start, warm, to the first new picture", warm))


def _round() -> tuple[float, float, float]:
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(120_000)
        began = time.perf_counter()
        with server(Path(folder), GAN_DATA=str(datasets.root().resolve())) as app:
            page.goto(app.url)
            _button(page, "Start").wait_for()
            drawn = time.perf_counter() - began
            cold = _press(page)
            _button(page, "Stop").click()
            _button(page, "Go on").wait_for()
            page.goto(f"{app.url}/?preset=lean")
            warm = _press(page)
        browser.close()
    return drawn, cold, warm


def _press(page: Page) -> float:
    """Presses Start; seconds until a picture of a later step is on screen."""
    _button(page, "Start").wait_for()
    page.wait_for_timeout(1_500)  # the form is settled: we time the press, not the drawing
    pressed = time.perf_counter()
    _button(page, "Start").click()
    page.wait_for_function(
        f"new RegExp('{NEW}').test(document.querySelector('[data-testid=live-picture]')?.src ?? '')",
        polling=20,
    )
    return time.perf_counter() - pressed


def _button(page: Page, name: str):  # type: ignore[no-untyped-def]
    return page.get_by_role("button", name=re.compile(rf"(^|\s){name}$")).first


def _row(what: str, seconds: Sequence[float]) -> str:
    low, high = min(seconds), max(seconds)
    return f"| {what} | {statistics.median(seconds):.1f} | {low:.1f} to {high:.1f} |"


if __name__ == "__main__":
    main()
