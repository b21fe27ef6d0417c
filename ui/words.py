"""Small words that pages share: text that is not markup, seconds as people say them."""

from __future__ import annotations

MARKUP = frozenset("\\`*_{}[]()#+-.!:$~<>|")


def plain(text: str) -> str:
    """A title somebody typed, for places that read Markdown: nothing in it is markup."""
    return "".join(f"\\{c}" if c in MARKUP else c for c in text)


def duration(seconds: float) -> str:
    """Seconds in words, rounded as much as an estimate deserves."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
