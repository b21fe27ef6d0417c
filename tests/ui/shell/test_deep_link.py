"""A link to a page, opened as the first thing a fresh server is asked for."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import until
from tests.serving import server

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.browser
def test_the_first_link_shows_its_page_with_the_navigation(browser: "Browser", tmp_path: Path) -> None:
    """With a pages/ folder beside the entry script Streamlit would run the page alone.

    Nothing is asked for in vain: the script need not guess where the server is.
    """
    with server(tmp_path) as found:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        missing: list[str] = []
        page.on("response", lambda answer: missing.append(answer.url) if answer.status == 404 else None)
        page.goto(f"{found.url}/learn")
        for name in ("Train", "Explore", "Learn"):
            page.get_by_role("link", name=name, exact=True).first.wait_for(timeout=60_000)
        until(page, lambda: page.url.endswith("/learn"))
        page.get_by_role("heading").first.wait_for()  # drawn: what the script asks for first has long been answered
        page.get_by_role("link", name="Explore", exact=True).first.click()
        until(page, lambda: page.url.endswith("/explore"))
        assert not missing
        page.close()
