"""A browser that sends no cookie is shown a tab of its own, where Streamlit would answer an upload by 403."""

from __future__ import annotations

import types
from collections.abc import Mapping

import pytest
import streamlit as st

from ui.shared import own_tab


@pytest.mark.parametrize(
    ("headers", "cookies", "needed"),
    [({"Host": "a"}, {}, True), ({"Host": "a"}, {own_tab.XSRF: "2|a"}, False), ({}, {}, False)],
    ids=["in a frame", "usual", "no browser"],
)
def test_a_tab_is_offered_where_no_cookie_comes(
    monkeypatch: pytest.MonkeyPatch, headers: Mapping[str, str], cookies: Mapping[str, str], needed: bool
) -> None:
    monkeypatch.setattr(st, "context", types.SimpleNamespace(headers=headers, cookies=cookies))
    assert own_tab.is_needed() is needed
