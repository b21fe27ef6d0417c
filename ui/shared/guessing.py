"""Wrong guesses of the PIN, counted by where they come from: each further one costs twice the wait.

Three counts for a guess from elsewhere: that of its address, a more patient one of the network around it, since an
attacker may have many addresses of one network, and the most patient one of all that come from elsewhere: behind a
forwarder that passes on what a client says of itself, addresses can be made up. None ever holds up this machine.
"""

from __future__ import annotations

import ipaddress
import math

from cachetools import LRUCache

FREE_GUESSES = {"near": 5, "address": 5, "network": 25, "elsewhere": 300}  # by kind of count
MAX_WAIT_SECONDS, FORGET_SECONDS = 60.0, 600.0
MAX_COUNTS = 10_000  # kept in memory
NETWORK_BITS = {4: 24, 6: 48}  # of a site; one subscriber of IPv6 has 64 bits of addresses
ADDRESS_BITS = {4: 32, 6: 64}


class Guesses:
    """The counts. A wait is at most MAX_WAIT_SECONDS long; FORGET_SECONDS without a guess clear a count."""

    def __init__(self) -> None:
        self._counts: LRUCache[str, tuple[int, float]] = LRUCache(MAX_COUNTS)  # wrong guesses, and when the last was

    def wait(self, keys: tuple[str, ...], now: float) -> float:
        """Seconds until the next guess that has these keys is looked at."""
        return max(self._wait(key, now) for key in keys)

    def note(self, keys: tuple[str, ...], now: float, right: bool) -> None:
        """Counts a guess that was looked at; a right one clears the counts."""
        for key in keys:
            wrong, last = self._counts.pop(key, (0, -math.inf))
            if not right:
                self._counts[key] = (1 if now - last > FORGET_SECONDS else wrong + 1, now)

    def _wait(self, key: str, now: float) -> float:
        wrong, last = self._counts.get(key, (0, -math.inf))
        surplus = wrong - FREE_GUESSES[key.partition(" ")[0]]
        if surplus < 0:
            return 0.0
        return max(0.0, last + min(MAX_WAIT_SECONDS, 2.0 ** min(surplus + 1, 10)) - now)


def network_keys(address: str) -> tuple[str, ...]:
    """The counts that a guess from `address` belongs to; "" is this machine."""
    if not address:
        return ("near",)
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return (f"address {address[:64]}", "elsewhere")
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    around = {kind: f"{ip}/{bits[ip.version]}" for kind, bits in (("address", ADDRESS_BITS), ("network", NETWORK_BITS))}
    return (*(f"{kind} {ipaddress.ip_network(net, strict=False)}" for kind, net in around.items()), "elsewhere")
