"""The Explore tab in a real browser: it moves under the hand, a link brings it back, new weights come unasked."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from gan.runs import Run
from tests import engine
from tests.browser import computed, expect, opened, refused, still, until
from tests.games.test_words import described
from tests.serving import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request, Response, Route

pytestmark = pytest.mark.browser
DRAWN = "[data-part=status][data-step]"
HERE = "[data-part=status][data-by=page]"
SLIDER = "[data-part=sliders] input"
NEIGHBOUR = "[data-part=neighbours] button"
SHEET = "[data-part=sheet]"
ONE = "[data-part=one]"
PICTURES = "(canvases) => canvases.map((canvas) => canvas.toDataURL())"
Z_DIM = 20


@pytest.fixture(scope="module")
def served(common: tuple[Server, Path]) -> tuple[Server, Path]:
    home = common[1]
    wide = engine.tiny(z_dim=Z_DIM)
    for name in ("tiny", "growing", "held", "aging", "late"):
        engine.until(engine.make(home, wide, steps=40, run_id=f"explore-{name}"), 10)
    dots = engine.tiny(model="first-steps", z_dim=2)
    engine.play(engine.make(home, dots, steps=3, run_id="explore-dots"), engine.points())
    told = engine.tiny(dataset="captions", conditional=True, conditioning="words")
    engine.play(engine.make(home, told, steps=3, run_id="explore-words"), described())
    engine.make(home, run_id="explore-empty")
    return common


@pytest.fixture
def url(served: tuple[Server, Path]) -> str:
    return f"{served[0].url}/explore?run=explore-"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser, 1440, 900) as found:
        yield found


def see(page: Page, address: str) -> None:
    """Opens an address and waits for its picture, drawn by the page itself, and its directions."""
    page.goto(address)
    page.wait_for_selector(HERE, timeout=90_000)
    if "dots" not in address:
        page.locator("[data-part=pad]:visible, .explore-pad .explore-missing:not(:text('Measuring'))").first.wait_for()
    settled(page)


def picture(page: Page, selector: str = ONE) -> str:
    pixels: str = page.locator(selector).first.evaluate("(canvas) => canvas.toDataURL()")
    return pixels


def changed(page: Page, before: str, selector: str = ONE) -> str:
    """The picture once it differs from `before`."""
    until(page, lambda: picture(page, selector) != before, "another picture")
    return picture(page, selector)


def settled(page: Page) -> None:
    """Waits until no picture and nothing in the address moves any more."""
    still(page, lambda: page.locator("canvas").evaluate_all(PICTURES))


def drag(page: Page, selector: str, start: float, end: float) -> None:
    """A slow drag along an element, from one share of its width to another."""
    page.locator(selector).first.scroll_into_view_if_needed()
    box = until(page, lambda: page.locator(selector).first.bounding_box())
    x, y = box["x"], box["y"] + box["height"] / 2
    page.mouse.move(x + start * box["width"], y)
    page.mouse.down()
    page.mouse.move(x + end * box["width"], y, steps=12)
    page.mouse.up()


def listen(page: Page) -> Callable[[], list[int]]:
    """How many pictures each question asks for that the page answers from now on."""
    page.evaluate("""() => {
      const post = Worker.prototype.postMessage;
      globalThis.asked = [];
      Worker.prototype.postMessage = function (message, ...rest) {
        if (message.z) globalThis.asked.push(message.z.length);
        return post.call(this, message, ...rest);
      };
    }""")
    return lambda: [length // Z_DIM for length in computed(page, "() => globalThis.asked")]


def unfold(page: Page, name: str) -> None:
    page.click(f"[data-fold={name}] summary")


def test_dragging_a_slider_moves_everything(page: Page, url: str) -> None:
    see(page, url + "tiny")
    before, near, sheet = (picture(page, part) for part in (ONE, f"{NEIGHBOUR} canvas", SHEET))
    asked = listen(page)
    drag(page, f"{SLIDER} >> nth=2", 0.5, 0.9)  # not an axis of the pad
    changed(page, before)
    changed(page, near, f"{NEIGHBOUR} canvas")
    changed(page, sheet, SHEET)
    settled(page)
    sheets = asked().count(16) // 3  # a slice at a time; its 49 pictures end with one alone
    assert sheets
    assert 1 <= asked().count(1) - sheets <= 15  # one sample at a time, of the newest z only
    around = [count for count in asked() if 1 < count < 16]
    assert sum(around) >= 14  # all neighbours, in time
    page.click("[data-part=reset]")
    settled(page)
    until(page, lambda: [picture(page, part) for part in (ONE, SHEET)] == [before, sheet])
    page.click("[data-part=back]")  # a reset is no loss
    changed(page, before)


def test_what_the_page_cannot_draw_the_server_draws_and_it_says_why(page: Page, url: str) -> None:
    why = {"error": "not available because the page cannot draw by itself: cumsum is no operation of the engine."}
    page.route("**/program*", lambda route: route.fulfill(status=409, json=why))
    page.goto(url + "tiny")
    page.wait_for_selector(DRAWN)
    settled(page)
    before = picture(page)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "/images?" in request.url else None)
    page.locator(SLIDER).first.fill("2.5")
    changed(page, before)
    page.get_by_text("cumsum is no operation of the engine").wait_for()
    settled(page)
    assert asked
    served = picture(page)
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    page.wait_for_selector(HERE)
    settled(page)
    until(page, lambda: difference(picture(page), served) <= 1)


def test_a_slider_answers_a_double_click_and_keys_and_stays_when_seized_beside_its_middle(page: Page, url: str) -> None:
    see(page, url + "tiny")
    before = picture(page)
    page.locator(SLIDER).first.fill("2.5")
    changed(page, before)
    page.locator(SLIDER).first.dblclick()
    settled(page)
    expect(page.locator(SLIDER).first).to_have_value("0")
    until(page, lambda: picture(page) == before)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("PageUp")
    expect(page.locator(SLIDER).first).to_have_value("1.1")
    page.keyboard.press("Delete")
    expect(page.locator(SLIDER).first).to_have_value("0")
    settled(page)
    box = until(page, lambda: page.locator(SLIDER).first.bounding_box())
    x, y = box["x"] + box["width"] / 2 + 6, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    settled(page)
    expect(page.locator(SLIDER).first).to_have_value("0")
    page.mouse.move(x + 3 * (box["width"] - 18.4) / 6, y)
    until(page, lambda: page.locator(SLIDER).first.input_value() == "3", "its end")
    page.mouse.up()
    page.mouse.move(x, y)
    settled(page)
    expect(page.locator(SLIDER).first).to_have_value("3")  # let go
    page.mouse.click(box["x"] + 2, y)
    until(page, lambda: page.locator(SLIDER).first.input_value() == "-3", "where it was pressed")


def test_the_pad_moves_the_sample_keeps_its_sheet_and_answers_keys(page: Page, url: str) -> None:
    see(page, url + "tiny")
    before, sheet = picture(page), picture(page, SHEET)
    asked = listen(page)
    drag(page, "[data-part=pad]", 0.5, 0.8)
    changed(page, before)
    settled(page)
    assert 1 in asked()
    assert set(asked()) <= {*range(1, 15)}  # nothing of the sheet
    until(page, lambda: picture(page, SHEET) == sheet)
    until(page, lambda: float(page.locator(SLIDER).nth(0).input_value()) == pytest.approx(2.1, abs=0.05))
    until(page, lambda: float(page.locator(SLIDER).nth(1).input_value()) == pytest.approx(0, abs=0.05))
    page.click("[data-part=reset]")
    settled(page)
    before = picture(page)
    box = until(page, lambda: page.locator("[data-part=pad]").bounding_box())
    page.mouse.click(box["x"] + box["width"] * 6.5 / 7, box["y"] + box["height"] * 0.5 / 7)
    changed(page, before)
    settled(page)
    until(page, lambda: [page.locator(SLIDER).nth(k).input_value() for k in (0, 1)] == ["3", "3"])
    same = """([one, sheet]) => {
      const of = (canvas, x, y, w, h) => [...canvas.getContext("2d").getImageData(x, y, w, h).data];
      const [a, b] = [of(one, 0, 0, 8, 8), of(sheet, 48, 0, 8, 8)];
      return Math.max(...a.map((value, k) => Math.abs(value - b[k])));
    }"""
    shown = [page.locator(part).element_handle() for part in (ONE, SHEET)]
    until(page, lambda: page.evaluate(same, shown) <= 1)  # top right: both at 3
    page.click("[data-part=reset]")
    settled(page)
    page.focus("[data-part=pad]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    settled(page)
    until(page, lambda: [page.locator(SLIDER).nth(k).input_value() for k in (0, 1)] == ["0.1", "1"])


def test_other_axes_for_the_pad(page: Page, url: str) -> None:
    see(page, url + "tiny")
    sheet = picture(page, SHEET)
    names = page.locator("[data-part=pad-across] option").all_inner_texts()
    page.select_option("[data-part=pad-across]", label=names[-1])
    changed(page, sheet, SHEET)
    until(page, lambda: names[-1] not in page.locator("[data-part=pad-up] option").all_inner_texts())
    settled(page)
    until(page, lambda: "pad=" in page.url)


def test_a_neighbour_becomes_the_picture_back_returns_and_all_have_in_common_what_is_set(page: Page, url: str) -> None:
    see(page, url + "tiny")
    before = picture(page)
    wanted = picture(page, f"{NEIGHBOUR} >> nth=4 >> canvas")
    page.locator(NEIGHBOUR).nth(4).click()
    until(page, lambda: changed(page, before) == wanted)
    page.click("[data-part=shuffle]")
    changed(page, wanted)
    for known in (wanted, before):
        page.click("[data-part=back]")
        settled(page)
        until(page, lambda: picture(page) == known)
    expect(page.locator("[data-part=back]")).to_be_disabled()
    page.locator("[data-part=spread]").fill("0")
    page.locator(SLIDER).first.fill("2")
    settled(page)
    until(page, lambda: picture(page, f"{NEIGHBOUR} >> nth=9 >> canvas") == picture(page))


def test_neighbours_are_one_stop_of_the_tab_key(page: Page, url: str) -> None:
    see(page, url + "tiny")
    cells = page.locator(NEIGHBOUR)
    expect(page.locator(f"{NEIGHBOUR}[tabindex='0']")).to_have_count(1)
    cells.first.focus()
    for key, k in (("ArrowRight", 1), ("ArrowDown", 8), ("ArrowLeft", 7), ("ArrowLeft", 6)):
        page.keyboard.press(key)
        expect(cells.nth(k)).to_be_focused()
    expect(page.locator(f"{NEIGHBOUR}[tabindex='0']")).to_have_count(1)


def test_a_link_brings_the_view_back(page: Page, url: str) -> None:
    see(page, url + "tiny&seed=7")
    expect(page.locator("[data-fold=mixing]")).to_have_count(0)  # one w for all its layers
    before = picture(page)
    names = page.locator("[data-part=pad-up] option").all_inner_texts()
    page.locator(SLIDER).nth(0).fill("1.25")
    page.locator(SLIDER).nth(2).fill("-2")
    page.select_option("[data-part=pad-up]", label=names[-1])
    unfold(page, "psi")
    page.locator("[data-part=psi]").fill("0.8")
    unfold(page, "raw")
    drag(page, "[data-part=bars]", 0.4, 0.6)
    changed(page, before)
    settled(page)
    parts = (ONE, SHEET, f"{NEIGHBOUR} canvas")
    kept = [picture(page, part) for part in parts]
    until(page, lambda: "dirs=" in page.url)
    see(page, page.url)
    until(page, lambda: [picture(page, part) for part in parts] == kept)
    expect(page.locator(SLIDER).nth(0)).to_have_value("1.25")
    until(page, lambda: page.locator("[data-part=pad-up]").evaluate("(s) => s.selectedOptions[0].text") == names[-1])
    see(page, url + "tiny&seed=7")
    until(page, lambda: picture(page) == before)


def test_a_picture_of_a_grid_on_train_opens_and_leads_to_its_z(page: Page, url: str) -> None:
    refused(page, "**/nearest?*")  # the data of tiny runs are not here
    page.goto(url.replace("/explore", "/") + "tiny")
    page.locator("[data-testid=live-picture]:not([hidden])").wait_for()
    page.locator(".live-fixed .live-frame").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    tile = page.get_by_test_id("tile")
    expect(tile.locator("h2")).to_have_text("Fixed z, picture 5 at step 10", use_inner_text=True)
    expect(tile.locator("[data-part=reading]")).to_have_attribute("data-state", "told")
    page.keyboard.press("ArrowRight")
    expect(tile.locator("h2")).to_contain_text("picture 6", use_inner_text=True)
    shown = still(page, lambda: tile.locator("canvas").first.evaluate("(canvas) => canvas.toDataURL()"))
    page.get_by_test_id("tile-explore").click()
    page.wait_for_selector(HERE)
    assert near(shown, still(page, lambda: picture(page)))


def test_rings_tell_d_s_opinion_of_every_picture_sort_them_and_stay_on(page: Page, url: str) -> None:
    page.goto(url.replace("/explore", "/") + "tiny")
    page.locator("[data-testid=live-picture]:not([hidden])").wait_for()
    page.get_by_test_id("opinions-on").click()
    expect(page.locator(".live-rings:not([hidden])")).to_have_count(3)
    page.get_by_test_id("opinions-sort").click()
    page.reload()
    expect(page.locator(".live-rings:not([hidden])")).to_have_count(3)
    frame = page.locator(".live-fixed .live-frame")
    frame.focus()

    def share() -> float:
        return float((frame.get_attribute("aria-label") or "").partition("D: ")[2].partition("%")[0] or -1)

    page.keyboard.press("ArrowRight")
    first = still(page, share)
    page.keyboard.press("ArrowUp")  # there is none above
    page.keyboard.press("ArrowDown")
    below = still(page, share)
    assert first > below >= 0


def near(one: str, other: str) -> bool:
    """Whether two pictures, as canvases tell them, differ by no more than the last places of a z in a link."""
    first, second = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))) for url in (one, other)
    )
    return first.shape == second.shape and bool(np.abs(first.astype(int) - second.astype(int)).max() <= 3)


def test_a_link_to_a_direction_that_is_gone_says_so(page: Page, url: str) -> None:
    page.goto(url + "tiny&dirs=charm_150*SeFa+1_100")
    page.wait_for_selector(DRAWN, timeout=90_000)
    page.get_by_text("charm is not there any more").wait_for()
    settled(page)
    expect(page.locator(f"{SLIDER}[data-name='SeFa 1']")).to_have_value("1")


def test_a_way_of_ones_own(browser: Browser, page: Page, url: str) -> None:
    see(page, url + "tiny")
    page.click("[data-part=pin]")
    page.click("[data-part=shuffle]")
    settled(page)
    page.click("[data-part=pin]")
    unfold(page, "directions")
    page.select_option("[data-part=from]", "pin 1")
    page.select_option("[data-part=to]", "pin 2")
    page.fill("[data-part=way-name]", "mine")
    page.click("[data-part=keep]")
    page.locator(f"{SLIDER}[data-name=mine]").wait_for()
    page.click("[aria-label='Pin 1: go there']")
    settled(page)
    page.locator(f"{SLIDER}[data-name=mine]").fill("3")  # the end of the slider is the end of the way
    settled(page)
    there = picture(page)
    until(page, lambda: difference(there, picture(page, "[data-part=pins] canvas >> nth=1")) <= 2)
    until(page, lambda: "mine" not in page.url)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    stranger = context.new_page()
    see(stranger, page.url)
    until(stranger, lambda: difference(picture(stranger), there) <= 2)
    context.close()
    page.get_by_label("Rename mine").click()
    page.get_by_label("New name of mine").fill("ours")
    page.keyboard.press("Enter")
    page.locator(f"{SLIDER}[data-name=ours]").wait_for()
    see(page, page.url)
    expect(page.locator(f"{SLIDER}[data-name=ours]")).to_have_count(1)
    unfold(page, "directions")
    page.get_by_label("Delete ours").click()
    page.locator(f"{SLIDER}[data-name=ours]").wait_for(state="detached")
    settled(page)
    until(page, lambda: difference(picture(page), there) <= 2)


def difference(one: str, other: str) -> int:
    """The largest difference of two pictures, 0 to 255."""
    a, b = (np.asarray(decoded(text), np.int16) for text in (one, other))
    return int(np.abs(a - b).max())


def corner(sheet: str) -> np.ndarray:
    """The first picture of a sheet, int16 8,8."""
    return np.asarray(decoded(sheet), np.int16)[:8, :8]


def decoded(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text.partition(",")[2]))).convert("L")


def test_which_directions_are_sliders(page: Page, url: str) -> None:
    see(page, url + "tiny")
    unfold(page, "directions")
    boxes = page.locator("[data-part=choices] input")
    until(page, lambda: boxes.count() >= 5)
    expect(page.locator("[data-part=sliders] input:not([data-part=raw-sliders] *)").nth(6)).to_have_count(0)
    boxes.first.uncheck()
    name = boxes.first.get_attribute("data-direction")
    page.locator(f"[data-part=sliders] input[data-name='{name}']").wait_for(state="detached")
    see(page, page.url)
    expect(page.locator(f"[data-part=sliders] input[data-name='{name}']")).to_have_count(0)


def test_pins_are_kept_removed_and_brought_back(page: Page, url: str) -> None:
    see(page, url + "tiny&seed=11")
    first = picture(page)
    page.keyboard.press("p")
    page.keyboard.press("Space")
    changed(page, first)
    settled(page)
    page.keyboard.press("p")
    pins = page.locator("[data-part=pins] .explore-pin")
    expect(pins).to_have_count(2)
    page.click("[aria-label='Pin 1: go there']")
    settled(page)
    until(page, lambda: difference(picture(page), first) <= 2)
    page.click("[aria-label='Remove pin 1']")
    expect(pins).to_have_count(1)
    page.click("[data-part=unpin-undo]")
    expect(pins).to_have_count(2)
    see(page, url + "tiny")
    expect(pins).to_have_count(2)
    settled(page)
    until(page, lambda: difference(picture(page, "[data-part=pins] canvas >> nth=0"), first) <= 2)


def test_a_film_plays_and_is_saved(page: Page, url: str) -> None:
    see(page, url + "tiny")
    unfold(page, "pins")
    page.locator("[data-part=play]:disabled").wait_for()  # no pins
    for _ in range(3):
        page.click("[data-part=pin]")
        page.click("[data-part=shuffle]")
        settled(page)
    before = picture(page)
    square = "c => Math.abs(c.width / c.height - c.clientWidth / c.clientHeight) < 0.5"
    until(page, lambda: page.locator(".explore-track canvas").evaluate(square), "square pictures in the strip")
    page.click("[data-part=play]")
    seen = {changed(page, before)}
    while len(seen) < 5:
        seen.add(until(page, lambda: (now := picture(page)) not in seen and now, "another picture of the film"))
    page.click("[data-part=play]")
    settled(page)
    ended = picture(page)
    settled(page)
    until(page, lambda: picture(page) == ended)
    page.click("[data-part=back]")
    settled(page)
    until(page, lambda: picture(page) == before)
    with page.expect_download() as found:
        page.click("[data-part=gif]")
    with Image.open(found.value.path()) as film:
        assert (film.format, film.info["loop"]) == ("GIF", 0)
        assert 20 <= getattr(film, "n_frames", 0) <= 256
    page.select_option("[data-part=way]", "walk")
    page.click("[data-part=play]")
    changed(page, before)
    page.locator(SLIDER).first.fill("1")  # hands stop it
    expect(page.locator("[data-part=play]")).to_have_text("Play", use_inner_text=True)


def test_the_sheet_gets_more_pictures_and_is_saved(page: Page, url: str) -> None:
    see(page, url + "tiny")
    page.click("[data-part=finer]")
    until(page, lambda: page.locator(SHEET).evaluate("(canvas) => canvas.width") == 16 * 8)
    settled(page)
    fine = picture(page, SHEET)
    page.click("[data-part=finer]")
    changed(page, fine, SHEET)
    until(page, lambda: np.abs(corner(fine) - corner(picture(page, SHEET))).max() <= 1)
    with page.expect_download() as found:
        page.click("[data-part=save-sheet]")
    with Image.open(found.value.path()) as sheet:
        assert sheet.format == "PNG"
        assert min(sheet.size) >= 600


def test_raw_numbers_are_typed_and_pasted(page: Page, url: str) -> None:
    see(page, url + "tiny")
    before = picture(page)
    unfold(page, "raw")
    page.fill("[data-part=raw-text]", ", ".join(["0.5"] * Z_DIM))
    page.keyboard.press("Enter")
    changed(page, before)
    settled(page)
    expect(page.locator("[data-part=raw-sliders] input").first).to_have_value("0.5")
    there, link = picture(page), page.url
    page.fill("[data-part=raw-text]", "1 2 three")
    page.keyboard.press("Enter")
    page.get_by_text("“three” is not a number").wait_for()
    page.fill("[data-part=raw-text]", "1 2")
    page.keyboard.press("Enter")
    page.get_by_text(f"z has {Z_DIM} numbers; these are 2").wait_for()
    page.click("[data-part=shuffle]")
    changed(page, there)
    page.fill("[data-part=raw-text]", link)
    page.keyboard.press("Enter")
    settled(page)
    until(page, lambda: picture(page) == there)


def test_back_in_time(page: Page, url: str) -> None:
    see(page, url + "tiny")
    before = picture(page)
    page.locator("[data-part=time]").fill("0")
    changed(page, before)
    expect(page.locator("[data-part=time-text]")).to_have_text("0", use_inner_text=True)
    until(page, lambda: "step=0" in page.url, "the step in the address")


def test_newer_weights_come_by_themselves(page: Page, served: tuple[Server, Path], url: str) -> None:
    see(page, url + "growing&spread=0.3")
    before, sheet = picture(page), picture(page, SHEET)
    page.locator(SLIDER).nth(1).fill("1.5")
    before = changed(page, before)
    settled(page)
    engine.play(Run(served[1] / "explore-growing"))
    changed(page, before)
    changed(page, sheet, SHEET)
    expect(page.locator(DRAWN)).to_have_attribute("data-step", "40")  # on a slow machine others come before
    expect(page.locator(SLIDER).nth(1)).to_have_value("1.5")  # no slider moves
    expect(page.locator("[data-part=again]")).to_contain_text("Re-measure directions (from step", use_inner_text=True)
    settled(page)
    newer = picture(page)
    page.click("[data-part=again]")
    page.locator("[data-part=again]").wait_for(state="hidden")
    settled(page)
    expect(page.locator(SLIDER).nth(1)).to_have_value("0")  # what it added is in z now
    until(page, lambda: difference(picture(page), newer) <= 2)


def test_frozen_weights_stay(page: Page, served: tuple[Server, Path], url: str) -> None:
    see(page, url + "held")
    page.click("[data-part=freeze]")
    page.get_by_text("Frozen at step").wait_for()
    settled(page)
    before, step = picture(page), page.locator(DRAWN).get_attribute("data-step")
    engine.play(Run(served[1] / "explore-held"))
    page.wait_for_timeout(2500)
    until(page, lambda: picture(page) == before)
    until(page, lambda: page.locator(DRAWN).get_attribute("data-step") == step)
    page.click("[data-part=freeze]")
    changed(page, before)
    expect(page.locator(DRAWN)).to_have_attribute("data-step", "40")


def test_directions_are_measured_again_where_no_slider_jumps(page: Page, served: tuple[Server, Path], url: str) -> None:
    found: list[str] = []

    def note(answer: Response) -> None:
        if answer.url.endswith("/directions") and answer.ok:  # a busy server is asked again
            found.append(answer.url)

    page.on("response", note)
    see(page, url + "aging")
    assert len(found) == 1
    engine.play(Run(served[1] / "explore-aging"))
    page.locator("[data-part=status][data-step='40']").wait_for()
    until(page, lambda: len(found) == 2, "new directions")
    still(page, lambda: len(found))
    assert len(found) == 2
    expect(page.locator("[data-part=again]")).to_be_hidden()


def test_directions_that_come_late_leave_a_slider_in_the_hand(
    page: Page, served: tuple[Server, Path], url: str
) -> None:
    see(page, url + "late")
    held: list[Route] = []
    page.route("**/api/**/directions", lambda route: held.append(route))
    engine.play(Run(served[1] / "explore-late"))
    until(page, lambda: held, "directions asked for anew")
    page.wait_for_timeout(1000)
    assert len(held) == 1, "asked once, however long it takes"
    page.locator(SLIDER).first.fill("1.5")
    held[0].continue_()
    page.wait_for_timeout(1000)
    expect(page.locator(SLIDER).first).to_have_value("1.5")
    expect(page.locator("[data-part=again]")).to_contain_text("Re-measure directions (from step", use_inner_text=True)


def test_a_run_without_a_generator_says_so(page: Page, url: str) -> None:
    page.goto(url + "empty")
    page.wait_for_selector("[data-part=message]:not([hidden])", timeout=60_000)
    expect(page.locator("[data-part=message]")).to_contain_text("no generator yet", use_inner_text=True)


def test_without_directions_numbers_can_be_moved(page: Page, url: str) -> None:
    why = {"error": "not available because this is a test"}
    page.route("**/api/**/directions", lambda route: route.fulfill(status=409, json=why))
    see(page, url + "tiny")
    page.get_by_text("not available because this is a test").wait_for()
    before = picture(page)
    drag(page, "[data-part=raw-sliders] input", 0.5, 0.9)
    changed(page, before)


def test_a_tab_that_is_broken_breaks_only_itself(page: Page, url: str) -> None:
    page.route("**/assets/*/draw/draw.js", lambda route: route.abort())
    see(page, url + "tiny")
    page.click("[data-tab=draw]")
    page.get_by_text("Not available because it could not be loaded").wait_for()
    settled(page)
    until(page, lambda: "tab=draw" in page.url)
    page.click("[data-tab=explore]")
    before = picture(page)
    page.click("[data-part=shuffle]")
    changed(page, before)
    settled(page)
    until(page, lambda: "tab=" not in page.url)


def answer(route: Route, told: dict[str, Any], status: int = 200) -> None:
    route.fulfill(status=status, content_type="application/json", body=json.dumps(told))


def test_the_sample_is_read_when_the_finger_rests(page: Page, url: str) -> None:
    """By the page itself, as its picture is drawn: the server is asked nothing."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/reading" in request.url else None)
    see(page, url + "tiny")
    verdict = page.locator("[data-part=reading][data-state=told]")
    expect(verdict).to_contain_text("% real", use_inner_text=True)
    until(
        page,
        lambda: page.evaluate("() => performance.getEntriesByType('resource').some((r) => r.name.includes('judge'))"),
    )
    asked.clear()
    page.evaluate("""() => {
      const post = Worker.prototype.postMessage;
      globalThis.judged = 0;
      Worker.prototype.postMessage = function (message, ...rest) {
        globalThis.judged += Boolean(message.pixels);
        return post.call(this, message, ...rest);
      };
    }""")
    drag(page, SLIDER, 0.5, 0.9)
    settled(page)
    verdict.wait_for()
    assert 1 <= computed(page, "() => globalThis.judged") <= 3  # not once for each picture of the drag
    assert not asked


