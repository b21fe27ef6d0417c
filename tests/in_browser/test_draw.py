"""The Draw tab in a real browser: a drawing is read while it is made, and found again in the latents."""

from __future__ import annotations

import base64
import functools
import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from gan.datasets import Data
from tests import engine
from tests.browser import expect, opened, refused, still, until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Request

    from tests.serving import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
Z_DIM = 8
SHEET = "[data-part=sheet]"
SCORE = "[data-part=opinion-d] b"
SEEN = "[data-part=seen]"
FIND = "[data-part=find]"
ANSWER = "[data-part=answers] button"
TARGET = ".draw-find-target canvas"
HIDDEN = (0x6A, 0x5F, 0x86)  # how a target shows what is not known
SEVEN = [(0.32, 0.22), (0.5, 0.2), (0.68, 0.21), (0.6, 0.4), (0.52, 0.6), (0.46, 0.82)]
BAR = [(0.3, 0.5), (0.5, 0.5), (0.7, 0.5)]
PIXELS = """(canvas) => {
  const { width, height } = canvas;
  return [height, width, [...canvas.getContext("2d").getImageData(0, 0, width, height).data]];
}"""
SLOWLY = """
  const real = window.fetch;
  const pause = { transform: async (part, to) => {
    for (const line of new TextDecoder().decode(part).split(/(?<=\\n)/)) {
      to.enqueue(new TextEncoder().encode(line));
      await new Promise((done) => setTimeout(done, 300));
    }
  } };
  window.fetch = async (url, told) => {
    const answer = await real(url, told);
    if (!answer.ok || !String(url).includes("/inversion")) return answer;
    return new Response(answer.body.pipeThrough(new TransformStream(pause)), answer);
  };
"""


@pytest.fixture(scope="module")
def url(common: tuple[Server, Path]) -> str:
    found, home = common
    data = Data(engine.pictures(28).images, np.arange(10), tuple("0123456789"))
    engine.play(engine.make(home, engine.tiny(z_dim=Z_DIM), run_id="draw-tiny"), data)
    engine.play(engine.make(home, run_id="draw-small"))
    engine.play(engine.make(home, run_id="draw-colour"), engine.pictures(8, 3))
    restoring = engine.tiny(game="translation", degradation="shrink", diversity_weight=1.0)
    engine.play(engine.make(home, restoring, run_id="draw-shrink"), data)
    both = Data(engine.pictures(28).images, other=Data(255 - engine.pictures(28).images))
    engine.play(engine.make(home, engine.tiny(game="unpaired"), 2, "draw-both"), both)
    engine.make(home, run_id="draw-empty")
    return f"{found.url}/explore?tab=draw&run=draw-"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser, 1440, 900, reduced_motion="reduce") as found:
        yield found


def see(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(SHEET).wait_for(timeout=90_000)


def draw(page: Page, points: list[tuple[float, float]]) -> None:
    """A stroke of the mouse through places of the sheet."""
    (x, y), *rest = places(page, points)
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in rest:
        page.mouse.move(x, y, steps=4)
    page.mouse.up()


def places(page: Page, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    box = until(page, lambda: page.locator(SHEET).bounding_box())
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]


def pixels(page: Page, selector: str = SEEN, k: int = 0) -> np.ndarray:
    """int H,W,3 of a canvas."""
    height, width, data = page.locator(selector).nth(k).evaluate(PIXELS)
    return np.array(data).reshape(height, width, 4)[..., :3]


def is_drawn(page: Page) -> bool:
    return bool(pixels(page).max() > 100)


def is_told(page: Page) -> bool:
    return "% real" in page.locator(SCORE).inner_text()


def found(page: Page) -> None:
    """Presses the button, waits until the last answer is there."""
    page.locator(FIND).click()
    page.locator(".draw-find-results[data-last=true]").wait_for()
    until(page, lambda: page.locator(FIND).inner_text() != "Stop", "the end")


# -- drawing ---------------------------------------------------------------------------------------


def test_a_drawing_is_read_while_it_is_made(page: Page, url: str) -> None:
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "/reading?" in request.url else None)
    see(page, url + "tiny")
    expect(page.locator(SCORE)).to_have_text("D: –", use_inner_text=True)
    expect(page.locator(SHEET)).to_contain_text("Draw a digit", use_inner_text=True)
    expect(page.locator(FIND)).to_be_disabled()
    (x, y), *rest = places(page, SEVEN)
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in rest:
        page.mouse.move(x, y, steps=4)
    until(page, lambda: is_told(page), "D's opinion before the stroke has ended")
    page.mouse.up()
    until(page, lambda: "EvalNet reads" in page.locator(".verdict-said").inner_text(), "a class")
    expect(page.locator(".verdict-rows .top")).to_have_count(1)
    until(page, lambda: is_drawn(page))
    expect(page.locator(FIND)).to_be_enabled()
    expect(page.locator(".draw-invitation")).not_to_be_visible()
    page.wait_for_timeout(500)
    before = len(asked)
    page.wait_for_timeout(1000)
    assert len(asked) == before  # nothing changes, nothing is asked
    until(page, lambda: asked[-1].post_data_buffer == pixels(page)[..., 0].astype(np.uint8).tobytes())


