"""Network addresses of this machine and its ports. Sends nothing; bootstrap.py reads it too, with a bare Python."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

FIB_TRIE, IF_INET6 = Path("/proc/net/fib_trie"), Path("/proc/net/if_inet6")  # of Linux: all addresses there are
ROUTES = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))  # addresses that are nobody's
WILDCARDS = ("0.0.0.0", "::")
FIRST_PORT, LAST_PORT = 8501, 8600


def reachable() -> list[str]:
    """Addresses at which others may reach this machine, the likeliest first: of all interfaces, IPv4 before IPv6.

    Without those of this machine only, and those that mean nothing without an interface's name.
    """
    every = [*_routed(), *sorted({*_linux(), *_ifconfig(), *_named()}, key=lambda text: (":" in text, text))]
    return [text for text in dict.fromkeys(every) if _is_reachable(text)]


def url(address: str, port: int, path: str = "") -> str:
    """The address to type into a browser: a wildcard is localhost; `path` is "" or "/forger"."""
    name = "localhost" if address in (*WILDCARDS, "") else address.strip("[]")
    return f"http://{f'[{name}]' if ':' in name else name}:{port}{path and path.rstrip('/') + '/'}"


def everywhere() -> str:
    """The address to listen on for IPv4 and IPv6 alike, or for IPv4 where there is no IPv6."""
    return "::" if refusal("::", 0) is None else "0.0.0.0"


def refusal(address: str, port: int) -> OSError | None:
    """Why nobody can listen there, None where that is possible. Asked as the server does it.

    The server takes IPv4 for "localhost", but a browser may try IPv6 first, and find another program there.
    """
    if address == "localhost":
        other = refusal("::1", port)
        if other and other.errno == errno.EADDRINUSE:
            return other
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            probe.bind((address.strip("[]"), port))
            probe.listen(1)
    except OSError as error:
        return error
    return None


def next_free(address: str, port: int = FIRST_PORT) -> int:
    """The first free port from `port` on; `port` itself where none of the next hundred is."""
    ports = range(port, min(port + LAST_PORT - FIRST_PORT, 65535) + 1)
    return next((candidate for candidate in ports if refusal(address, candidate) is None), port)


def _routed() -> Iterator[str]:
    """The addresses from which this machine would talk to the rest of the world, if it can."""
    for family, nobody in ROUTES:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((nobody, 9))  # a datagram socket only looks the route up
            yield probe.getsockname()[0]


def _linux() -> Iterator[str]:
    with contextlib.suppress(OSError):
        yield from re.findall(r"\|-- (\S+)\s+/32 host LOCAL", FIB_TRIE.read_text())
    with contextlib.suppress(OSError):
        for line in IF_INET6.read_text().splitlines():
            yield str(ipaddress.IPv6Address(int(line.split()[0], 16)))


def _ifconfig() -> list[str]:
    """What macOS and the BSDs say."""
    if FIB_TRIE.exists():
        return []
    try:
        output = subprocess.run(["ifconfig", "-a"], capture_output=True, text=True, timeout=5, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return re.findall(r"\binet6? (?:addr: ?)?([0-9a-fA-F:.]+)", output)


def _named() -> list[str]:
    """What the machine's own name leads to."""
    try:
        entries = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [str(entry[4][0]) for entry in entries]


def _is_reachable(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:  # of one interface, "fe80::1%eth0"
        return False
    return not (address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast)