def test_the_nearest_training_image_comes_beside_the_sample(page: Page, url: str) -> None:
    pixels = base64.b64encode(bytes(range(64))).decode()
    found = {"pixels": pixels, "index": 12, "label": "trouser", "distance": 1.0, "of": 60000}
    told = [(202, {"done": 0.4, "text": "reading the training images"}), (200, found)]
    page.route(
        "**/api/**/nearest*", lambda route: answer(route, (now := told.pop(0) if len(told) > 1 else told[0])[1], now[0])
    )
    see(page, url + "tiny")
    page.click("[data-part=near]")
    page.get_by_text("40 %").wait_for()
    page.get_by_text("of 60,000 training images: number 12, class trouser").wait_for()


def test_where_g_is_told_to_change(page: Page, url: str) -> None:
    see(page, url + "tiny")
    over = page.locator("canvas.over")
    expect(over).to_be_hidden()
    page.click("[data-part=gradient]")
    over.wait_for()
    until(page, lambda: page.locator("[data-part=gradient-key]").inner_text().startswith("brighter"))
    before = picture(page, "canvas.over")
    page.locator(SLIDER).first.fill("1")
    until(page, lambda: over.is_visible() and picture(page, "canvas.over") != before, "that of the new sample")
    unfold(page, "raw")
    expect(over).to_be_visible()


