"""Logging in where OIDC is configured (`[auth]` of Streamlit's secrets): FORGER_DRIVERS names who may drive."""

from __future__ import annotations

import importlib.util

import streamlit as st

from ui.shared.door import drivers

NO_AUTHLIB = (
    "FORGER_DRIVERS lets people drive who log in, which needs the package Authlib: "
    "install it beside the others (pip install 'Authlib>=1.3.2'), or unset FORGER_DRIVERS."
)


def user() -> str:
    """The e-mail address, in lower case, of who is logged in in this session; "" for nobody, or one not verified."""
    if not st.user.get("is_logged_in") or st.user.get("email_verified") is False:
        return ""
    return str(st.user.get("email") or "").strip().lower()


def may_drive() -> bool:
    """Whether who is logged in stands on the list."""
    return bool(name := user()) and name in drivers()


def problem() -> str:
    """Why the server must not start with its list, "" where it may."""
    return NO_AUTHLIB if drivers() and importlib.util.find_spec("authlib") is None else ""