def test_a_finger_draws_and_nothing_scrolls(browser: Browser, url: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    see(page, url + "tiny")
    tall = "document.querySelector('[data-testid=stMain]')"
    before = still(page, lambda: page.locator(SHEET).bounding_box())
    fingers = context.new_cdp_session(page)

    def touch(kind: str, *at: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in at]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    first, *rest = places(page, SEVEN)
    touch("touchStart", first)
    for at in rest:
        touch("touchMove", at)
        page.wait_for_timeout(20)
    touch("touchEnd")
    until(page, lambda: is_drawn(page) and is_told(page), "a reading of what the finger drew")
    until(page, lambda: page.locator(SHEET).bounding_box() == before)
    until(page, lambda: page.evaluate(f"{tall}.scrollWidth <= 360"))
    until(
        page, lambda: (at := page.locator(SCORE).bounding_box()) and at["y"] + at["height"] < 740, "D's word in sight"
    )
    context.close()


def test_undo_and_clear(page: Page, url: str) -> None:
    see(page, url + "tiny")
    expect(page.locator("[data-part=undo]")).to_be_disabled()

    def shows(wanted: np.ndarray) -> None:
        until(page, lambda: np.array_equal(pixels(page), wanted), "the picture")

    blank = pixels(page)
    draw(page, SEVEN)
    until(page, lambda: is_drawn(page), "a stroke")
    page.wait_for_timeout(100)
    seven = pixels(page)
    draw(page, BAR)
    until(page, lambda: not np.array_equal(pixels(page), seven), "a second stroke")
    page.locator("[data-part=undo]").click()
    shows(seven)
    page.locator("[data-part=clear]").click()
    shows(blank)
    page.keyboard.press("Control+z")
    shows(seven)
    page.locator("[data-tool=eraser]").click()
    draw(page, SEVEN)
    shows(blank)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    shows(blank)
    expect(page.locator("[data-part=undo]")).to_be_disabled()


def test_a_drawing_outlives_tabs_and_runs(page: Page, url: str) -> None:
    refused(page, "**/judge*")  # no classifier reads pictures of 8 x 8
    see(page, url + "tiny")
    draw(page, SEVEN)
    until(page, lambda: is_drawn(page), "a stroke")
    page.wait_for_timeout(100)
    seven = pixels(page)
    page.get_by_role("tab", name="Quiz").click()
    page.locator("[data-part=question]").wait_for()
    page.get_by_role("tab", name="Draw").click()
    until(page, lambda: np.array_equal(pixels(page), seven), "the drawing")
    page.get_by_role("combobox").first.click()
    page.get_by_role("option", name="small").click()
    page.get_by_text("8 × 8 pixels").wait_for()
    until(page, lambda: pixels(page).shape == (8, 8, 3), "a sheet of its size")
    until(page, lambda: is_drawn(page))


def test_pictures_come_from_elsewhere(page: Page, url: str) -> None:
    see(page, url + "tiny")
    for source in ("write", "sample", "real"):
        before = pixels(page).tobytes()
        page.locator(f"[data-part={source}]").click()
        until(page, functools.partial(differs, page, before), source)
        until(page, lambda: is_told(page), "an opinion")
    until(page, lambda: len(np.unique(pixels(page))) > 200, "all of a real one")  # noise, here


def differs(page: Page, before: bytes) -> bool:
    return pixels(page).tobytes() != before


def test_without_a_generator_it_says_so(page: Page, url: str) -> None:
    page.goto(url + "empty")
    page.get_by_text("Drawing is not available because this run has no generator").wait_for()


# -- files -----------------------------------------------------------------------------------------


def paper(side: int = 200) -> bytes:
    """A PNG with a dark bar, upright and to the left, on light paper."""
    sheet = np.full((side, side), 235, np.uint8)
    sheet[side // 4 : side // 2, side // 8 : side // 6] = 20
    out = io.BytesIO()
    Image.fromarray(sheet).save(out, "PNG")
    return out.getvalue()


def give(page: Page, content: bytes) -> None:
    """Uploads a file."""
    page.locator("[data-part=file]").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": content})


def is_centred(page: Page) -> bool:
    grey = pixels(page)[..., 0]
    if not 0 < (grey > 100).mean() < 0.3:
        return False
    ys, xs = np.nonzero(grey > 100)
    return bool(abs(ys.mean() - 13.5) < 1.5 and abs(xs.mean() - 13.5) < 1.5)


def test_ink_on_paper_becomes_a_centred_digit(page: Page, url: str) -> None:
    see(page, url + "tiny")
    give(page, paper())
    until(page, lambda: is_centred(page), "the bar in the middle")
    page.locator("[data-part=clear]").click()
    until(page, lambda: not pixels(page).any(), "an empty sheet")
    page.evaluate(DROPPED, [[*paper()], SHEET])
    until(page, lambda: is_centred(page), "what was dropped")


DROPPED = """([bytes, sheet]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([new Uint8Array(bytes)], "bar.png", { type: "image/png" }));
  const inside = [...document.querySelectorAll("*")].map((one) => one.shadowRoot?.querySelector(sheet)).find(Boolean);
  const target = inside ?? document.querySelector(sheet);
  target.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""


def test_what_is_drawn_aside_can_be_centred(page: Page, url: str) -> None:
    see(page, url + "tiny")
    draw(page, [(0.1, 0.1), (0.3, 0.3)])
    page.locator("[data-part=centre]").click()
    until(page, lambda: is_centred(page), "it in the middle")
    expect(page.locator("[data-part=centre]")).not_to_be_visible()
    page.locator("[data-part=undo]").click()
    until(page, lambda: not is_centred(page), "it aside again")


def test_colours_stay_as_they_are(page: Page, url: str) -> None:
    refused(page, "**/judge*")  # no classifier reads such pictures
    see(page, url + "colour")
    out = io.BytesIO()
    Image.new("RGB", (50, 50), (200, 120, 40)).save(out, "PNG")
    give(page, out.getvalue())
    until(page, lambda: (pixels(page) == (200, 120, 40)).all(), "the colour")


@pytest.mark.parametrize(
    ("content", "words", "asks"),
    [(b"\0" * (8 * 2**20 + 1), "at most 8 MB", False), (b"no picture", "no picture", True)],
)
def test_a_file_that_cannot_be_taken(page: Page, url: str, content: bytes, words: str, asks: bool) -> None:
    see(page, url + "tiny")
    refused(page, "**/picture?*")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/picture" in request.url else None)
    give(page, content)
    page.locator(".draw-message", has_text=words).wait_for()
    assert bool(asked) == asks
    until(page, lambda: not pixels(page).any())


# -- finding it ------------------------------------------------------------------------------------


def test_projecting_shows_picture_by_picture_and_leads_to_explore(page: Page, url: str) -> None:
    page.add_init_script(SLOWLY)
    page.route("**/program*", lambda route: route.fulfill(status=409, json={"error": "The server draws."}))
    see(page, url + "tiny")
    page.locator("[data-part=sample]").click()
    until(page, lambda: is_drawn(page) or is_told(page), "a sample")
    with page.expect_response("**/inversion?*") as answer:
        page.locator(FIND).click()
    page.locator(ANSWER).nth(7).wait_for()
    first = pixels(page, f"{ANSWER} canvas")
    until(page, lambda: (pixels(page, f"{ANSWER} canvas") != first).any(), "a newer picture")
    page.locator(".draw-find-results[data-last=true]").wait_for(timeout=120_000)
    errors = still(page, lambda: [float(title.split()[-1]) for title in titles(page)])
    assert errors == sorted(errors)
    last = json.loads(answer.value.text().splitlines()[-1])
    z = floats(base64.b64decode(last["z"]))[1]
    sent: list[np.ndarray] = []

    def hear(request: Request) -> None:
        if "/images?" in request.url and request.post_data_buffer:
            sent.extend(floats(request.post_data_buffer))

    page.on("request", hear)
    page.locator(ANSWER).nth(1).click()
    page.locator("[data-part=one]:visible").wait_for()
    until(page, lambda: any(np.abs(row - z).max() < 1e-3 for row in sent), "its z in Explore")


def floats(raw: bytes) -> np.ndarray:
    return np.frombuffer(raw, "<f4").reshape(-1, Z_DIM)


def titles(page: Page) -> list[str]:
    return [button.get_attribute("title") or "" for button in page.locator(ANSWER).all()]


def test_projecting_can_be_stopped(page: Page, url: str) -> None:
    page.add_init_script(SLOWLY)
    see(page, url + "tiny")
    draw(page, SEVEN)
    page.locator(FIND).click()
    page.locator(ANSWER).nth(7).wait_for()
    expect(page.locator(FIND)).to_have_text("Stop", use_inner_text=True)
    page.locator(FIND).click()
    page.locator("[data-part=find-status]", has_text="Stopped").wait_for()
    expect(page.locator(FIND)).to_have_text("Find it in latent space", use_inner_text=True)
    before = titles(page)
    page.wait_for_timeout(800)
    until(page, lambda: titles(page) == before)
    expect(page.locator(ANSWER).first).to_be_enabled()


def test_filling_in_keeps_what_is_known(page: Page, url: str) -> None:
    see(page, url + "tiny")
    draw(page, SEVEN)
    page.locator("[data-task=inpaint]").click()
    expect(page.locator(FIND)).to_be_disabled()  # nothing is erased
    draw(page, [(0.2, 0.2), (0.8, 0.2)])
    until(page, lambda: page.locator(FIND).is_enabled(), "something erased")
    known = pixels(page)
    found(page)

    def hidden() -> np.ndarray:
        return (pixels(page, TARGET) == HIDDEN).all(-1)

    until(page, lambda: 40 < hidden().sum() < 300)
    unknown = hidden()
    for k in range(8):
        answer = functools.partial(pixels, page, f"{ANSWER} canvas", k)
        until(page, lambda: np.array_equal(answer()[~unknown], known[~unknown]))
        until(page, lambda: not np.array_equal(answer()[unknown], known[unknown]))
    page.locator("[data-part=restore]").click()
    until(page, lambda: page.locator(FIND).is_disabled(), "nothing to fill in")


def test_enlarging_starts_from_a_thumbnail(page: Page, url: str) -> None:
    see(page, url + "tiny")
    draw(page, SEVEN)
    page.locator("[data-task=enlarge]").click()
    found(page)
    seen = pixels(page)[..., 0]
    shrunk = seen.reshape(7, 4, 7, 4).mean((1, 3))
    until(page, lambda: np.abs(pixels(page, TARGET)[..., 0] - shrunk).max() <= 1)
    expect(page.locator(ANSWER)).to_have_count(8)
    until(page, lambda: pixels(page, f"{ANSWER} canvas").shape == (28, 28, 3))


def test_a_refusal_is_told(page: Page, url: str) -> None:
    see(page, url + "tiny")
    page.route("**/inversion?*", lambda route: route.fulfill(status=409, json={"error": "Not so."}))
    draw(page, SEVEN)
    page.locator(FIND).click()
    page.locator("[data-part=find-status]", has_text="Not so.").wait_for()
    expect(page.locator(FIND)).to_have_text("Find it in latent space", use_inner_text=True)


# -- a run that makes pictures from pictures -------------------------------------------------------------


def test_a_drawing_is_restored_while_it_is_made_also_by_an_earlier_generator(page: Page, url: str) -> None:
    see(page, url + "shrink")
    draw(page, SEVEN)
    result = page.locator("[data-part=result]")
    expect(result).to_have_attribute("data-step", "10", timeout=60_000)
    until(page, lambda: 20 < pixels(page, "[data-part=source]").max() < 250, "blocks that are partly drawn")
    expect(page.get_by_role("button", name="Mask", exact=True)).not_to_be_visible()
    until(page, lambda: pixels(page, "[data-part=result]").shape == (57, 57, 3), "four answers")
    first = pixels(page, "[data-part=result]").tolist()
    page.get_by_role("button", name="Other answers").click()
    until(page, lambda: pixels(page, "[data-part=result]").tolist() != first, "other answers")
    page.locator("[data-part=search]").click()
    expect(page.locator("[data-part=found]")).to_have_attribute("data-last", "true", timeout=60_000)
    until(page, lambda: pixels(page, "[data-part=found]").shape == (57, 57, 3), "four of the search")
    page.locator("[data-part=time]").fill("0")
    expect(result).to_have_attribute("data-step", "0")


def test_a_drawing_is_translated_both_ways(page: Page, url: str) -> None:
    see(page, url + "both")
    draw(page, SEVEN)
    result, way = page.locator("[data-part=result]"), page.get_by_role("button", name="The other way")
    expect(result).to_have_attribute("data-step", "2", timeout=60_000)
    there = still(page, lambda: pixels(page, "[data-part=result]").tolist())
    expect(way).to_have_attribute("aria-pressed", "false")
    way.click()
    until(page, lambda: pixels(page, "[data-part=result]").tolist() != there, "another result")
    expect(way).to_have_attribute("aria-pressed", "true")
