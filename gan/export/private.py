"""What a zip keeps to itself of the machine it comes from: folders are called by the last part of their path."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping


def last_part(source: str) -> str:
    """The last part of the path of a folder or a zip, on any system; what is no path stays."""
    return next((part for part in reversed(re.split(r"[/\\]", source)) if part), "")


def names(source: str) -> dict[str, str]:
    """What stands in texts for paths of this machine: the source of a run by its last part, the home folder as ~."""
    short = last_part(source)
    paths = {source: short} if source != short else {}
    if paths:
        whole = os.path.abspath(os.path.expanduser(source))  # noqa: PTH100, PTH111  (Path.expanduser may raise)
        paths |= {whole: short, os.path.realpath(whole): short}
    place = os.path.expanduser("~").rstrip(os.sep)  # noqa: PTH111
    home = {f"{place}{os.sep}": "~/"} if place.startswith(os.sep) else {}
    return {path: name for path, name in paths.items() if path not in ("", os.sep)} | home


def without(text: bytes, paths: Mapping[str, str]) -> bytes:
    """A text, JSON or plain, with every path of `paths` replaced, the longest first."""
    for path in sorted(paths, key=len, reverse=True):
        name = json.dumps(paths[path])[1:-1].encode().replace(b"\\", rb"\\")  # as a template of `re`
        for form in {path, json.dumps(path)[1:-1], json.dumps(path, ensure_ascii=False)[1:-1]}:
            text = re.sub(re.escape(form.encode("utf-8", "surrogateescape")), name, text)
    return text
