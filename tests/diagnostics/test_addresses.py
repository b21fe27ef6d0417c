"""The addresses of this machine: of all interfaces, also without a way out, as a browser takes them."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from gan.diagnostics import addresses

TRIE = """Main:
     |-- 0.0.0.0
        /0 universe UNICAST
Local:
  +-- 127.0.0.0/8 2 0 2
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 127.255.255.255
        /32 link BROADCAST
     |-- 192.168.7.5
        /32 host LOCAL
     |-- 169.254.3.4
        /32 host LOCAL
     |-- 10.0.0.8
        /32 host LOCAL
"""
INET6 = """00000000000000000000000000000001 01 80 10 80       lo
fe8000000000000000fc00fffe000001 04 40 20 80     eth0
fd000000000000000000000000000002 04 40 00 82     eth0
"""


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with three interfaces, without a default route and without a name."""
    for name, text in (("FIB_TRIE", TRIE), ("IF_INET6", INET6)):
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(addresses, name, tmp_path / name)
    monkeypatch.setattr(addresses, "ROUTES", ())
    monkeypatch.setattr(addresses, "_named", list)


@pytest.mark.usefixtures("offline")
def test_every_interface_is_there_without_a_way_out() -> None:
    assert addresses.reachable() == ["10.0.0.8", "192.168.7.5", "fd00::2"]


@pytest.mark.usefixtures("offline")
def test_the_way_out_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_routed", lambda: iter(["192.168.7.5"]))
    assert addresses.reachable()[0] == "192.168.7.5"


@pytest.mark.usefixtures("offline")
def test_elsewhere_ifconfig_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIB_TRIE", "IF_INET6"):
        (tmp_path / name).unlink()
    told = (
        "en0: flags=8863\\n\\tinet6 fe80::1%en0 prefixlen 64\\n\\tinet 192.168.1.9 netmask 0xff\\n\\tinet6 2001:db8::9"
    )
    (tmp_path / "ifconfig").write_text(f"#!/bin/sh\nprintf '{told}'\n")
    (tmp_path / "ifconfig").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert addresses.reachable() == ["192.168.1.9", "2001:db8::9"]


def test_a_wildcard_is_taken_where_there_is_one() -> None:
    with socket.socket(socket.AF_INET6 if addresses.everywhere() == "::" else socket.AF_INET) as both:
        if both.family == socket.AF_INET6:
            both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        both.bind((addresses.everywhere(), 0))
        both.listen()
        port = both.getsockname()[1]
        assert addresses.next_free("localhost", port) > port
        socket.create_connection(("127.0.0.1", port)).close()
