"""Checks of the folders that are written to: data sets and runs."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from gan import datasets, runs
from gan.diagnostics.doctor.check import Check

FULL, LOW = 200 << 20, 2 << 30  # bytes free: nothing can be saved for long; a data set in colour may not fit
MAX_SKEW_SECONDS = 5.0


def checks() -> Iterator[Check]:
    """All of this file."""
    for name, folder, variable in (("data", datasets.root(), "GAN_DATA"), ("runs", runs.root(), "GAN_RUNS")):
        yield writable(name, folder, variable)
        yield from disk(name, folder)


def writable(name: str, folder: Path, variable: str) -> Check:
    """Whether files can be made in a folder, which may not be there yet. Leaves nothing behind."""
    folder = folder.absolute()
    there = existing(folder)
    advice = f"Set {variable} to a folder where this user may write."
    if not there.is_dir():
        return Check(name, "problem", f"{there} is a file, not a folder.", advice)
    probe = there / f".forger-doctor-{os.getpid()}"
    try:
        before = time.time()
        probe.write_bytes(b"")
        skew = probe.stat().st_mtime - before
    except OSError as error:
        return Check(name, "problem", f"Nothing can be written to {folder}: {error.strerror}.", advice)
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()
    if abs(skew) > MAX_SKEW_SECONDS:
        text = f"The clock of {folder} is {skew:+.0f} s off this machine's."
        return Check(name, "warning", text, "Times of runs may look odd; set the clocks by NTP.")
    return Check(name, "ok", f"{folder} can be written to." if there == folder else f"{folder} can be made.")


def disk(name: str, folder: Path) -> Iterator[Check]:
    """How much is free where a folder is."""
    try:
        free = shutil.disk_usage(existing(folder)).free
    except OSError:
        return
    text = f"{free / 1e9:.1f} GB are free for {name}."
    if free < FULL:
        yield Check("disk", "problem", text, "Make room: runs cannot be saved.")
    elif free < LOW:
        yield Check("disk", "warning", text, "A long run, or a data set in colour, may not fit.")
    else:
        yield Check("disk", "ok", text)


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    folder = folder.absolute()
    with contextlib.suppress(OSError):
        while not os.path.lexists(folder) and folder != folder.parent:
            folder = folder.parent
    return folder
