"""GET /api/connection: what is in the way of a page, and the one flag that admits it."""

from __future__ import annotations

import pytest

from tests.asgi import Client
from ui.shell import admitted, connection


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.delenv(admitted.PUBLIC_URL, raising=False)
    return Client(connection.routes())


@pytest.mark.parametrize(
    "root", ["http://localhost:8501/", "http://localhost:8501/forger/", "", "no address", "http://["]
)
def test_a_page_of_the_server_gets_a_connection(client: Client, root: str) -> None:
    answer = client.request("GET", f"/api/connection?root={root}", {"host": "localhost:8501"})
    assert answer.json() == {"host": "localhost:8501", "prefix": "", "refused": None}
    assert answer.headers["cache-control"] == "no-store"


def test_a_forwarder_is_told_the_flag_that_admits_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    root = "https://name-8501.app.github.dev/"
    question = f"/api/connection?root={root}"
    headers = {"host": "localhost:8501"}
    assert f'make run ARGS="--public-url {root}"' in client.request("GET", question, headers).json()["refused"]
    assert (
        client.request("GET", question, headers | {"x-forwarded-host": "name-8501.app.github.dev"}).json()["refused"]
        is None
    )
    monkeypatch.setenv(admitted.PUBLIC_URL, root)
    assert client.request("GET", question, headers).json()["refused"] is None


@pytest.mark.parametrize("wild", ["https://a.example/$(reboot)/", "https://a.example/'`/", "https://" + "a" * 500])
def test_no_address_that_a_shell_would_run_is_repeated_as_a_command(wild: str) -> None:
    assert connection.cure(wild).endswith('--public-url https://…"')
