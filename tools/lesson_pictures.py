"""Goes through a whole lesson with a class, in real browsers, and writes docs/lesson.md: what all saw at each step.

    GAN_DATA=… python -m tools.lesson_pictures [--keep FOLDER]

A teacher who gave the PIN, a projector and three phones, light and dark among them; every phone guesses. A row of
pictures a step; --keep writes the whole ones as well. Fails where a page tells of an error on its console. Needs
Chromium, and real MNIST where `GAN_DATA` has it.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from gan import datasets
from tests.conftest import CHROMIUM, FLAGS
from tests.serving import HOME, server
from tools.screenshots import DESKTOP, PHONE, PROJECTOR, sheet

PLACE, DOCS = HOME / "docs" / "pictures" / "lesson", HOME / "docs" / "lesson.md"
LESSON, PIN, MOST = "collapse-and-cure", "271828", 20  # steps of a lesson
COME_MS, SETTLE_MS, FOUND_MS = 6000, 4000, 120_000
PEOPLE: dict[str, tuple[str, tuple[int, int], str]] = {  # everybody but the teacher: address, size, mode
    "projector": ("/?show=1", PROJECTOR, "dark"),
    "a phone": ("/", PHONE, "light"),
    "a phone in the dark": ("/", PHONE, "dark"),
    "a phone on the watch page": ("/watch", PHONE, "light"),
}
ANSWER, TOLD = "button.guide-answer:not([disabled])", "[data-right=true]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="also write the whole pictures, as PNG")
    given = parser.parse_args()
    PLACE.mkdir(parents=True, exist_ok=True)
    for old in PLACE.glob("*.webp"):
        old.unlink()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="forger-")))
        app = stack.enter_context(server(folder, GAN_DATA=str(datasets.root().resolve()), FORGER_PIN=PIN))
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        complaints: list[str] = []
        class_of = {
            name: stack.enter_context(visitor(browser, complaints, name, size, mode))
            for name, (_, size, mode) in PEOPLE.items()
        }
        teacher = stack.enter_context(visitor(browser, complaints, "teacher", DESKTOP, "light"))
        drive(teacher, app.url)
        teacher.goto(f"{app.url}/learn?lesson={LESSON}")
        teacher.get_by_test_id("lesson").wait_for()
        for name, page in class_of.items():
            page.goto(f"{app.url}{PEOPLE[name][0]}")
        teacher.wait_for_timeout(COME_MS)
        everybody = {"teacher": teacher} | class_of
        steps = []
        for number, heading in enumerate(lesson(teacher, class_of), 1):
            taken = {name: Image.open(io.BytesIO(page.screenshot())).convert("RGB") for name, page in everybody.items()}
            (PLACE / f"{number}.webp").write_bytes(sheet([*taken.values()]))
            if given.keep:
                given.keep.mkdir(parents=True, exist_ok=True)
                for name, picture in taken.items():
                    picture.save(given.keep / f"{number}-{name.replace(' ', '-')}.png")
            steps.append(heading)
            print(f"{number}. {heading}", *complaints, sep="\n", flush=True)
        browser.close()
    if complaints:
        raise SystemExit("\n".join(complaints))
    DOCS.write_text(page_of(LESSON, steps), encoding="utf-8")


@contextmanager
def visitor(browser: Browser, complaints: list[str], name: str, size: tuple[int, int], mode: str) -> Iterator[Page]:
    """A page of somebody; what it complains of on its console is added to `complaints`."""
    how: dict[str, Any] = {"viewport": {"width": size[0], "height": size[1]}, "color_scheme": mode}
    context = browser.new_context(**how, has_touch=size == PHONE)
    page = context.new_page()

    def heard(told: ConsoleMessage) -> None:
        if told.type == "error" and "/media/" not in told.location.get("url", ""):  # a picture of the run before
            complaints.append(f"{name}: {told.text} {told.location.get('url', '')}")

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(f"{name}: {error}"))
    yield page
    context.close()


def drive(page: Page, url: str) -> None:
    """Gives the PIN."""
    page.goto(url)
    page.get_by_role("button", name="Watching").click()
    page.get_by_label("PIN").fill(PIN)
    page.get_by_label("PIN").press("Enter")
    page.get_by_role("button", name="Driving").wait_for()


def lesson(teacher: Page, class_of: dict[str, Page]) -> Iterator[str]:
    """Goes through the lesson; yields the heading of each step when all that it asks for has been done."""
    card = teacher.get_by_test_id("lesson")
    for _ in range(MOST):
        heading = card.locator("h2, h3").first.inner_text()
        asks = guess(teacher, class_of)
        start = card.locator("[data-do=start]")
        if start.count():
            start.click()
        if asks:
            card.locator(TOLD).first.wait_for(timeout=FOUND_MS)
        teacher.wait_for_timeout(SETTLE_MS)
        yield heading
        onward = card.locator("[data-do=next]")
        last = onward.inner_text() == "Finish"
        onward.click()
        if last:
            return
        teacher.wait_for_timeout(SETTLE_MS)


def guess(teacher: Page, class_of: dict[str, Page]) -> bool:
    """Everybody guesses, not all the same; whether there was anything to guess."""
    card = teacher.get_by_test_id("lesson")
    mine = card.locator(ANSWER)
    if not mine.count():
        return False
    question = card.locator(".guide-answers > p").inner_text()
    for k, page in enumerate(page for name, page in class_of.items() if name != "projector"):
        offered = page.locator(".guide-answers", has_text=question).locator(ANSWER)
        offered.first.wait_for()
        offered.nth(k % offered.count()).tap()
    mine.first.click()  # last: where nothing is measured, it tells
    return True


def page_of(name: str, steps: list[str]) -> str:
    """docs/lesson.md."""
    parts = [
        "# A lesson, as a class sees it",
        f"The lesson `{name}`, step by step, taken by one command (`python -m tools.lesson_pictures`) from five real\n"
        "browsers on one server: the teacher, who drives (1440 x 900), the projector (1920 x 1080, dark), and three\n"
        "phones (390 x 844): two that follow, one of them dark, and one on the watch page. Each phone guesses.",
    ]
    for number, heading in enumerate(steps, 1):
        parts += [f"## {number}. {heading}", f"![{heading}](pictures/lesson/{number}.webp)"]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
