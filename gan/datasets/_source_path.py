"""The path of one's own data as people write it: with quotation marks, `~`, file://, escaped blanks."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gan.datasets import DataError

QUOTES = ("\"'", "'\"", "''", '""', "“”", "„“", "«»", "``")


def path(text: str) -> Path:
    """The path that a text means: without the quotation marks of a file manager, `~` and file:// understood.

    Raises DataError where there is none.
    """
    plain = text.strip()
    while len(plain) > 1 and plain[0] + plain[-1] in QUOTES:
        plain = plain[1:-1].strip()
    if not plain or "\0" in plain:
        raise DataError("Say where your images are: a folder, a zip or a file of arrays.")
    if plain.lower().startswith("file:"):
        plain = unquote(urlsplit(plain).path)
    path = Path(os.path.expanduser(plain))  # noqa: PTH111  (the other one may raise)
    unescaped = Path(os.path.expanduser(plain.replace("\\ ", " ")))  # noqa: PTH111
    return unescaped if "\\ " in plain and not os.path.lexists(path) else path
