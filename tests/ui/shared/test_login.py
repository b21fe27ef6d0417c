"""Driving by logging in: the list takes the PIN's place, and what is granted ends with the login or the list."""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Callable

import pytest
import streamlit as st

from tests.ui.shared.test_access import cookie
from ui.shared import access, door, login
from ui.shared.access import NotAllowed

Come = Callable[..., None]
ANN = {"is_logged_in": True, "email": "Ann@School.example", "email_verified": True}


@pytest.fixture
def come(monkeypatch: pytest.MonkeyPatch) -> Come:
    """What is called comes as a browser in which a user is logged in, and draws a page."""
    monkeypatch.delitem(sys.modules, "forger_process", raising=False)
    monkeypatch.delenv("FORGER_PIN", raising=False)
    monkeypatch.setenv("FORGER_DRIVERS", "ann@school.example  bob@school.example")

    def come_(user: dict[str, object], browser: str = "laptop") -> None:
        context = types.SimpleNamespace(ip_address=None, headers={}, cookies={access.COOKIE: cookie(browser)})
        monkeypatch.setattr(st, "context", context)
        monkeypatch.setattr(st, "user", user)
        access.meet()

    return come_


def test_who_is_on_the_list_drives_and_uploads_until_logged_out(come: Come) -> None:
    come({})
    assert access.is_open()
    assert not access.can_drive()
    with pytest.raises(NotAllowed, match="log in"):
        access.require_driver()
    come(ANN)
    access.require_pin()
    assert access.driver() == ""
    assert access.may_upload(cookie("laptop"))
    come({"is_logged_in": False}, "phone")
    assert not access.can_drive()
    come({"is_logged_in": False})
    assert not access.can_drive()
    assert not access.may_upload(cookie("laptop"))


@pytest.mark.parametrize(
    "user",
    [
        {"is_logged_in": True, "email": "eve@school.example", "email_verified": True},
        {**ANN, "email_verified": False},
        {**ANN, "is_logged_in": False},
        {"is_logged_in": True},
        {"is_logged_in": True, "email": ""},
        {"email": "ann@school.example"},
    ],
)
def test_nobody_else_does(come: Come, user: dict[str, object]) -> None:
    come(user)
    assert not access.can_drive()


def test_another_list_ends_it(come: Come, monkeypatch: pytest.MonkeyPatch) -> None:
    come(ANN)
    monkeypatch.setenv("FORGER_DRIVERS", "bob@school.example")
    assert not access.can_drive()
    monkeypatch.delenv("FORGER_DRIVERS")
    monkeypatch.setenv("FORGER_PIN", "1234")
    assert not access.can_drive()


def test_no_pin_opens_a_server_that_has_none(come: Come) -> None:
    come({})
    for guess in ("", " ", "0000"):
        assert not access.unlock(guess)
    assert not access.can_drive()


def test_a_pin_that_was_given_stays_given(come: Come, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORGER_PIN", "1234")
    come({})
    assert access.unlock("1234")
    for user in (ANN, {"is_logged_in": False}):
        come(user)
        assert access.can_drive()


def test_without_the_package_the_server_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORGER_PIN", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert login.problem() == ""
    monkeypatch.setenv("FORGER_DRIVERS", "ann@school.example")
    assert "Authlib" in access.pin_problem()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    assert access.pin_problem() == ""
    assert door.drivers() == {"ann@school.example"}
