"""Text helpers: escaping Markdown, durations in words."""

from __future__ import annotations

import re

from gan.runs.pace import duration as duration

MARKUP = re.compile(r"[\\`*\[\]{}<>$~|&]|(?<!\w)_|_(?!\w)")
ACTIVE = re.compile(r"[\\\[\]{}<>$~&]")  # of MARKUP: what does more than set text
PERCENT = re.compile(r"(?<=\d) %")  # never at the beginning of a line
LINE_START = re.compile(r"(?m)^[ \t]*([#+=-]|\d{1,9}(?=[.)]))")
# Read in text whatever is escaped: addresses, :symbols: and :colours[…]. A mark without width keeps them apart.
READ_ANYWAY = re.compile(r":(?=[\w/:+-])|\bwww(?=\.)|@", re.IGNORECASE)
APART = "\N{WORD JOINER}"


def plain(text: str) -> str:
    """What a person or a file says, for places that read Markdown: it looks as it was written, and does nothing."""
    text = PERCENT.sub("\N{NO-BREAK SPACE}%", text)
    text = MARKUP.sub(r"\\\g<0>", text)
    text = LINE_START.sub(lambda found: f"{found[1]}{APART}" if found[1].isdecimal() else f"\\{found[1]}", text)
    return READ_ANYWAY.sub(rf"\g<0>{APART}", text)


def formatted(text: str) -> str:
    """The same for a text that may have headings, lists, tables and emphasis, but no links, pictures or HTML."""
    return READ_ANYWAY.sub(rf"\g<0>{APART}", ACTIVE.sub(r"\\\g<0>", text))
