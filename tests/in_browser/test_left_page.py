"""A part of a page that asks to run again while another page comes: the new page stays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.browser import expect, opened, until
from tests.serving import server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, WebSocketRoute

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


class Between:
    """Between a page and the server: what the page asks passes, and whatever asks for another page is followed at once
    by the last that a part of the page before has asked for."""

    def __init__(self) -> None:
        self.late: bytes | None = None
        self.sent_late = 0

    def __call__(self, socket: WebSocketRoute) -> None:
        ours = socket.connect_to_server()
        ours.on_message(socket.send)

        def asked(message: str | bytes) -> None:
            assert isinstance(message, bytes)
            ours.send(message)
            rerun = BackMsg.FromString(message).rerun_script
            if rerun.fragment_id:
                self.late = message
            elif self.late and rerun.page_script_hash != BackMsg.FromString(self.late).rerun_script.page_script_hash:
                ours.send(self.late)
                self.sent_late += 1

        socket.on_message(asked)


def test_a_part_of_the_page_before_does_not_empty_the_one_that_came(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with server(tmp_path) as app, opened(browser, 1280, 900) as page:
        between = Between()
        page.route_web_socket("**/_stcore/stream", between)
        page.goto(app.url)
        until(page, lambda: between.late, "a part that runs on a timer")
        page.get_by_role("link", name="Compare").click()
        until(page, lambda: between.sent_late, "a part of Train asks after Compare was asked for")
        there = page.get_by_role("button", name="Start a pair").first
        there.wait_for()
        page.wait_for_timeout(3000)  # the late part would have run by now
        expect(there).to_be_visible()
