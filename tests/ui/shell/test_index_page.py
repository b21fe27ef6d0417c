"""Streamlit's page as we send it: our script first, every address relative."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.asgi import Client
from ui.shared import assets
from ui.shell import index_page


@pytest.fixture(scope="module")
def client() -> Client:
    return Client(index_page.routes())


@pytest.mark.parametrize("name", ["", "explore", "learn"])
def test_every_page_begins_with_our_script(client: Client, name: str) -> None:
    answer = client.get(f"/{name}")
    sources = re.findall(r'<script[^>]* src="([^"]+)"', answer.text)
    assert sources[0] == assets.url("shell/connection.js"), "before Streamlit's, which reads what it sets"
    assert answer.headers["cache-control"] == "no-cache"


def test_nothing_in_it_is_absolute_to_the_host(client: Client) -> None:
    addresses = re.findall(r'(?:src|href)="([^"]+)"', client.get("/").text)
    assert len(addresses) > 10
    assert [address for address in addresses if address.startswith("/")] == []


def test_a_slash_too_much_is_taken_off_by_a_relative_address(client: Client) -> None:
    answer = client.get("/learn/?a=1")
    assert answer.status_code == 307
    location = answer.headers["location"]
    assert str(httpx.URL("http://x/folder/learn/").join(location)) == "http://x/folder/learn?a=1"
