"""How long one waits: for the first page, after the press on Start, and for the history of a long run.

    python -m benchmarks.startup [--rounds 5] [--publish]

The real server and headless Chromium. Each round starts a server, draws the first page, presses Start at once (PyTorch
is not loaded yet), presses it again on the warm server and notes when which picture is on screen, and reloads the page
of a run with 100,000 steps behind it: one of 5,000 records, as `lean` keeps them, and one of 100,000. A digit counts as
readable where EvalNet is surer than 0.9 and its features lie among those of real ones (`gan.metrics.precision_recall`);
of the noise of an untrained network EvalNet is sure, too. Prints Markdown. Needs Chromium.
"""

from __future__ import annotations

import json
import math
import random
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._machine import describe
from benchmarks._report import parser as command_line
from benchmarks._report import publish, spread, table
from gan import datasets, images
from gan.datasets import strokes
from gan.evaluation import reference
from gan.evaluation.reference import Reference
from gan.metrics import precision_recall
from gan.runs import Run
from tests.serving import HOME, server

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
NEW = "/samples/fixed/[1-9]"  # a picture of a step after the untrained one
MODEL = Run(HOME / "checkpoints" / "lean-mnist")  # what the long runs are made from
STEPS, EVERY = 100_000, (20, 1)  # of the long runs; steps between two records
RELOADS = 3  # of each in a round
WATCHED = 8.0  # seconds after the press
SURE, FEW = 0.9, 8  # probability of a reading; so many of the 64 samples are the first digits

# Whether the chart has the last step, and is drawn.
WHOLE = """(step) => {
  const chart = document.querySelector("[data-testid=live-chart]");
  return chart?.data?.[0]?.x?.at(-1) >= step && Boolean(chart.querySelector(".scatterlayer .trace"));
}"""


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    machine = describe()
    for _ in strokes.make(datasets.root()):
        pass
    found = [_round() for _ in range(given.rounds)]
    publish("Start-up", _text(found), found, machine, "startup", given.publish)


def _round() -> dict[str, list[float]]:
    """Seconds of every kind."""
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
            found = {"page": [time.perf_counter() - began]}
            found["cold"] = [_press(page)]
            _button(page, "Stop").click()
            _button(page, "Resume").wait_for()
            page.goto(f"{app.url}/?preset=lean")
            found["warm"] = [_press(page)]
            found |= _readable(page, Path(folder) / "runs", found["warm"][0])
            _button(page, "Stop").click()
            _button(page, "Resume").wait_for()
            for every in EVERY:
                run = _long_run(Path(folder) / "runs", every)
                found[f"visit {every}"] = [_visit(page, f"{app.url}/?run={run.id}")]
                found[f"reload {every}"] = [_visit(page) for _ in range(RELOADS)]
        browser.close()
    told = {name: [round(value, 2) for value in values] for name, values in found.items()}
    print(told, file=sys.stderr, flush=True)
    return told


def _press(page: Page) -> float:
    """Presses Start; seconds until a picture of a later step is on screen."""
    _button(page, "Start").wait_for()
    page.wait_for_timeout(1_500)  # the form is settled: we time the press, not the drawing
    pressed = time.perf_counter()
    _button(page, "Start").click()
    page.wait_for_function(
        f"new RegExp('{NEW}').test(document.querySelector('[data-testid=live-picture]')?.src ?? '')", polling=20
    )
    return time.perf_counter() - pressed


def _readable(page: Page, home: Path, first: float) -> dict[str, list[float]]:
    """What can be read in the pictures of the first seconds, the `first` of which has just come.

    Seconds from the press to the first picture with FEW digits to be read, and how many are read at 0 s and 4 s.
    """
    began = time.perf_counter() - first
    seen: list[tuple[float, str, int]] = []
    while (now := time.perf_counter() - began) < WATCHED:
        src = page.locator("[data-testid=live-picture]").first.get_attribute("src") or ""
        if (shown := re.search(r"/([^/]+)/samples/fixed/(\d+)", src)) and (not seen or int(shown[2]) != seen[-1][2]):
            seen.append((now, shown[1], int(shown[2])))
        page.wait_for_timeout(20)
    run = Run(home / seen[0][1])
    ruler = reference.of(run.config())
    read = {step: _read(ruler, run, step) for step in (0, *(step for _, _, step in seen))}
    at_four = max(step for now, _, step in seen if now <= 4)
    when = [now for now, _, step in seen if read[step] >= FEW]
    return {"readable": when[:1] or [math.inf], "read 0": [read[0]], "read 4": [read[at_four]]}


