"""What dragging costs: pointer to pixels and pictures a second in a real browser, and the rate that training keeps.

Also how old weights are when they reach the screen of a page that shows a run while it trains.

    python -m benchmarks.drag [--rounds 3] [--seconds 10] [--users 20] [--threads auto] [--publish]

The real server, headless Chromium and one `lean` generator: with nothing training, then while a `lean` run trains, in
turn without and with somebody dragging, and with two others who watch the run. Then many users at once, who ask from
one other process for 64 pictures each, the next ones as soon as they have an answer but at most 60 times a second.
Prints Markdown; the page is docs/explore.md. Needs Chromium.
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
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from benchmarks._machine import describe
from benchmarks._report import keep, spread
from benchmarks._report import parser as command_line
from benchmarks._watch import COME, viewers
from gan import config, datasets, files, hardware, registry, runs
from gan.runs import Run
from tests.serving import server

if TYPE_CHECKING:
    from playwright.async_api import Page

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SLIDER = "[data-part=sliders] input"
READY = "[data-part=status][data-step]"
SHOWN, TRAINED = "shown", "trained"  # the runs
PICTURES, PACE = 64, 60  # of one question of a user; questions, or movements, a second at most
SELDOM = 5  # nonsensical questions a second
WATCHERS = 2  # of the run that trains, beside the one who drags
BACKLOG = 8  # movements that the browser has not taken yet
SETTLE = 1.5  # seconds between two stretches
FRESH, LOOK = 20.0, 0.02  # seconds that a page is looked at, and between two looks

# For every movement of the pointer the time until pixels that know of it are on a canvas.
WATCH = """() => {
  const watch = (window.watch = { moves: [], waits: [], pictures: 0, asked: [] });
  const post = Worker.prototype.postMessage; // the sample that the page draws; its neighbours come after it
  Worker.prototype.postMessage = function (message, ...rest) {
    if (message.z && message.z.length === 100) watch.asked.push(performance.now());
    return post.call(this, message, ...rest);
  };
  addEventListener("pointermove", (event) => event.buttons && watch.moves.push(event.timeStamp), true);
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
      if (this.canvas.dataset.part !== "one") return;
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
    parser = command_line(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--threads", type=config.parser_of("threads"), default=0, help="of the run that trains")
    parser.add_argument("--slider", default=SLIDER, help="CSS selector of what is dragged")
    parser.add_argument("--ask", nargs=3, metavar=("URL", "USERS", "SECONDS"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ask:
        url, users, seconds = given.ask
        print(json.dumps(asyncio.run(_crowd(url, int(users), float(seconds)))))
        return
    machine = describe()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(_measure(Path(folder), given))
    text = _text(found, given, machine)
    print(text)
    keep("explore", text, found, given.publish)


async def _measure(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """One row for each stretch: what was seen of it."""
    shutil.copytree("checkpoints/lean-mnist", folder / "runs" / SHOWN)
    run = trained(folder / "runs", given.threads)
    names = ("alone", "training", "watched", "crowd", "crowd training")
    found: dict[str, Any] = {name: [] for name in names}
    with server(folder, GAN_DATA=str(datasets.root().resolve())) as app:
        async with browser() as pages:
            page = await pages()
            await page.goto(f"{app.url}/explore?run={SHOWN}")
            await page.wait_for_selector(READY)
            await page.wait_for_selector(given.slider)
            await page.evaluate(WATCH)
            await asyncio.sleep(5)  # the server has settled
            for _ in range(given.rounds):
                found["alone"].append(await by_hand(page, given))
                found["crowd"].append(await _users(app.url, given))
            await start(await pages(), f"{app.url}/?run={run.id}")
            found["fresh"] = await _fresh(await pages(), f"{app.url}/explore?run={run.id}", run)
            await page.bring_to_front()
            await asyncio.sleep(5)
            for _ in range(given.rounds):
                for name, act in (
                    ("training", by_hand(page, given)),
                    ("watched", _watched(app.url, run, by_hand(page, given))),
                    ("crowd training", _users(app.url, given)),
                ):
                    _, calm = await rate_of(run, asyncio.sleep(given.seconds))
                    row, rate = await rate_of(run, act)
                    found[name].append({**row, "calm": calm, "rate": rate})
    return found


def trained(home: Path, threads: int) -> Run:
    """A `lean` run that is long enough, not begun yet."""
    wanted = config.preset("lean")[0].replace(threads=threads)
    if registry.missing(registry.card("datasets", wanted.dataset), datasets.root()):
        wanted = wanted.replace(dataset="strokes")
    return runs.create(hardware.resolve(wanted), {"epochs": 1000}, run_id=TRAINED, home=home)


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Callable[[], Awaitable[Page]]]:
    """Makes pages, all in one window."""
    from playwright.async_api import async_playwright

    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(120_000)
        yield context.new_page
        await browser.close()


async def start(page: Page, address: str) -> None:
    """Has the server train the run; the page is closed, so that nobody else watches."""
    await page.goto(address)
    await page.get_by_role("button", name="Resume").first.click()
    await page.get_by_role("button", name="Stop").first.wait_for()
    await page.close()


async def _fresh(page: Page, address: str, run: Run) -> list[float]:
    """Seconds from saving weights to the page naming a step that is not older, of each save that it shows."""
    await page.goto(address)
    await page.wait_for_selector(READY)
    seen, since, found = run.weights().stat().st_mtime_ns, 0.0, []
    shown, until = await _step_on(page), time.time() + FRESH
    while time.time() < until:
        if (saved := run.weights().stat().st_mtime_ns) != seen:
            seen, since = saved, since or saved / 1e9  # the oldest that is not on screen
        if (step := await _step_on(page)) != shown:
            shown = step
            if since:
                found.append(round(time.time() - since, 3))
            since = 0.0
        await asyncio.sleep(LOOK)
    await page.close()
    return found


async def _step_on(page: Page) -> str | None:
    return await page.locator(READY).get_attribute("data-step")


async def by_hand(page: Page, given: argparse.Namespace) -> dict[str, float]:
    """The first slider to and fro, a movement every frame; like a hand it does not wait for the page."""
    box = await page.locator(given.slider).first.bounding_box()
    assert box
    left, across, y = box["x"] + 10, box["width"] - 20, box["y"] + box["height"] / 2
    await page.mouse.move(left, y)
    await page.mouse.down()
    await page.evaluate(TAKEN)
    began, k = time.perf_counter(), 0
    under_way: set[asyncio.Task[None]] = set()
    while (now := time.perf_counter() - began) < given.seconds:
        share = 1 - abs((now / 2) % 2 - 1)  # two seconds there, two seconds back
        if len(under_way) < BACKLOG:
            moved = asyncio.create_task(page.mouse.move(left + share * across, y))
            under_way.add(moved)
            moved.add_done_callback(under_way.discard)
        k += 1
        await asyncio.sleep(max(0.0, k / PACE - (time.perf_counter() - began)))
    await asyncio.gather(*under_way)
    await page.mouse.up()
    await asyncio.sleep(0.3)
    told = await page.evaluate(TAKEN)
    waits = sorted(told["waits"])
    return {
        "p50": round(statistics.median(waits), 1),
        "p95": round(waits[int(0.95 * len(waits))], 1),
        "pictures": round(told["pictures"] / now, 1),
        "moves": round(len(waits) / now, 1),
    }


async def _watched(url: str, run: Run, act: Awaitable[Any]) -> Any:
    """What `act` returns while others watch the run."""
    with viewers(url, run.id, WATCHERS) as seen:
        await asyncio.sleep(COME)
        told = await act
        assert not seen()["errors"]
    return told


async def rate_of(run: Run, act: Awaitable[Any]) -> tuple[Any, float]:
    """What `act` returns, and the images a second that were trained meanwhile."""
    await asyncio.sleep(SETTLE)
    before = len(_log(run))
    told = await act
    rows = _log(run)[before:]
    first, last = rows[0], rows[-1]
    return told, round((last["images"] - first["images"]) / (last["seconds"] - first["seconds"]), 1)


def _log(run: Run) -> list[dict[str, Any]]:
    return [*files.lines(run.path / "metrics.jsonl")]


async def _users(url: str, given: argparse.Namespace) -> dict[str, float]:
    """As many users at once, in a process of their own."""
    command = ["-m", "benchmarks.drag", "--ask", url, str(given.users), str(given.seconds)]
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=subprocess.PIPE)
    out, _ = await process.communicate()
    told: dict[str, float] = json.loads(out)
    return told


async def _crowd(url: str, users: int, seconds: float) -> dict[str, float]:
    """Pictures a second of the slowest and the middle user, answers that are errors, and how long all waited, ms.

    `refused` is the wait of one more, who asks nonsense now and then.
    """
    until = time.perf_counter() + seconds
    asked = (_user(url, k, until, PICTURES, PACE, 200) for k in range(users))
    *found, nonsense = await asyncio.gather(*asked, _user(url, users, until, 0, SELDOM, 400))
    counts = sorted(len(waits) / seconds for waits, _ in found)
    waits = sorted(wait for waits, _ in found for wait in waits)
    return {
        "errors": sum(errors for _, errors in [*found, nonsense]),
        "least": round(counts[0], 1),
        "middle": round(statistics.median(counts), 1),
        "p50": round(1000 * statistics.median(waits), 1),
        "p95": round(1000 * waits[int(0.95 * len(waits))], 1),
        "refused": round(1000 * sorted(nonsense[0])[int(0.95 * len(nonsense[0]))], 1),
    }


async def _user(url: str, k: int, until: float, pictures: int, pace: float, status: int) -> tuple[list[float], int]:
    """Asks as the page does, on a connection that stays open; the seconds of each answer, and how many were others."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    rng = np.random.default_rng(k)
    length = config.preset("lean")[0].z_dim
    head = (
        f"POST /api/models/{SHOWN}/images?kind=z&user=user-{k} HTTP/1.1\r\nHost: {place.netloc}\r\n"
        f"Accept-Encoding: gzip\r\nContent-Length: {4 * length * pictures}\r\n\r\n"
    ).encode()
    waits, errors = [], 0
    while (began := time.perf_counter()) < until:
        z = rng.standard_normal((pictures, length)).astype("<f4")
        writer.write(head + z.tobytes())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(answer.split("content-length: ")[1].split("\r\n")[0]))
        waits.append(time.perf_counter() - began)
        errors += f" {status} " not in answer.split("\r\n")[0]
        await asyncio.sleep(max(0.0, 1 / pace - (time.perf_counter() - began)))
    writer.close()
    return waits, errors


def _text(found: dict[str, Any], given: argparse.Namespace, machine: str) -> str:
    def middle(rows: list[dict[str, float]], key: str, digits: int = 0) -> str:
        return spread([row[key] for row in rows], digits)

    def kept(rows: list[dict[str, float]]) -> str:
        return spread([100 * row["rate"] / row["calm"] for row in rows]) + " %"

    one = "\n".join(
        f"| {what} | {middle(rows, 'p50')} | {middle(rows, 'p95')} | {middle(rows, 'pictures', 1)} | {rate} |"
        for what, rows, rate in (
            ("nothing", found["alone"], ""),
            ("a `lean` run", found["training"], kept(found["training"])),
            (f"a `lean` run, which {WATCHERS} others watch", found["watched"], kept(found["watched"])),
        )
    )
    many = "\n".join(
        f"| {what} | {sum(row['errors'] for row in rows)} | {middle(rows, 'least', 1)} | {middle(rows, 'middle', 1)} "
        f"| {middle(rows, 'p95')} | {middle(rows, 'refused')} | {rate} |"
        for what, rows, rate in (
            ("nothing", found["crowd"], ""),
            ("a `lean` run", found["crowd training"], kept(found["crowd training"])),
        )
    )
    fresh = spread(found["fresh"], 2)
    calm = [row["calm"] for key in ("training", "watched", "crowd training") for row in found[key]]
    return f"""# Exploring while others explore and a run trains

Medians of {given.rounds} stretches of {given.seconds:g} seconds each, and their range. The generator is
`lean-mnist`; the run that trains is `lean` in the same process, threads: {given.threads or "auto"}, at
{statistics.median(calm):,.0f} images a second while nobody asks for pictures.

One user drags a slider of Explore in headless Chromium on the same machine, a movement every frame. Pointer to
pixels is counted for every movement, until pixels that know of it are on the canvas.

| What trains | Pointer to pixels, ms: median | 95 % | Pictures a second | Training keeps |
| --- | --- | --- | --- | --- |
{one}

{given.users} users ask at once, {PICTURES} pictures a question, each as soon as the last answer is there but at most
{PACE} times a second, from one other process on the same machine.

| What trains | Errors | Pictures a second: the slowest user | the middle user | Answer, ms: 95 % | Refusal, ms: 95 % \
| Training keeps |
| --- | --- | --- | --- | --- | --- | --- |
{many}

Where the page shows the run that trains, its new weights are on screen {fresh} s after they
were saved ({len(found["fresh"])} times in {FRESH:g} s).

Made by `python -m benchmarks.drag --rounds {given.rounds} --seconds {given.seconds:g} --users {given.users} \
--threads {given.threads or "auto"}` on: {machine}.
"""


if __name__ == "__main__":
    main()
