"""What dragging costs: pointer to pixels and pictures a second in a real browser, and the rate that training keeps.

    python -m benchmarks.drag [--rounds 3] [--seconds 10] [--users 20] [--out docs/explore]

The real server, headless Chromium and one `lean` generator: with nothing training, then while a `lean` run trains, in
turn without and with somebody dragging. Then many users at once, who ask from one other process for 64 pictures each,
the next ones as soon as they have an answer but at most 60 times a second. Prints Markdown, and writes it with its
numbers to PATH.md and PATH.json. Needs Chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from benchmarks._machine import describe
from gan import config, datasets, files, hardware, registry, runs
from gan.runs import Run
from tests.serving import server

if TYPE_CHECKING:
    from playwright.sync_api import Page

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SLIDER = "[data-part=sliders] input"
READY = "[data-part=status][data-step]"
SHOWN, TRAINED = "shown", "trained"  # the runs
PICTURES, PACE = 64, 60  # of one question of a user; questions a second at most
SETTLE = 1.5  # seconds between two stretches

# For every movement of the pointer the time until pixels that know of it are on a canvas.
WATCH = """() => {
  const watch = (window.watch = { moves: [], waits: [], pictures: 0, asked: [] });
  for (const kind of ["input", "pointermove"])
    addEventListener(kind, (e) => (kind === "input" || e.buttons) && watch.moves.push(e.timeStamp), true);
  const ask = window.fetch;
  window.fetch = async (url, told) => {
    const drawing = String(url).includes("/images");
    const at = performance.now();
    const answer = await ask(url, told);
    if (drawing && answer.status === 200) {
      const read = answer.arrayBuffer.bind(answer);
      answer.arrayBuffer = async () => {
        const pixels = await read();
        watch.asked.push(at);
        return pixels;
      };
    }
    return answer;
  };
  const pen = CanvasRenderingContext2D.prototype;
  for (const name of ["putImageData", "drawImage"]) {
    const put = pen[name];
    pen[name] = function (...args) {
      put.apply(this, args);
      const at = watch.asked.shift();
      if (at === undefined) return;
      watch.pictures += 1;
      const now = performance.now();
      while (watch.moves.length && watch.moves[0] <= at) watch.waits.push(now - watch.moves.shift());
    };
  }
}"""
TAKEN = """() => {
  const { waits, pictures } = window.watch;
  Object.assign(window.watch, { waits: [], moves: [], pictures: 0 });
  return { waits, pictures };
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--slider", default=SLIDER, help="CSS selector of what is dragged")
    parser.add_argument("--out", type=Path, help="where to write, without ending")
    parser.add_argument(
        "--ask", nargs=3, metavar=("URL", "USERS", "SECONDS"), help=argparse.SUPPRESS
    )
    given = parser.parse_args()
    if given.ask:
        url, users, seconds = given.ask
        print(json.dumps(asyncio.run(_crowd(url, int(users), float(seconds)))))
        return
    machine = describe()
    with tempfile.TemporaryDirectory() as folder:
        found = _measure(Path(folder), given)
    text = _text(found, given, machine)
    print(text)
    if given.out:
        given.out.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n")
        given.out.with_suffix(".md").write_text(text)


def _measure(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """One row for each stretch: what was done, and what was seen of it."""
    shutil.copytree("checkpoints/lean-mnist", folder / "runs" / SHOWN)
    run = _trained(folder / "runs")
    found: dict[str, Any] = {"alone": [], "training": [], "crowd": [], "crowd training": []}
    with server(folder, GAN_DATA=str(datasets.root().resolve())) as app, _browser() as pages:
        page = pages()
        page.goto(f"{app.url}/explore?run={SHOWN}")
        page.wait_for_selector(READY)
        page.evaluate(WATCH)
        page.wait_for_timeout(5_000)  # the server has settled
        for _ in range(given.rounds):
            found["alone"].append(_drag(page, given))
            found["crowd"].append(_users(app.url, given))
        _train(pages(), f"{app.url}/?run={run.id}")
        page.bring_to_front()
        time.sleep(5)
        for _ in range(given.rounds):
            calm = _rate(run, lambda: time.sleep(given.seconds))[1]
            row, rate = _rate(run, lambda: _drag(page, given))
            found["training"].append({**row, "calm": calm, "rate": rate})
            calm = _rate(run, lambda: time.sleep(given.seconds))[1]
            row, rate = _rate(run, lambda: _users(app.url, given))
            found["crowd training"].append({**row, "calm": calm, "rate": rate})
    return found


def _trained(home: Path) -> Run:
    """A `lean` run that is long enough, not begun yet."""
    wanted = config.preset("lean")[0]
    if registry.missing(registry.card("datasets", wanted.dataset), datasets.root()):
        wanted = wanted.replace(dataset="strokes")
    settled = hardware.resolve(wanted, max(1, hardware.cores() - 1))
    return runs.create(settled, {"epochs": 1000}, run_id=TRAINED, home=home)


@contextlib.contextmanager
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(120_000)
        yield context.new_page
        browser.close()


def _train(page: Page, address: str) -> None:
    """Has the server train the run; the page is closed, so that nobody else watches."""
    page.goto(address)
    page.get_by_role("button", name="Go on").first.click()
    page.get_by_role("button", name="Stop").first.wait_for()
    page.close()


def _drag(page: Page, given: argparse.Namespace) -> dict[str, float]:
    """The first slider to and fro, a movement every frame."""
    box = page.locator(given.slider).first.bounding_box()
    assert box
    across, y = box["width"] - 20, box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 10, y)
    page.mouse.down()
    page.evaluate(TAKEN)
    began, k = time.perf_counter(), 0
    while (now := time.perf_counter() - began) < given.seconds:
        share = abs((now / 2) % 2 - 1)  # two seconds there, two seconds back
        page.mouse.move(box["x"] + 10 + share * across, y)
        k += 1
        time.sleep(max(0.0, k / PACE - (time.perf_counter() - began)))
    page.mouse.up()
    page.wait_for_timeout(300)
    told = page.evaluate(TAKEN)
    waits = sorted(told["waits"])
    return {
        "p50": round(statistics.median(waits), 1),
        "p95": round(waits[int(0.95 * len(waits))], 1),
        "pictures": round(told["pictures"] / now, 1),
        "moves": round(k / now, 1),
    }


def _rate(run: Run, act: Any) -> tuple[Any, float]:
    """What `act` returns, and the images a second that were trained meanwhile."""
    time.sleep(SETTLE)
    before = len(_log(run))
    told = act()
    rows = _log(run)[before:]
    first, last = rows[0], rows[-1]
    return told, round((last["images"] - first["images"]) / (last["seconds"] - first["seconds"]), 1)


def _log(run: Run) -> list[dict[str, Any]]:
    return [*files.lines(run.path / "metrics.jsonl")]


def _users(url: str, given: argparse.Namespace) -> dict[str, float]:
    """As many users at once, in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.drag", "--ask", url, str(given.users)]
    done = subprocess.run(
        [*command, str(given.seconds)], check=True, capture_output=True, text=True
    )
    told: dict[str, float] = json.loads(done.stdout)
    return told


async def _crowd(url: str, users: int, seconds: float) -> dict[str, float]:
    """Pictures a second of the slowest and the middle user, answers other than pictures, and the waits of all."""
    until = time.perf_counter() + seconds
    found = await asyncio.gather(*(_user(url, k, until) for k in range(users)))
    counts = sorted(len(waits) / seconds for waits, _ in found)
    waits = sorted(wait for waits, _ in found for wait in waits)
    return {
        "errors": sum(errors for _, errors in found),
        "least": round(counts[0], 1),
        "middle": round(statistics.median(counts), 1),
        "p50": round(1000 * statistics.median(waits), 1),
        "p95": round(1000 * waits[int(0.95 * len(waits))], 1),
    }


async def _user(url: str, k: int, until: float) -> tuple[list[float], int]:
    """Asks as the page does, on a connection that stays open; the seconds of each answer, and how many were errors."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    rng = np.random.default_rng(k)
    length = config.preset("lean")[0].z_dim
    head = (
        f"POST /api/models/{SHOWN}/images?kind=z&user=user-{k} HTTP/1.1\r\nHost: {place.netloc}\r\n"
        f"Accept-Encoding: gzip\r\nContent-Length: {4 * length * PICTURES}\r\n\r\n"
    ).encode()
    waits, errors = [], 0
    while (began := time.perf_counter()) < until:
        z = rng.standard_normal((PICTURES, length)).astype("<f4")
        writer.write(head + z.tobytes())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(answer.split("content-length: ")[1].split("\r\n")[0]))
        if " 200 " in answer.split("\r\n")[0]:
            waits.append(time.perf_counter() - began)
        else:
            errors += 1
        await asyncio.sleep(max(0.0, 1 / PACE - (time.perf_counter() - began)))
    writer.close()
    return waits, errors


