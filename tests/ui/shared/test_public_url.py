"""The address that is printed and shared: what was told, what the browser sees, what was looked up."""

from __future__ import annotations

import types

import pytest
import streamlit as st

from ui.shared import public_url

PUBLIC, LAN = "FORGER_PUBLIC_URL", "FORGER_LAN_URL"


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (PUBLIC, LAN):
        monkeypatch.delenv(name, raising=False)


def seen(monkeypatch: pytest.MonkeyPatch, url: str | None) -> None:
    monkeypatch.setattr(st, "context", types.SimpleNamespace(url=url))


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("http://localhost:8501", "http://localhost:8501/"),
        ("http://localhost:8501/learn", "http://localhost:8501/"),
        ("https://a.example/forger", "https://a.example/forger/"),
        ("https://a.example/user/me/proxy/8501/explore", "https://a.example/user/me/proxy/8501/"),
        (None, ""),
    ],
)
def test_the_root_is_the_folder_of_the_pages(monkeypatch: pytest.MonkeyPatch, url: str | None, root: str) -> None:
    seen(monkeypatch, url)
    assert public_url.here() == root
    assert public_url.link(run="x") == f"{root}?run=x"


@pytest.mark.parametrize(
    ("url", "told", "lan", "root"),
    [
        ("http://localhost:8501", "", "", ""),
        ("http://localhost:8501", "", "http://10.0.0.8:8501", "http://10.0.0.8:8501/"),
        ("http://[::1]:8501", "", "http://10.0.0.8:8501", "http://10.0.0.8:8501/"),
        ("http://10.1.0.8:8501", "", "http://10.0.0.8:8501", "http://10.1.0.8:8501/"),
        ("http://10.1.0.8:8501", "https://a.example/forger https://b.example", "", "https://a.example/forger/"),
    ],
)
def test_what_was_told_comes_first(monkeypatch: pytest.MonkeyPatch, url: str, told: str, lan: str, root: str) -> None:
    seen(monkeypatch, url)
    for name, value in ((PUBLIC, told), (LAN, lan)):
        if value:
            monkeypatch.setenv(name, value)
    assert public_url.root() == root
