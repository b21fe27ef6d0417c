"""What a zip keeps to itself of the machine it comes from: folders are called by the last part of their path."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping

from gan.config import RunConfig

SOURCES = ("source", "source_b")  # settings that name a folder or a zip


def last_part(source: str) -> str:
    """The last part of the path of a folder or a zip, on any system; what is no path stays."""
    return next((part for part in reversed(re.split(r"[/\\]", source)) if part), "")


def shortened(config: RunConfig) -> RunConfig:
    """Settings that name each folder of pictures by the last part of its path."""
    return config.replace(**{name: last_part(getattr(config, name)) for name in SOURCES})


def names(config: RunConfig) -> dict[str, str]:
    """What stands in texts for paths of this machine: sources of a run by their last parts, the home folder as ~."""
    paths: dict[str, str] = {}
    for source in (getattr(config, name) for name in SOURCES):
        if (short := last_part(source)) != source:
            whole = os.path.abspath(os.path.expanduser(source))  # noqa: PTH100, PTH111  (Path.expanduser may raise)
            paths |= {source: short, whole: short, os.path.realpath(whole): short}
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
