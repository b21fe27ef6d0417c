"""The explorer in a real browser: a drag moves the pictures, a link brings them back, new weights come unasked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gan.runs import Run
from tests import engine
from tests.serving import Server, server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
DRAWN = "[data-part=status][data-step]"
PIXELS = """(part) => [...document.querySelectorAll("*")].map((e) => e.shadowRoot?.querySelector(`[data-part=${part}]`))
  .find(Boolean).toDataURL()"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    folder = tmp_path_factory.mktemp("explorer")
    home = folder / "runs"
    wide = engine.tiny(z_dim=20)
    engine.until(engine.make(home, wide, steps=40, run_id="tiny"), 10)
    dots = engine.tiny(model="first-steps", z_dim=2)
    engine.play(engine.make(home, dots, steps=3, run_id="dots"), engine.points())
    engine.make(home, run_id="empty")
    with server(folder) as found:
        yield found, home


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def see(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector(DRAWN, timeout=90_000)


def picture(page: Page, part: str = "one") -> str:
    pixels: str = page.evaluate(PIXELS, part)
    return pixels


def changed(page: Page, before: str, part: str = "one") -> str:
    """The picture once it differs from `before`."""
    for _ in range(200):
        if (now := picture(page, part)) != before:
            return now
        page.wait_for_timeout(50)
    raise AssertionError("the picture did not change")


def settled(page: Page) -> None:
    page.wait_for_timeout(800)


def drag(page: Page, selector: str, start: float, end: float) -> None:
    """A slow drag along an element, from one share of its width to another."""
    box = page.locator(selector).first.bounding_box()
    assert box
    x, y = box["x"], box["y"] + box["height"] / 2
    page.mouse.move(x + start * box["width"], y)
    page.mouse.down()
    page.mouse.move(x + end * box["width"], y, steps=12)
    page.mouse.up()


def test_dragging_moves_the_pictures(page: Page, served: tuple[Server, Path]) -> None:
    see(page, f"{served[0].url}/explore?run=tiny")
    before, others = picture(page), picture(page, "many")
    asked: list[Any] = []
    page.on("request", lambda request: asked.append(request) if "/images" in request.url else None)
    drag(page, "[data-part=sliders] input", 0.3, 0.9)
    changed(page, before)
    changed(page, others, "many")
    settled(page)
    assert 1 <= len(asked) <= 15  # one question at a time, the newest z only
    moved = picture(page)
    page.click("[data-part=reset]")
    changed(page, moved)
    settled(page)
    assert picture(page) == before
    page.click("[data-part=shuffle]")
    changed(page, before)


def test_a_link_brings_the_view_back(page: Page, served: tuple[Server, Path]) -> None:
    see(page, f"{served[0].url}/explore?run=tiny&seed=7")
    before = picture(page)
    drag(page, "[data-part=bars]", 0.4, 0.6)
    changed(page, before)
    settled(page)
    kept, others = picture(page), picture(page, "many")
    see(page, page.url)
    assert picture(page) == kept
    assert picture(page, "many") == others
    see(page, f"{served[0].url}/explore?run=tiny&seed=7")
    assert picture(page) == before


def test_a_neighbour_becomes_the_picture(page: Page, served: tuple[Server, Path]) -> None:
    see(page, f"{served[0].url}/explore?run=tiny")
    before = picture(page)
    box = page.locator("[data-part=many]").bounding_box()
    assert box
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 0.1 * box["height"])
    changed(page, before)


def test_back_in_time(page: Page, served: tuple[Server, Path]) -> None:
    see(page, f"{served[0].url}/explore?run=tiny")
    before = picture(page)
    page.locator("[data-part=time]").fill("0")
    changed(page, before)
    assert page.locator("[data-part=time-text]").inner_text() == "0"
    settled(page)
    assert "step=0" in page.url


def test_newer_weights_come_by_themselves(page: Page, served: tuple[Server, Path]) -> None:
    server_, home = served
    see(page, f"{server_.url}/explore?run=tiny")
    step = page.locator(DRAWN).get_attribute("data-step")
    before = picture(page)
    engine.play(Run(home / "tiny"))
    changed(page, before)
    assert int(page.locator(DRAWN).get_attribute("data-step") or 0) > int(step or 0)


def test_a_run_without_a_generator_says_so(page: Page, served: tuple[Server, Path]) -> None:
    page.goto(f"{served[0].url}/explore?run=empty")
    page.wait_for_selector("[data-part=message]:not([hidden])", timeout=60_000)
    assert "no generator yet" in page.locator("[data-part=message]").inner_text()


def test_points_are_a_net_with_a_dot_to_drag(page: Page, served: tuple[Server, Path]) -> None:
    see(page, f"{served[0].url}/explore?run=dots")
    before = picture(page, "many")
    drag(page, "[data-part=one]", 0.5, 0.2)
    changed(page, before, "many")
    assert page.locator("[data-part=sliders] output").first.inner_text() < "0"


def test_a_phone_fits_and_feels(browser: Browser, served: tuple[Server, Path]) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = context.new_page()
    see(page, f"{served[0].url}/explore?run=tiny")
    main = "document.querySelector('[data-testid=stMain]')"
    assert page.evaluate(f"{main}.scrollWidth <= 360")
    before = picture(page)
    box = page.locator("[data-part=bars]").bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + 0.5 * box["width"], box["y"] + 2)
    changed(page, before)
    context.close()


def test_latent_vectors(page: Page, served: tuple[Server, Path]) -> None:
    page.goto(f"{served[0].url}/api/health")
    told = page.evaluate(
        """async () => {
          const l = await import("/assets/latent.js");
          const [z] = l.drawVectors(3, 1, 5000);
          const [noise] = l.drawVectors(4, 1, 5000);
          const size = (v) => Math.sqrt(v.reduce((sum, value) => sum + value * value, 0) / v.length);
          const turned = l.neighbour(z, noise, 0.5, new Set([2]));
          return {
            mean: z.reduce((a, b) => a + b) / z.length,
            sizes: [size(z), size(turned)],
            same: l.neighbour(z, noise, 0, new Set()).every((v, i) => v === z[i]),
            kept: turned[2] === z[2],
            back: Math.max(...l.fromText(l.toText(z), 5000).map((v, i) => Math.abs(v - z[i]))),
            wrong: [l.fromText("??", 3), l.fromText("AAAA", 3), l.fromText(null, 3)],
            longer: l.drawVectors(3, 2, 5000)[0].every((v, i) => v === z[i]),
          };
        }"""
    )
    assert abs(told["mean"]) < 0.05
    assert all(abs(size - 1) < 0.05 for size in told["sizes"])
    assert told["same"]
    assert told["kept"]
    assert told["longer"]
    assert told["back"] <= 0.0006
    assert told["wrong"] == [None, None, None]
