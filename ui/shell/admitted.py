"""What the operator admits beside the server's own addresses: hosts, origins, and sites that may show it in a frame.

Read from the environment, which `make run` and `make class` set from flags of the same names, and from Streamlit's
settings `server.allowedHosts`, `server.corsAllowedOrigins` and `server.enableCORS`, which keep their meaning.
"""

from __future__ import annotations

import functools
import ipaddress
import os
import socket
from urllib.parse import urlsplit

import streamlit as st

PUBLIC_URL, FRAME_ORIGIN = "FORGER_PUBLIC_URL", "FORGER_FRAME_ORIGIN"  # each may hold several, with blanks between
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def frame_origins() -> tuple[str, ...]:
    """Origins of sites that may show the app in a frame."""
    return _origins(os.environ.get(FRAME_ORIGIN, ""))


def public_origins() -> tuple[str, ...]:
    """Origins under which browsers know this server although it does not see so itself, as behind a forwarder."""
    return _origins(os.environ.get(PUBLIC_URL, ""))


def is_host(host: str) -> bool:
    """Whether a Host header names this server.

    Any address in digits does: only a name can be pointed at this machine by a stranger who then reads as a page of
    that name. Of names: localhost, the machine's own, those of public addresses, and `server.allowedHosts`.
    """
    name = name_of(host)
    if not name:
        return False
    if is_address(name) or name == "localhost" or name.endswith(".localhost") or name in _own_names():
        return True
    named = {urlsplit(origin).hostname for origin in public_origins()}
    return name in named or any(_matches(name, str(pattern)) for pattern in st.get_option("server.allowedHosts") or ())


def is_origin(origin: str, hosts: tuple[str, ...]) -> bool:
    """Whether pages of that origin may drive a browser's session: only those that came from `hosts`, this server.

    Another port of the same host is another origin. "null", as of a sandboxed frame, is none.
    """
    if not st.get_option("server.enableCORS"):
        return True  # the operator says so
    if origin.rstrip("/") in {*public_origins(), *(str(x).strip() for x in st.get_option("server.corsAllowedOrigins"))}:
        return True
    url = urlsplit(origin)
    try:
        own = (url.hostname, url.port or DEFAULT_PORTS.get(url.scheme))
        return url.hostname is not None and any(own == _place(host, url.scheme) for host in hosts)
    except ValueError:
        return False


def name_of(host: str) -> str:
    """The name or address in a Host header, "" where it is none."""
    try:
        url = urlsplit(f"//{host}")
        _ = url.port  # raises unless it is a number
    except ValueError:
        return ""
    if url.username is not None or url.path or url.query or url.fragment:
        return ""
    return (url.hostname or "").rstrip(".")


def is_address(name: str) -> bool:
    """Whether a host is given in digits, IPv4 or IPv6."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _place(host: str, scheme: str) -> tuple[str | None, int | None]:
    url = urlsplit(f"//{host}")
    return url.hostname, url.port or DEFAULT_PORTS.get(scheme)


def _matches(name: str, pattern: str) -> bool:
    pattern = pattern.strip().lower().rstrip(".").strip("[]")
    return pattern == "*" or name == pattern or (pattern.startswith("*.") and name.endswith(pattern[1:]))


@functools.cache
def _own_names() -> frozenset[str]:
    name = socket.gethostname().lower()
    return frozenset({name, name.partition(".")[0], f"{name.partition('.')[0]}.local"} - {""})


@functools.lru_cache(maxsize=16)
def _origins(text: str) -> tuple[str, ...]:
    """The origins of addresses with blanks or commas between; what is no address of the web is left out."""
    urls = [urlsplit(part) for part in text.replace(",", " ").split()]
    return tuple(f"{url.scheme}://{url.netloc}".lower() for url in urls if url.scheme in DEFAULT_PORTS and url.netloc)