def test_truncation_and_what_it_costs(page: Page, url: str) -> None:
    found = {"psi": [0.5, 1.0], "precision": [0.9, 0.7], "recall": [0.2, 0.6], "n": 500}
    told = [(202, {"done": 0.5, "text": "measuring"}), (200, found)]
    page.route("**/api/**/truncation*", lambda route: answer(route, (now := told.pop(0))[1], now[0]))
    see(page, url + "tiny")
    unfold(page, "psi")
    before = picture(page)
    page.locator("[data-part=psi]").fill("0")
    changed(page, before)
    settled(page)
    until(page, lambda: picture(page) == picture(page, f"{NEIGHBOUR} >> nth=3 >> canvas"))  # all are the middle
    page.click("[data-part=sweep]")
    page.locator(".explore-chart polyline.recall").wait_for()
    until(page, lambda: "psi=0" in page.url)


def test_points_are_a_net_with_a_dot_to_drag(page: Page, url: str) -> None:
    see(page, url + "dots")
    before = picture(page, "[data-part=many]")
    drag(page, ONE, 0.5, 0.2)
    changed(page, before, "[data-part=many]")
    until(page, lambda: page.locator("[data-part=raw-sliders] output").first.inner_text() < "0")
    expect(page.locator("[role=tab]:visible")).to_have_count(0)


