"""Errors whose message is a sentence for people."""

from __future__ import annotations


class RunError(Exception):
    """A run folder that cannot be used; the message is for people."""


class Changed(RunError):
    """Settings or data of a run were changed since; `what` is "settings" or "data". Its owner may accept that."""

    def __init__(self, what: str, text: str):
        super().__init__(text)
        self.what = what


class Missing(RunError):
    """There is no such run. The message does not tell where runs lie, since viewers read it, too."""
