"""50 who explore and 200 who watch, on one server while a run trains, in turn with nobody (A B A B).

    python -m benchmarks.crowd [--rounds 2] [--seconds 20] [--exploring 50] [--watching 200] [--publish]

A `lean` run trains in the real server; nobody who comes may drive. First it is counted what a page of Chromium asks
while a hand drags a slider of Explore and rests in turn, and what a watch page asks. Then come clients that ask the
same, all of them one process on this machine, and it is counted what is refused and which rate training keeps.
Prints Markdown. Linux only; needs Chromium.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks._browsers import COME, DRAGGED, RESTED, browsers
from benchmarks._machine import describe
from benchmarks._report import parser as command_line
from benchmarks._report import publish, spread, table
from benchmarks._served import Served, served
from benchmarks._watch import CPU_MS
from benchmarks.drag import FLAGS, SLIDER
from benchmarks.viewers import SETTLE, stretch

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request

ALONE, CROWD = "nobody", "all of them"
ASKED = "asked: "
EXPLORES, WATCHES = "explores", "watches"  # a page of Chromium
LOOKED = 10.0  # s that each is looked at
KINDS = (  # what is asked, by address
    (r"/api/stage", "stage"),
    (r"/api/models/[^/]+/weights", "program weights"),
    (r"/api/models/[^/]+/judge/weights", "judge weights"),
    (r"/api/models/[^/]+/images", "first picture"),
    (r"/api/models/[^/]+/([a-z]+)", ""),
    (r"/api/watch/(view)", ""),
    (r"/api/watch", "feed"),
    (r"/api/runs/[^/]+/samples/.*", "picture"),
)


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--exploring", type=int, default=50)
    parser.add_argument("--watching", type=int, default=200)
    given = parser.parse_args()
    machine = describe()
    with tempfile.TemporaryDirectory() as folder:
        found = _measure(Path(folder) / "home", given)
    publish("Many who explore and watch", _text(found, given), found, machine, "crowd", given.publish)


def _kind(address: str) -> str:
    """What an address asks for, "" for what is asked once, when a page is opened."""
    path = re.sub(r"^https?://[^/]+|[?].*$", "", address)
    for pattern, kind in KINDS:
        if match := re.fullmatch(pattern, path):
            return kind or match[1]
    return ""


def _pages(app: Served, run: str) -> dict[str, Counter[str]]:
    """What a page of each sort asks within LOOKED seconds, once it has settled."""
    from playwright.sync_api import sync_playwright

    told = {}
    path = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for sort, address, seen in (
            (EXPLORES, f"/explore?run={run}", "[data-part=status][data-by=page]"),
            (WATCHES, "/watch", "[data-part=picture]"),
        ):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(app.url + address)
            page.wait_for_selector(seen, timeout=60_000)
            if sort == EXPLORES:
                page.wait_for_selector(SLIDER, timeout=60_000)
            page.wait_for_timeout(3000)
            asked: list[str] = []
            page.on("request", partial(_note, asked))
            until = time.monotonic() + LOOKED
            while time.monotonic() < until:
                if sort == EXPLORES:
                    _drag(page)
                page.wait_for_timeout(1000 * RESTED)
            told[sort] = Counter(filter(None, asked))
            page.close()
        browser.close()
    return told


def _note(asked: list[str], request: Request) -> None:
    asked.append(_kind(request.url))


def _drag(page: Page) -> None:
    box = page.locator(SLIDER).first.bounding_box()
    assert box
    y, moves = box["y"] + box["height"] / 2, int(60 * DRAGGED)
    page.mouse.move(box["x"] + 10, y)
    page.mouse.down()
    for k in range(moves):
        page.mouse.move(box["x"] + 10 + (box["width"] - 20) * k / moves, y)
        page.wait_for_timeout(1000 / 60)
    page.mouse.up()


def _measure(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {ALONE: [], CROWD: []}
    with served(folder, FORGER_PIN="watch only") as app:
        run = app.train("watched")
        time.sleep(5)  # the first pictures and checkup are made
        found["pages"] = _pages(app, run.id)
        for _ in range(given.rounds):
            for way in (ALONE, CROWD):
                counts = (given.exploring, given.watching) if way == CROWD else (0, 0)
                with browsers(app.url, run.id, *counts) as seen:
                    time.sleep(COME + SETTLE)
                    start = seen()
                    told = stretch(app, run, given.seconds)
                    came = Counter(seen())
                    came.subtract(start)
                    came["refused"], came["gone"] = seen()["refused"], seen()["gone"]  # since they came
                asked = {ASKED + kind: count / given.seconds for kind, count in came.items()}
                asked["theirs"] = asked.pop(ASKED + CPU_MS) / 1000
                found[way].append({**told, **asked, "memory": app.resident()})
                print(way, {k: round(v, 3) for k, v in found[way][-1].items()}, file=sys.stderr, flush=True)
    return found


def _text(found: dict[str, Any], given: argparse.Namespace) -> str:
    kept = [100 * full["rate"] / calm["rate"] for full, calm in zip(found[CROWD], found[ALONE], strict=True)]
    wrong = sum(row[ASKED + "refused"] + row[ASKED + "gone"] for row in found[CROWD]) * given.seconds
    rows = []
    for way in (ALONE, CROWD):
        stretches = found[way]
        column = {name: [told[name] for told in stretches] for name in ("rate", "others", "theirs", "memory")}
        more = [spread(kept), str(round(wrong))] if way == CROWD else ["", ""]
        cores = [spread(column["others"], 2), spread(column["theirs"], 2)]
        rows.append([way, spread(column["rate"]), more[0], *cores, more[1], spread(column["memory"])])
    head = [
        "Who is there",
        "Images a second",
        "Of the rate alone, %",
        "Cores beside training",
        "Cores of the clients",
        "Refused or broken off",
        "Memory at the end, MB",
    ]
    size = spread([told[ASKED + "bytes"] / 1e6 for told in found[CROWD]], 1)
    many = {EXPLORES: given.exploring, WATCHES: given.watching}
    asks = [
        [
            f"{kind}, of one who {sort}",
            str(count),
            spread([LOOKED * told.get(ASKED + kind, 0) / many[sort] for told in found[CROWD]], 1),
        ]
        for sort, asked in found["pages"].items()
        for kind, count in sorted(asked.items())
    ]
    return (
        f"A `lean` run trains, which nobody who is there may drive; {given.exploring} explore it and {given.watching} "
        f"watch it. Medians and ranges of {given.rounds} stretches of {given.seconds:g} seconds, in turn.\n\n"
        f"{table(head, rows)}\n\nWhat is asked within {LOOKED:g} seconds by a page of Chromium whose hand drags for "
        f"{DRAGGED:g} s and rests for {RESTED:g} s in turn, and by each of the clients, to whom {size} MB a second are "
        f"sent. For a movement nothing is asked.\n\n{table(['What', 'A page', 'A client'], asks)}"
    )


if __name__ == "__main__":
    main()
