"""The app where people put it: in a folder behind a proxy, in another site's frame, over IPv6, without a websocket."""

from __future__ import annotations

import io
import re
import socket
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
import pytest

from gan import images
from gan.datasets import Data
from tests import engine
from tests.browser import expect, opened, until
from tests.in_browser import test_compare as compare
from tests.in_browser import test_draw as draw
from tests.in_browser import test_explore as explore
from tests.in_browser import test_quiz as quiz
from tests.live.fake import Fake, open_view, plotted
from tests.proxy import needs_nginx, nginx
from tests.serving import Server, server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Page, Response

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
BAR = "#forger-says"
BAD = {*range(400, 600)} - {503}  # PyTorch may still be loaded
PATIENCE_MS = 5000  # until a page says what is in the way
OUTSIDE = """<!doctype html><iframe width=1400 height=900></iframe>
<script>document.querySelector("iframe").src = location.search.slice(1)</script>"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose runs/ has one that can be explored, drawn with and compared, and another."""
    folder = tmp_path_factory.mktemp("places")
    data = Data(engine.pictures(28).images, np.arange(10), tuple("0123456789"))
    for name in ("one", "two"):
        engine.play(engine.make(folder / "runs", engine.tiny(z_dim=8), run_id=name), data)
    return folder


@pytest.fixture(scope="module")
def plain(home: Path) -> Iterator[Server]:
    with server(home) as found:
        yield found


@pytest.fixture(scope="module")
def below(home: Path) -> Iterator[Server]:
    """The same, configured to be in a folder."""
    (home / "below").mkdir()
    with server(home / "below", "--server.baseUrlPath", "class/forger", GAN_RUNS=str(home / "runs")) as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser, 1440, 900, calm=False) as found:  # proxies that refuse, servers that are gone
        yield found


