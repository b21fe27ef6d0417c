"""A link to a page, opened as the first thing a fresh server is asked for."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.serving import server

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.browser
def test_the_first_link_shows_its_page_with_the_navigation(
    browser: "Browser", tmp_path: Path
) -> None:
    """With a pages/ folder beside the entry script Streamlit would run the page alone."""
    with server(tmp_path) as found:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{found.url}/learn")
        for name in ("Train", "Explore", "Learn"):
            page.get_by_role("link", name=name, exact=True).first.wait_for(timeout=60_000)
        assert page.url.endswith("/learn")
        page.close()
