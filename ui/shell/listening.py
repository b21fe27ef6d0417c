"""The sockets on which this process listens: no delay on them, and whether a network reaches them."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from gan.hosting.process import singleton
from ui.shared import access

EXPOSED = (
    "Everybody who reaches this address may start, change and delete: it is open to a network, and there is no PIN. "
    "Set FORGER_PIN, or start with --server.address localhost."
)


def sockets() -> Iterator[socket.socket]:
    """The listening TCP sockets of this process, each a duplicate that is closed after its turn."""
    for path in Path("/dev/fd").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if not stat.S_ISSOCK(os.fstat(int(path.name)).st_mode):
                continue
            with socket.socket(fileno=os.dup(int(path.name))) as one:
                inet = one.family in (socket.AF_INET, socket.AF_INET6)
                if inet and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    yield one


def undelay() -> int:
    """Sets TCP_NODELAY on every listening socket of this process, whose connections inherit it; returns how many.

    Without it an answer of `streamlit run` waits 40 ms for the browser's acknowledgement.
    """
    count = 0
    for one in sockets():
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        count += 1
    return count


def look() -> None:
    """Finds out whether a network reaches this process, for `warning`."""
    hosts = [one.getsockname()[0].partition("%")[0] for one in sockets()]
    _found()["exposed"] = any(not ipaddress.ip_address(host).is_loopback for host in hosts)


def is_exposed() -> bool:
    """Whether a network reaches this process, as `look` found out."""
    return bool(_found().get("exposed"))


def warning() -> str:
    """What to say where everybody on a network may drive, "" elsewhere."""
    return EXPOSED if is_exposed() and not access.is_open() else ""


def _found() -> dict[str, bool]:
    return singleton("listening", dict[str, bool])
