"""The doctor: looks whether this machine, its folders and the ways to the server are fit, and says so in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gan.diagnostics.doctor import folders, machine, network
from gan.diagnostics.doctor.check import Check as Check


def examine(port: int | None = None, public: Sequence[str] = ()) -> Iterator[Check]:
    """Every check, one after the other; `port` of the server (None: the usual one), `public` addresses it is put at.

    Takes some seconds where PyTorch was not imported yet, or an address does not answer.
    """
    yield from machine.checks()
    yield from folders.checks()
    yield from network.checks(port, public)


def is_fit(checks: Sequence[Check]) -> bool:
    """Whether nothing is in the way; warnings are not."""
    return all(check.state != "problem" for check in checks)
