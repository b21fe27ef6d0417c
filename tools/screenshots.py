"""Takes a picture of every page, on a desktop, a phone and a projector, light and dark, and writes docs/pages.md.

    python -m tools.screenshots [--only train explore] [--keep FOLDER]

With the runs that come along, in folders of its own, so that it shows the same everywhere. What git keeps is a contact
sheet a page, small enough to be seen by those who only read; --keep writes the whole pictures as well. Needs Chromium.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import CHROMIUM, FLAGS
from tests.serving import HOME, server

PLACE, DOCS = HOME / "docs" / "pictures" / "pages", HOME / "docs" / "pages.md"
SETTLE_MS = 2500  # after what is waited for has come: pictures that are drawn, charts that grow
DESKTOP, PHONE, PROJECTOR = (1440, 900), (390, 844), (1920, 1080)
SHEET_HEIGHT, GAP, QUALITY = 340, 8, 55  # of a contact sheet, pixels; of its WebP
PAPER = "#8a8792"  # between the pictures: neither of the modes' own


@dataclass(frozen=True)
class View:
    """A view of the app: its name, its address, what is there once it is drawn, and a sentence about it."""

    name: str
    address: str
    there: str
    about: str
    sizes: tuple[tuple[int, int], ...] = (DESKTOP, PHONE)


VIEWS = (
    View(
        "train",
        "/?run=lean-mnist",
        "body:has([data-testid=live-picture]) .js-plotly-plot .main-svg",
        "Train: a run, its pictures through time, its curves.",
    ),
    View("new-run", "/?preset=lean", ".st-key-form-start button", "Train, New run: presets, settings, networks, code."),
    View("projector", "/?run=lean-mnist&show=1", ".show img", "Train for the back row, steered by keys.", (PROJECTOR,)),
    View("explore", "/explore?run=lean-mnist", ".explore canvas", "Explore: a z in one's hand."),
    View(
        "draw",
        "/explore?run=lean-mnist&tab=draw",
        ".draw-sketch",
        "Draw: what D says of a drawing; find it, fill it in.",
    ),
    View("quiz", "/explore?run=lean-mnist&tab=quiz", "[data-part=question]", "Quiz: real or generated?"),
    View("compare", "/compare", ".compare-thumb", "Compare, before anything is picked: pairs, and every run."),
    View(
        "compare-two",
        "/compare?runs=lean-mnist,mini-stylegan-mnist",
        "body:has(.compare-row canvas) .js-plotly-plot .main-svg",
        "Compare: two runs in one chart, the same noise through each.",
    ),
    View("failures", "/failures", "[class*=st-key-case-]", "Failures: runs that are broken on purpose."),
    View("failure", "/failures?case=broken-no-batchnorm", ".failures-choices", "A failure: what will happen?"),
    View("runs", "/runs", ".runs-thumb", "Runs: all of them, with what can be done."),
    View("report", "/runs?report=lean-mnist", "#time-machine", "The report of a run."),
    View("learn", "/learn", "h2", "Learn: how a GAN works."),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=[view.name for view in VIEWS], help="these views alone")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="also write the whole pictures, as PNG")
    given = parser.parse_args()
    PLACE.mkdir(parents=True, exist_ok=True)
    wanted = [view for view in VIEWS if not given.only or view.name in given.only]
    with tempfile.TemporaryDirectory(prefix="forger-") as folder, sync_playwright() as playwright:
        shutil.copytree(HOME / "checkpoints", Path(folder) / "runs")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with server(Path(folder)) as app:
            for view in wanted:
                taken = [*shots(browser, app.url, view)]
                if given.keep:
                    keep(given.keep, view, taken)
                content = sheet([picture for _, picture in taken])
                (PLACE / f"{view.name}.webp").write_bytes(content)
                print(f"{view.name}: {len(taken)} pictures, {len(content) / 1000:.0f} kB", flush=True)
        browser.close()
    DOCS.write_text(page(), encoding="utf-8")


def shots(browser: Browser, url: str, view: View) -> Iterator[tuple[str, Image.Image]]:
    """Each size in light and dark, with the name of the two."""
    for width, height in view.sizes:
        for mode in ("light", "dark"):
            how: dict[str, Any] = {"viewport": {"width": width, "height": height}, "color_scheme": mode}
            context = browser.new_context(**how)
            try:
                yield f"{width}-{mode}", shot(context.new_page(), f"{url}{view.address}", view.there)
            finally:
                context.close()


def shot(page: Page, address: str, there: str) -> Image.Image:
    page.goto(address)
    page.locator(there).first.wait_for(state="attached", timeout=60_000)
    page.wait_for_timeout(SETTLE_MS)
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def sheet(pictures: list[Image.Image]) -> bytes:
    """A contact sheet: the pictures in a row, equally high."""
    small = [
        one.resize((round(one.width * SHEET_HEIGHT / one.height), SHEET_HEIGHT), Image.Resampling.LANCZOS)
        for one in pictures
    ]
    whole = Image.new("RGB", (sum(one.width + GAP for one in small) - GAP, SHEET_HEIGHT), PAPER)
    left = 0
    for one in small:
        whole.paste(one, (left, 0))
        left += one.width + GAP
    out = io.BytesIO()
    whole.save(out, "WEBP", quality=QUALITY, method=6)
    return out.getvalue()


def keep(folder: Path, view: View, taken: list[tuple[str, Image.Image]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in taken:
        picture.save(folder / f"{view.name}-{name}.png")


def page() -> str:
    """docs/pages.md."""
    parts = [
        "# Every page, in pictures",
        "On a desktop (1440 x 900) and a phone (390 x 844), light and dark; the projector mode at 1920 x 1080. All\n"
        "are taken by one command, `python -m tools.screenshots`, with the runs that come along.",
    ]
    for view in VIEWS:
        title, _, rest = view.about.rstrip(".").partition(": ")
        parts += [
            f"## {title}",
            f"{rest[:1].upper()}{rest[1:]}{'' if rest.endswith('?') else '.'}" if rest else "",
            f"![{title}](pictures/pages/{view.name}.webp)",
        ]
    return "\n\n".join(filter(None, parts)) + "\n"


if __name__ == "__main__":
    main()
