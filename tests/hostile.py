"""What a run folder from elsewhere may hold: things in the place of files that would hang, fill or betray a server."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

SECRET = "root:x:0:0"  # what must never be shown
SPARSE_BYTES = 2 << 30
RUN_FILES = (
    *("config.json", "control.json", "events.jsonl", "metrics.jsonl", "scores.jsonl", "error.txt", "card.md"),
    *("weights.safetensors", "data.json", "lock", "samples/fixed/0.webp", "samples/real.webp"),
)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(SPARSE_BYTES)


def _nested(path: Path) -> None:
    path.write_text("[" * 1_000_000)


def _foreign(path: Path) -> None:
    path.symlink_to(next(p for p in path.parents if (p / "foreign-secret").exists()) / "foreign-secret")


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


KINDS: dict[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "endless": lambda path: path.symlink_to("/dev/zero"),
    "foreign": _foreign,
    "sparse": _sparse,
    "nested": _nested,
    "folder": Path.mkdir,
    "loop": lambda path: path.symlink_to(path.name),
    "socket": _socket,
}


def put(kind: str, path: Path) -> None:
    """Puts something of that kind in the place of a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    KINDS[kind](path)
