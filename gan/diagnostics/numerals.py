"""Numbers as people read them: one way to write a share, in sentences, tables and on the command line."""

from __future__ import annotations


def percent(share: float, digits: int = 0) -> str:
    """A share from 0 to 1 as "47 %"."""
    return f"{100 * share:.{digits}f} %"
