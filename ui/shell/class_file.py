"""The file by which a class outlives a server that is killed: who drives, the stage with its picks, a PIN made up.

It lies beside the runs, for its owner's eyes only, a file for each port. An end in order removes it, so the next class
begins anew. `bootstrap.py` takes a PIN that was made up from there.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any

import streamlit as st

from gan import files, runs
from ui.shared import door
from ui.shared.stage import NoScene, stage

LOOK_SECONDS = 1.0  # between two looks at whether something changed
OLD_SECONDS = 12 * 3600.0  # after which a class is over
MADE_PIN = "FORGER_MADE_PIN"  # set where the PIN is one that `make class` made up


def path() -> Path:
    """Where the class of this server's port is kept."""
    return runs.root() / f".class-{st.get_option('server.port')}.json"


def restore() -> None:
    """Takes up the class that a killed server left; nothing where there is none, an old one or a broken file."""
    if not door.is_open():
        return
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError, NoScene):
        if time.time() - path().stat().st_mtime < OLD_SECONDS:
            told = json.loads(path().read_text())
            door.door().restore(told["door"])
            stage().restore(told["stage"])


async def keep() -> None:
    """Writes the file whenever something in it has changed, until cancelled."""
    written = ""
    while door.is_open():
        if (text := json.dumps(_told())) != written:
            with contextlib.suppress(OSError):  # a folder that cannot be written keeps no class
                await asyncio.to_thread(_write, text)
                written = text
        await asyncio.sleep(LOOK_SECONDS)


def remove() -> None:
    """The class is over."""
    with contextlib.suppress(OSError):
        path().unlink(missing_ok=True)


def _told() -> dict[str, Any]:
    made = door.given_pin() if os.environ.get(MADE_PIN) else ""
    return {"pin": made, "door": door.door().kept(), "stage": stage().kept()}


def _write(text: str) -> None:
    path().parent.mkdir(parents=True, exist_ok=True)
    files.replace(path(), text.encode(), durable=False, mode=0o600)