def archive() -> FilePayload:
    """A zip of pictures, as a person uploads it."""
    packed = io.BytesIO()
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(packed, "w") as file:
        for k in range(12):
            file.writestr(f"{'ab'[k % 2]}/{k}.png", images.png(rng.integers(0, 256, (28, 28, 1), dtype=np.uint8)))
    return {"name": "mine.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}


def pick_own_images(page: Page, root: str) -> None:
    """The form with its place for own pictures."""
    page.goto(f"{root}?preset=lean&dataset=own-images")
    page.get_by_test_id("stFileUploader").wait_for()


@needs_nginx
@pytest.mark.parametrize("strip", [True, False], ids=["stripped", "kept"])
def test_everything_works_in_a_folder_of_another_address(
    page: Page, plain: Server, below: Server, home: Path, tmp_path: Path, strip: bool
) -> None:
    """Of the page nothing is asked for outside the folder, and nothing in vain."""
    with ExitStack() as stack:
        found = plain if strip else below
        root = stack.enter_context(nginx(tmp_path / "nginx", found.url, "/class/forger/", strip=strip))
        fake = Fake(home / "runs")
        stack.callback(fake.stop)
        fake.log(5)
        lost: list[str] = []

        def look(answer: Response) -> None:
            if answer.status in BAD or not answer.url.startswith((root, "data:", "blob:")):
                lost.append(f"{answer.status} {answer.url}")

        page.on("response", look)

        explore.see(page, f"{root}explore?run=one")  # a deep link, the first thing that is asked for
        before = explore.picture(page)
        explore.drag(page, explore.SLIDER, 0.5, 0.9)
        explore.changed(page, before)

        draw.see(page, f"{root}explore?run=one&tab=draw")
        draw.draw(page, draw.SEVEN)
        until(page, lambda: draw.is_told(page), "what D says of the drawing")
        page.get_by_role("tab", name="Quiz").click()
        page.locator(f"{quiz.QUESTION}[data-k='0']").wait_for()
        quiz.press(page, "ArrowLeft")

        page.get_by_role("link", name="Compare", exact=True).first.click()
        page.wait_for_url(f"{root}compare*")
        page.goto(f"{root}compare?runs=one,two")
        assert len(compare.strip(page, "one")) == 12

        page.goto(f"{root}watch?run=one")
        expect(page.locator("[data-part=step]")).to_have_text(re.compile("step "))
        page.get_by_role("heading", name="Explore").scroll_into_view_if_needed()
        expect(page.locator("[data-part=sample]")).to_have_attribute("data-step", re.compile("."))

        open_view(page, f"{root}?run={fake.run.id}")
        fake.log(5)
        until(page, lambda: len(plotted(page, "data[0].x")) == 10, "new records on the chart")
        page.reload()
        page.locator("[data-testid=live-chart] .main-svg").first.wait_for()
        until(page, lambda: len(plotted(page, "data[0].x")) == 10, "all records after a reload")

        page.get_by_role("link", name="Runs", exact=True).first.click()
        page.wait_for_url(f"{root}runs")
        thumbnail = page.locator(f".st-key-run-{fake.run.id} img")
        until(page, lambda: thumbnail.evaluate("(image) => image.naturalWidth") > 0, "a picture in the list")

        pick_own_images(page, root)
        page.locator("input[type=file]").set_input_files(archive())
        expect(page.get_by_label("… or a folder or zip on this machine")).to_have_value(re.compile(r"\.zip$"))
        assert lost == []


REFUSALS = {
    "a forwarder": ({"host": "localhost:1"}, r"--public-url http://localhost:\d+/forger/"),
    "another name": ({"host": "gan.example"}, "does not go by the name 'gan.example'.*--public-url"),
    "no upgrade": ({"upgrade": False}, "does not pass WebSockets on"),
}


@needs_nginx
@pytest.mark.parametrize("why", REFUSALS)
def test_a_page_without_a_connection_says_within_five_seconds_why(
    page: Page, plain: Server, tmp_path: Path, why: str
) -> None:
    how, words = REFUSALS[why]
    with nginx(tmp_path, plain.url, "/forger/", **how) as root:  # type: ignore[arg-type]
        page.goto(root)
        expect(page.locator("body")).to_contain_text(re.compile(words), timeout=PATIENCE_MS)


@needs_nginx
def test_a_server_that_is_gone_is_told_in_our_words_and_found_again(page: Page, home: Path, tmp_path: Path) -> None:
    with server(tmp_path, GAN_RUNS=str(home / "runs")) as found, nginx(tmp_path / "nginx", found.url) as root:
        watching = page.context.new_page()
        watching.goto(f"{root}watch?run=one")
        status = watching.locator("[data-part=status]")
        expect(status).to_contain_text("Finished")
        page.goto(f"{root}learn")
        page.get_by_role("heading").first.wait_for()
        port = urlsplit(found.url).port or 0
        assert found.stop() == 0
        expect(page.locator(BAR)).to_contain_text("does not reach it (502)")
        expect(page.locator("body")).not_to_contain_text("yourscript")
        watching.bring_to_front()
        watching.evaluate("dispatchEvent(new Event('online'))")  # a page of a finished run asks seldom
        expect(status).to_contain_text("No answer since")
        page.bring_to_front()
        with server(tmp_path, port=port, GAN_RUNS=str(home / "runs")):
            expect(page.locator(BAR)).to_have_count(0)
            watching.bring_to_front()
            expect(status).to_contain_text("Finished")
            watching.close()


@needs_nginx
def test_an_upload_that_a_proxy_refuses_is_told_in_words(page: Page, plain: Server, tmp_path: Path) -> None:
    with nginx(tmp_path, plain.url, megabytes=1) as root:
        pick_own_images(page, root)
        large: FilePayload = {"name": "large.zip", "mimeType": "application/zip", "buffer": bytes(2 << 20)}
        page.locator("input[type=file]").set_input_files(large)
        picker = page.get_by_test_id("stFileUploader")
        expect(picker).to_contain_text("client_max_body_size")
        expect(picker).not_to_contain_text("AxiosError")


@needs_nginx
def test_in_a_frame_of_another_site_one_explores_and_is_shown_the_way_to_upload(
    page: Page, home: Path, tmp_path: Path
) -> None:
    """127.0.0.1 is another site than localhost; without https no browser keeps a cookie in its frame."""
    with (
        nginx(tmp_path / "site", "http://localhost:9", outside=OUTSIDE) as site,
        server(tmp_path, GAN_RUNS=str(home / "runs"), FORGER_FRAME_ORIGIN=site.rstrip("/")) as found,
    ):
        root = found.url.replace("localhost", "127.0.0.1")
        page.goto(f"{site}outside.html?{root}/explore?run=one")
        inside = page.frame_locator("iframe")
        inside.locator(explore.DRAWN).wait_for()
        canvas = inside.locator(explore.ONE).first
        before = canvas.evaluate("(canvas) => canvas.toDataURL()")
        inside.locator(explore.SLIDER).first.fill("2.5")
        until(page, lambda: canvas.evaluate("(canvas) => canvas.toDataURL()") != before, "another picture")

        page.goto(f"{site}outside.html?{root}/?preset=lean&dataset=own-images")
        way = inside.get_by_role("link", name="Open in a tab of its own")
        expect(way).to_have_attribute("href", f"{root}/?preset=lean&dataset=own-images")
        expect(inside.get_by_test_id("stFileUploader")).to_have_count(0)


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
def test_it_is_reached_over_ipv6(page: Page, home: Path, tmp_path: Path) -> None:
    with server(tmp_path, "--server.address", "::1", host="[::1]", GAN_RUNS=str(home / "runs")) as found:
        page.goto(f"{found.url}/explore?run=one")
        page.wait_for_selector(explore.DRAWN)
        page.goto("about:blank")  # before the server goes


def test_the_doctor_looks_from_both_sides(page: Page, plain: Server) -> None:
    page.goto(plain.url)
    page.get_by_role("button", name="Something not working?").click()
    page.get_by_test_id("doctor-browser").and_(page.locator("[data-done]")).wait_for()
    rows = page.locator("[data-testid=doctor-browser] tbody tr")
    expect(rows.filter(has_text="connection")).to_have_attribute("data-state", "ok")
    expect(page.get_by_role("dialog")).to_contain_text("A WebSocket gets through")
