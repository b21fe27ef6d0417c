"""The watch view: a run in one page, opened from the disk without a network, and what trains on a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan.export import watch_page
from tests import engine
from tests.browser import expect, opened, until
from tests.live.fake import Fake
from tests.serving import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_run_is_seen_and_explored_from_one_file(browser: Browser, tmp_path: Path) -> None:
    run = engine.make(tmp_path, engine.tiny(z_dim=8, samples=16), steps=12)
    engine.play(run, engine.pictures(28, count=40))
    (tmp_path / "run.html").write_text(watch_page.one_file(run))
    with opened(browser, 1000, 800, offline=True) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "run.html").as_uri())
        expect(page.locator("[data-part=title]")).to_have_text("tiny")
        expect(page.locator("[data-part=step]")).to_have_text("step 12")

        picture = page.locator("[data-part=picture]")
        expect(picture).to_have_attribute("src", picture.get_attribute("data-url") or "")
        newest = picture.get_attribute("src") or ""
        page.locator("[data-part=time]").fill("0")
        expect(page.locator("[data-part=step]")).to_have_text("step 0")
        expect(picture).not_to_have_attribute("src", newest)

        sample = page.locator("[data-part=sample]")
        page.get_by_role("heading", name="Explore").scroll_into_view_if_needed()
        expect(sample).to_have_attribute("data-step", "12")
        before = sample.evaluate("(canvas) => canvas.toDataURL()")
        page.locator("summary", has_text="Numbers of z").click()
        page.locator("[data-slider='z 1']").fill("3")
        until(page, lambda: sample.evaluate("(canvas) => canvas.toDataURL()") != before, "the slider moves the picture")

        page.locator("[data-part=deal]").click()
        page.locator("[data-part=real]").click()
        expect(page.locator("[data-part=verdict]")).to_contain_text("D says")
        expect(page.locator("[data-part=score]")).to_contain_text("of 1")
        until(page, lambda: all(url.startswith(("file:", "blob:", "data:")) for url in asked), "no request leaves")


def test_a_phone_follows_what_trains_explores_and_plays(browser: Browser, common: tuple[Server, Path]) -> None:
    """Without a websocket; pictures first, and what it explores with only once that is looked at."""
    server, home = common
    played = engine.make(home, engine.tiny(z_dim=8, samples=16), steps=12, run_id="watch-played")
    engine.play(played, engine.pictures(28, count=40))
    with opened(browser, 390, 844) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(f"websocket {socket.url}"))
        page.goto(f"{server.url}/watch?run=watch-played")
        step = page.locator("[data-part=step]")
        expect(step).to_have_text("step 12")
        expect(page.locator("[data-part=status]")).to_contain_text("Finished")
        assert not [url for url in asked if "weights" in url or "websocket" in url]
        page.get_by_role("heading", name="Explore").scroll_into_view_if_needed()
        expect(page.locator("[data-part=sample]")).to_have_attribute("data-step", "12")
        page.locator("[data-part=deal]").click()
        page.locator("[data-part=generated]").click()
        expect(page.locator("[data-part=verdict]")).to_contain_text("D says")

        page.goto(f"{server.url}/watch")
        title = page.locator("[data-part=title]")
        expect(title).not_to_have_text("")
        fake = Fake(home)
        try:
            page.evaluate("dispatchEvent(new Event('online'))")  # a page of a finished run asks seldom
            expect(title).to_have_text(fake.run.id)
            fake.log(5)
            fake.show(100)
            expect(step).to_have_text("step 100")
            expect(page.locator("[data-part=status]")).to_contain_text("Training · step 100")
        finally:
            fake.stop()
