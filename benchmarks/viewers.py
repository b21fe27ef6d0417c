"""What watching costs: the rate at which a run trains while nobody, some and many look, and the server's time for each.

    python -m benchmarks.viewers [--rounds 3] [--seconds 8] [--class] [--publish]

A `lean` run trains in the real server. So many viewers, one process for all, open the sessions and ask the questions of
the Train page; then two do so in headless Chromium, whose own work is on the same cores. All in turn, a stretch each.
Everybody may drive, so every page looks once a second whether somebody pressed a button; with --class there is a PIN,
and those who only watch look every five seconds.
Prints Markdown. Linux only; without Chromium its row is left out.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._machine import describe
from benchmarks._report import parser as command_line
from benchmarks._report import publish, spread, table
from benchmarks._served import Served, served
from benchmarks._watch import COME, viewers
from benchmarks.startup import FLAGS
from gan import files
from gan.runs import Run

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

CROWDS = (0, 1, 2, 5, 30)
PAGES = 2  # in Chromium
SETTLE = 2.0  # seconds

Stretch = dict[str, float]


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--class", action="store_true", dest="watchers", help="nobody may drive")
    given = parser.parse_args()
    machine = describe()
    with tempfile.TemporaryDirectory() as folder, _browser() as browser:
        found = _measure(Path(folder) / "home", browser, given)
    publish("Watching a run", _text(found, given), found, machine, "viewers", given.publish)


def _measure(folder: Path, browser: BrowserContext | None, given: argparse.Namespace) -> dict[str, list[Stretch]]:
    """Stretches by who watches: a number, or "pages"."""
    ways = [*map(str, CROWDS), *(["pages"] if browser else [])]
    found: dict[str, list[Stretch]] = {way: [] for way in ways}
    with served(folder, FORGER_PIN="watch only" if given.watchers else "") as app:
        run = app.train("watched")
        time.sleep(5)  # the first pictures and checkup are made
        for number in range(given.rounds):
            for way in ways[number:] + ways[:number]:
                crowd = _pages(browser, app, run) if way == "pages" else _crowd(app, run, int(way))
                with crowd as count:
                    time.sleep(COME + SETTLE)
                    told = stretch(app, run, given.seconds)
                found[way].append({**told, "count": count})
                print(way, {k: round(v, 3) for k, v in told.items()}, file=sys.stderr, flush=True)
    return found


@contextlib.contextmanager
def _crowd(app: Served, run: Run, count: int) -> Iterator[int]:
    if not count:
        yield 0
        return
    with viewers(app.url, run.id, count) as seen:
        yield count
        told = seen()
        if told["errors"] or told["gone"]:
            raise RuntimeError(f"Not everybody could watch: {dict(told)}")


@contextlib.contextmanager
def _pages(browser: BrowserContext | None, app: Served, run: Run) -> Iterator[int]:
    assert browser
    pages = [browser.new_page() for _ in range(PAGES)]
    for page in pages:
        page.goto(f"{app.url}/?run={run.id}")
        page.locator("[data-testid=live-chart] .main-svg").first.wait_for()
    yield PAGES
    for page in pages:
        page.close()


@contextlib.contextmanager
def _browser() -> Iterator[BrowserContext | None]:
    """Chromium, in which every page believes that it is seen; None where there is none."""
    path = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if path is None:
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser.new_context(viewport={"width": 1440, "height": 900})
        browser.close()


def stretch(app: Served, run: Run, seconds: float) -> Stretch:
    """Images trained a second, and cores that the server kept busy beside training."""
    rows, busy, began = len(_log(run)), app.busy(), time.perf_counter()
    time.sleep(seconds)
    others, taken = app.busy() - busy, time.perf_counter() - began
    told = _log(run)[max(0, rows - 1) :]
    first, last = told[0], told[-1]
    rate = (last["images"] - first["images"]) / (last["seconds"] - first["seconds"])
    return {"rate": rate, "others": others / taken}


def _log(run: Run) -> list[dict[str, float]]:
    return [*files.lines(run.path / "metrics.jsonl")]


def _text(found: dict[str, list[Stretch]], given: argparse.Namespace) -> str:
    rows = []
    for way, stretches in found.items():
        what = f"{PAGES} in Chromium, on the same cores" if way == "pages" else way
        pairs = [*zip(stretches, found["0"], strict=True)]
        kept = [100 * told["rate"] / calm["rate"] for told, calm in pairs]
        each = [1000 * (told["others"] - calm["others"]) / max(1, told["count"]) for told, calm in pairs]
        rate = spread([told["rate"] for told in stretches])
        rows.append([what, rate, *(("", "") if way == "0" else (spread(kept), spread(each, 1)))])
    head = ["Who watch", "Images a second", "Of the rate unwatched, %", "Server, ms of a core per viewer and second"]
    who = "nobody" if given.watchers else "everybody"
    text = (
        f"A `lean` run trains, which {who} may drive; medians of {given.rounds} stretches of "
        f"{given.seconds:g} seconds, taken in turn, and their range."
    )
    return f"{text}\n\n{table(head, rows)}"


if __name__ == "__main__":
    main()