def test_a_phone_fits_and_feels(browser: Browser, url: str) -> None:
    with opened(browser, 360, 740, has_touch=True) as page:
        phone(page, url)


def phone(page: Page, url: str) -> None:
    see(page, url + "tiny")
    main = "document.querySelector('[data-testid=stMain]')"
    until(page, lambda: page.evaluate(f"{main}.scrollWidth <= 360"))
    before = picture(page)
    pad = page.locator("[data-part=pad]")
    above = still(page, lambda: pad.bounding_box())
    assert above
    page.evaluate(f"{main}.scrollBy(0, {above['y'] - 320})")
    box = until(page, lambda: (at := pad.bounding_box()) and abs(at["y"] - 320) <= 2 and at, "the pad at 320")
    page.touchscreen.tap(box["x"] + 0.8 * box["width"], box["y"] + 0.5 * box["height"])
    changed(page, before)
    # in sight while a thumb is on the pad
    until(page, lambda: (at := page.locator(ONE).bounding_box()) and 0 <= at["y"] <= 200, "the sample in sight")


def test_the_browser_goes_the_ways_of_gan_latents(page: Page, served: tuple[Server, Path]) -> None:
    from gan.latents import interpolation

    rng = np.random.default_rng(0)
    keys = rng.standard_normal((4, 6))
    keys[3] = -keys[2]  # no one turn joins them
    page.goto(f"{served[0].url}/api/health")
    frames, speed, seed = 13, 0.3, 5
    noise = np.random.default_rng(seed).standard_normal((frames + 1, 6))
    told = computed(
        page,
        """async ({ keys, frames, speed, noise }) => {
          const l = await import("/assets/base/latent.js");
          const strides = l.walk(keys[0], () => speed, noise.flat().values());
          return {
            slerp: l.slerp(keys[0], keys[1], 0.3),
            truncate: l.truncate(keys[0], 0.6),
            open: l.path(keys, frames, false),
            loop: l.path(keys, frames, true),
            one: l.path(keys, 1, false),
            walk: Array.from({ length: frames }, () => [...strides.next().value]),
          };
        }""",
        {"keys": keys.tolist(), "frames": frames, "speed": speed, "noise": noise.tolist()},
    )
    expected = {
        "slerp": interpolation.slerp(keys[0], keys[1], 0.3),
        "truncate": interpolation.truncate(keys[0], 0.6),
        "open": interpolation.path(keys, frames),
        "loop": interpolation.path(keys, frames, loop=True),
        "one": interpolation.path(keys, 1),
        "walk": interpolation.walk(keys[0], frames, speed, seed),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(told[name], value, atol=1e-6, err_msg=name)


def test_words_are_drawn_and_an_unknown_one_is_named(page: Page, url: str) -> None:
    refused(page, "**/explore-words/images?*thik*")
    page.goto(f"{url}words&words=a+thin+four")
    page.wait_for_selector(DRAWN)
    field = page.locator("[data-part=words]:visible")
    expect(field).to_have_value("a thin four")
    expect(page.locator("select[data-part=class]:visible")).to_be_disabled()
    before = still(page, lambda: picture(page))
    field.fill("a thick seven, at the top")
    until(page, lambda: picture(page) != before, "another picture")
    until(page, lambda: "words=a+thick+seven" in page.url or "words=a%20thick%20seven" in page.url, "a link to it")
    field.fill("a thik seven")
    expect(page.locator("[data-part=message]")).to_contain_text("'thik'")
    field.fill("")
    expect(page.locator("[data-part=message]")).to_be_hidden()
    expect(page.locator("select[data-part=class]:visible")).to_be_enabled()