def _text(found: dict[str, Any], given: argparse.Namespace, machine: str) -> str:
    def middle(rows: list[dict[str, float]], key: str, digits: int = 0) -> str:
        values = [row[key] for row in rows]
        low, high = (f"{value:.{digits}f}" for value in (min(values), max(values)))
        return f"{statistics.median(values):.{digits}f} ({low} to {high})"

    def kept(rows: list[dict[str, float]]) -> str:
        return middle([{"kept": 100 * row["rate"] / row["calm"]} for row in rows], "kept") + " %"

    one = "\n".join(
        f"| {what} | {middle(rows, 'p50')} | {middle(rows, 'p95')} | {middle(rows, 'pictures', 1)} | {rate} |"
        for what, rows, rate in (
            ("nothing", found["alone"], ""),
            ("a `lean` run", found["training"], kept(found["training"])),
        )
    )
    many = "\n".join(
        f"| {what} | {sum(row['errors'] for row in rows)} | {middle(rows, 'least', 1)} | {middle(rows, 'middle', 1)} "
        f"| {middle(rows, 'p95')} | {rate} |"
        for what, rows, rate in (
            ("nothing", found["crowd"], ""),
            ("a `lean` run", found["crowd training"], kept(found["crowd training"])),
        )
    )
    calm = [row["calm"] for key in ("training", "crowd training") for row in found[key]]
    return f"""# Exploring while others explore and a run trains

Medians of {given.rounds} stretches of {given.seconds:g} seconds each, and their range. The generator is
`lean-mnist`; the run that trains is `lean` on one thread in the same process, at {statistics.median(calm):,.0f}
images a second while nobody asks for pictures.

One user drags a slider of Explore in headless Chromium on the same machine, a movement every frame. Pointer to
pixels is counted for every movement, until pixels that know of it are on the canvas.

| What trains | Pointer to pixels, ms: median | 95 % | Pictures a second | Training keeps |
| --- | --- | --- | --- | --- |
{one}

{given.users} users ask at once, {PICTURES} pictures a question, each as soon as the last answer is there but at most
{PACE} times a second, from one other process on the same machine.

| What trains | Errors | Pictures a second: the slowest user | the middle user | Answer, ms: 95 % | Training keeps |
| --- | --- | --- | --- | --- | --- |
{many}

Made by `python -m benchmarks.drag --rounds {given.rounds} --seconds {given.seconds:g} --users {given.users}`
on: {machine}.
"""


if __name__ == "__main__":
    main()
