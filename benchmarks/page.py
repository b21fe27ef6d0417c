"""What drawing in the page costs: pictures in headless Chromium by the engine of assets/engine, and pointer to pixels.

    python -m benchmarks.page [--rounds 5] [--draws 40] [--seconds 5] [--publish]

The real server hands out program and weights of shipped runs. First each generator draws 64, 16 and 1 pictures in its
worker, from the call to the pixels in the page. Then a hand drags a slider of Explore with the sample and its
neighbours in view, with nothing training, the same in a page of a phone's size on a processor four times as slow, then
while a `lean` run trains. Prints Markdown; the page is docs/page.md. Needs Chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import drag
from benchmarks._machine import describe
from benchmarks._report import parser as command_line
from benchmarks._report import publish, spread, table
from gan import datasets
from tests.serving import server

if TYPE_CHECKING:
    from playwright.async_api import Page, Route

MODELS = {"lean-mnist": "lean", "dcgan-deep-mnist": "dcgan-deep", "gan-2014-mnist": "gan-2014"}
COUNTS = (64, 16, 1)
HERE = "[data-part=status][data-by=page]"
BARS = {("lean", 64): 20, ("dcgan-deep", 64): 60}  # ms that it may take

SIZE, SLOW = {"width": 390, "height": 844}, 4  # of a phone: its page, and how many times as long everything takes

# Chromium slows pages down, and says of workers that it cannot: what a worker does takes longer by waiting.
SLOW_WORKER = """
let began = 0;
const post = self.postMessage.bind(self);
addEventListener("message", () => (began = performance.now()));
self.postMessage = (...answer) => {
  const until = performance.now() + SLOWER * (performance.now() - began);
  while (performance.now() < until);
  post(...answer);
};
"""

# Milliseconds from asking for program and weights to the first pictures, then of each of so many draws.
DRAW = """async ([name, length, counts, draws]) => {
  const { generators } = await import("/assets/engine/page.js");
  const url = `/api/models/${name}/images?kind=z`;
  const noise = (n) => Float32Array.from({ length: n * length }, () => 2 * Math.random() - 1);
  const began = performance.now();
  let drawn = await generators.draw({ url, body: noise(1) });
  while (!drawn) {
    await generators.of(name).refresh();
    drawn = await generators.draw({ url, body: noise(1) });
  }
  const found = { ready: performance.now() - began };
  for (const n of counts) {
    found[n] = [];
    for (let k = 0; k < draws; k++) {
      const at = performance.now();
      await generators.draw({ url, body: noise(n) });
      found[n].push(performance.now() - at);
    }
  }
  return found;
}"""


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--draws", type=int, default=40, help="of each count in each round")
    parser.add_argument("--seconds", type=float, default=5, help="of each stretch of dragging")
    given = parser.parse_args()
    given.slider, given.threads = drag.SLIDER, 0
    machine = describe()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(_measure(Path(folder), given))
    publish("Drawing in the page", _text(found), found, machine, "page", given.publish)


async def _measure(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    for name in MODELS:
        shutil.copytree(Path("checkpoints") / name, folder / "runs" / name)
    run = drag.trained(folder / "runs", given.threads)
    found: dict[str, Any] = {"draws": {name: [] for name in MODELS}, "alone": [], "phone": [], "training": []}
    with server(folder, GAN_DATA=str(datasets.root().resolve())) as app:
        async with drag.browser() as pages:
            page = await pages()
            await _open(page, f"{app.url}/explore?run=lean-mnist")
            for _ in range(given.rounds):
                for name, rounds in found["draws"].items():
                    rounds.append(await _draws(await pages(), app.url, name, given.draws))
            await page.bring_to_front()
            await page.evaluate(drag.WATCH)
            for _ in range(given.rounds):
                found["alone"].append(await drag.by_hand(page, given))
            phone = await _phone(await pages(), f"{app.url}/explore?run=lean-mnist")
            for _ in range(given.rounds):
                found["phone"].append(await drag.by_hand(phone, given))
            await phone.close()
            await drag.start(await pages(), f"{app.url}/?run={run.id}")
            await page.bring_to_front()
            while not (run.path / "metrics.jsonl").exists():  # the data may have to be made first
                await asyncio.sleep(1)
            await asyncio.sleep(5)
            for _ in range(given.rounds):
                _, calm = await drag.rate_of(run, asyncio.sleep(given.seconds))
                row, rate = await drag.rate_of(run, drag.by_hand(page, given))
                found["training"].append({**row, "calm": calm, "rate": rate})
    return found


async def _open(page: Page, address: str) -> None:
    await page.goto(address)
    await page.wait_for_selector(HERE)
    await page.wait_for_selector(drag.SLIDER)
    await asyncio.sleep(5)  # the server has settled


async def _phone(page: Page, address: str) -> Page:
    """The same page as a phone has it: small, and slow."""

    async def slowed(route: Route) -> None:
        answer = await route.fetch()
        prelude = SLOW_WORKER.replace("SLOWER", str(SLOW - 1))
        await route.fulfill(response=answer, body=prelude + await answer.text())

    await page.set_viewport_size({"width": SIZE["width"], "height": SIZE["height"]})
    await page.route("**/engine/worker.js", slowed)
    await _open(page, address)
    await page.locator(drag.SLIDER).first.scroll_into_view_if_needed()
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOW})
    await page.evaluate(drag.WATCH)
    return page


async def _draws(page: Page, url: str, name: str, draws: int) -> dict[str, Any]:
    """The median of each count, and how long it took until the first picture was there."""
    await page.goto(f"{url}/api/health")
    length = {"dcgan-deep-mnist": 64}.get(name, 100)
    told = await page.evaluate(DRAW, [name, length, list(COUNTS), draws])
    await page.close()
    return {"ready": told["ready"], **{str(n): statistics.median(told[str(n)]) for n in COUNTS}}


def _text(found: dict[str, Any]) -> str:
    rows = []
    for name, rounds in found["draws"].items():
        model = MODELS[name]
        cells = [spread([row[str(n)] for row in rounds], 1) for n in COUNTS]
        bar = BARS.get((model, 64))
        rows.append([f"`{model}`", *cells, spread([row["ready"] for row in rounds]), f"{bar} ms" if bar else ""])
    head = ["Generator", *(f"{n} pictures, ms" for n in COUNTS), "First picture after, ms", "64 are to take at most"]
    hands = []
    for what, key in (
        ("nothing", "alone"),
        (f"nothing, on a phone {SLOW} times as slow", "phone"),
        ("a `lean` run", "training"),
    ):
        stretches = found[key]
        kept = [100 * row["rate"] / row["calm"] for row in stretches if "rate" in row]
        cells = [spread([row[part] for row in stretches], 1) for part in ("p50", "p95", "pictures")]
        hands.append([what, *cells, f"{spread(kept)} %" if kept else ""])
    drag_head = ["What trains", "Pointer to pixels, ms: median", "95 %", "Pictures a second", "Training keeps"]
    return f"""
Medians of {len(found["alone"])} rounds and their range; each round of drawing is itself a median. Program and weights
come from the server, the pictures from a worker of the page: from the call to the pixels.

{table(head, rows)}

One user drags a slider of Explore, a movement every frame, with the sample and its 14 neighbours in view. Pointer to
pixels is counted for every movement, until a sample that knows of it is on its canvas; the neighbours come after it,
and give way where time is short. The phone is a page of
{SIZE["width"]} x {SIZE["height"]} pixels whose script and worker take {SLOW} times as long; what is put on the screen
goes at the speed of this machine.

{table(drag_head, hands)}
"""


if __name__ == "__main__":
    main()
