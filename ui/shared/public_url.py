"""The address at which other browsers reach the app, as it is printed and shared."""

from __future__ import annotations

import os
from urllib.parse import urlencode, urlsplit

import streamlit as st

from ui.shared.navigation import PAGES

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "")


def root() -> str:
    """The app's root with a slash at the end, "" where others cannot reach it, as far as is known.

    What whoever started the server told (`--public-url`) comes first, then what this browser sees, unless that is a
    name of this machine only, then what `make class` found.
    """
    if told := os.environ.get("FORGER_PUBLIC_URL", "").split():
        return _slashed(told[0])
    if (urlsplit(seen := here()).hostname or "") not in LOCAL_NAMES:
        return seen
    found = os.environ.get("FORGER_LAN_URL", "")
    return _slashed(found) if found else ""


def here() -> str:
    """The app's root as this browser sees it; every page lies in it. "" without a browser."""
    url = st.context.url or ""  # without the slash at the end
    before, _, last = url.rpartition("/")
    is_page = any(last == path.stem for path in PAGES.glob("[!_]*.py"))
    return _slashed(before if is_page else url) if url else ""


def link(page: str = "", /, **query: str) -> str:
    """A link to a page, else the home page, which shows what `query` names: at the public address, or here."""
    return f"{root() or here()}{page}?{urlencode(query)}"


def _slashed(url: str) -> str:
    return f"{url.rstrip('/')}/"