def _read(ruler: Reference, run: Run, step: int) -> int:
    """How many of the 64 samples of a picture can be read."""
    sheet = images.decode(run.picture("fixed", step).read_bytes())
    seen = ruler.extract(images.tiles(sheet, ruler.shape).transpose(0, 3, 1, 2))
    real = ruler.real.features
    assert seen.features is not None
    assert seen.probabilities is not None
    assert real is not None
    sure = seen.features[seen.probabilities.max(1) > SURE]
    if not len(sure):
        return 0
    return round(precision_recall.inside(sure, real, precision_recall.K) * len(sure))


def _visit(page: Page, url: str = "") -> float:
    """Goes to a run, or reloads it; seconds until its curves are drawn to the last step."""
    began = time.perf_counter()
    if url:
        page.goto(url, wait_until="commit")
    else:
        page.reload(wait_until="commit")
    page.wait_for_function(WHOLE, arg=STEPS, polling=20)
    taken = time.perf_counter() - began
    page.wait_for_timeout(1_500)  # the page is settled
    return taken


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=re.compile(rf"(^|\s){name}$")).first


def _long_run(home: Path, every: int) -> Run:
    """A finished run of STEPS steps: noise for statistics, checkups and pictures as in MODEL."""
    run = Run(home / f"long-{every}")
    shutil.copytree(MODEL.path, run.path)
    log = run.path / "metrics.jsonl"
    told = [json.loads(line) for line in log.read_text().splitlines()]
    plain, checked = ([r for r in told if ("shares" in r) == kind] for kind in (False, True))
    apart = round(told[-1]["step"] / len(checked))  # steps between two checkups
    rng = random.Random(0)
    with log.open("w") as out:
        for seq, step in enumerate(range(every, STEPS + 1, every)):
            due = step % apart < every
            record = {**(rng.choice(checked) if due else plain[seq % len(plain)])}
            record |= {"seq": seq, "step": step, "seconds": step / 100, "images": 32 * step, "epoch": step / 1875}
            record |= {name: rng.random() for name in ("d_loss", "g_loss", "d_real", "d_fake")}
            out.write(json.dumps(record) + "\n")
    return run


def _text(found: list[dict[str, list[float]]]) -> str:
    def row(what: str, key: str, most: str = "") -> list[str]:
        return [what, spread([value for told in found for value in told[key]], 2), most]

    rows = [
        row("**server start to the first page**, its button Start drawn", "page", "3"),
        row("Start, pressed at once while PyTorch is loaded, to the first new picture", "cold"),
        row("**Start**, PyTorch loaded, to the first new picture", "warm", "2"),
        row(f"**Start**, PyTorch loaded, to a picture with {FEW} of 64 readable digits", "readable", "4"),
    ]
    for every in EVERY:
        what = f"a run of {STEPS:,} steps and {STEPS // every:,} records"
        rows += [
            row(f"first visit since the server started to {what}, until its curves are there", f"visit {every}"),
            row(f"**reload** of {what}, until its curves are there", f"reload {every}", "1"),
        ]
    read = [spread([value for told in found for value in told[f"read {at}"]], 0) for at in (0, 4)]
    return (
        f"Seconds, medians of {len(found)} rounds and their range.\n\n"
        + table(["From what to what", "Seconds", "At most"], rows)
        + f"\n\nReadable digits of 64, untrained: {read[0]}; in the picture on screen 4 s after the press: {read[1]}."
    )


if __name__ == "__main__":
    main()
