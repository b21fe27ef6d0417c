"""Made arrays kept on disk: whole or not at all, checked before use, wherever a folder can be written."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from gan.datasets import DataError

Arrays = dict[str, np.ndarray]
Check = Callable[[Arrays], bool]
SUMS = "sums.json"  # file -> CRC-32; written last
STALE = 3600  # seconds after which an unfinished folder counts as abandoned


def find(root: Path, folder: str, right: Check) -> Arrays | None:
    """The kept arrays, memory-mapped copy-on-write; None where they are missing, broken or not `right`."""
    folders = (_read(place / folder, right) for place in places(root))
    return next((arrays for arrays in folders if arrays is not None), None)


def made(root: Path, folder: str, right: Check, make: Callable[[Path], Iterable[object]]) -> Arrays:
    """The kept arrays; `make(root)` keeps them where they are missing. Raises DataError when no folder can."""
    for _ in range(3):  # another process may just be replacing a broken folder
        if (arrays := find(root, folder, right)) is not None:
            return arrays
        for _ in make(root):
            pass
    raise DataError(f"{folder} was made, but it vanishes again and again: another program removes it.")


def keep(arrays: Arrays, root: Path, folder: str, right: Check) -> None:
    """Writes the arrays to root/folder, else to the user's cache, else to the temporary folder.

    Several processes may do so at once: one wins, and all find it. Raises DataError.
    """
    problems = []
    for place in places(root):
        try:
            _write(arrays, place, folder, right)
        except OSError as error:
            problems.append(f"{place} ({error.strerror or error})")
        else:
            return
    size = sum(column.nbytes for column in arrays.values()) / 1e6
    raise DataError(
        f"No folder takes the {size:.0f} MB of {folder}: {', '.join(problems)}. "
        "Make room, or set GAN_DATA to a folder that can be written."
    )


def sweep(place: Path, prefix: str) -> None:
    """Removes the unfinished folders that killed processes have left in `place`."""
    for old in place.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > STALE:
                shutil.rmtree(old)


def places(root: Path) -> Iterator[Path]:
    """The folders in which data may be kept, the best first."""
    yield root
    if cache := os.environ.get("XDG_CACHE_HOME"):
        yield Path(cache) / "forger"
    elif (home := os.path.expanduser("~")) != "~":  # noqa: PTH111  (Path.expanduser may raise)
        yield Path(home) / ".cache" / "forger"
    yield Path(os.environ.get("TMPDIR") or "/tmp") / f"forger-{os.getuid()}"


def _read(folder: Path, right: Check) -> Arrays | None:
    try:
        sums = json.loads((folder / SUMS).read_text())
        if any(_sum(folder / name) != sums[name] for name in sums):
            return None
        arrays = {Path(name).stem: np.load(folder / name, mmap_mode="c") for name in sums}
        return arrays if right(arrays) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _sum(path: Path) -> int:
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            value = zlib.crc32(chunk, value)
    return value


def _write(arrays: Arrays, place: Path, folder: str, right: Check) -> None:
    place.mkdir(parents=True, exist_ok=True)
    sweep(place, f".{folder}.")
    temp = Path(tempfile.mkdtemp(prefix=f".{folder}.", dir=place))
    try:
        new = temp / "new"
        new.mkdir()
        for name, column in arrays.items():
            np.save(new / f"{name}.npy", column)
        sums = {f"{name}.npy": _sum(new / f"{name}.npy") for name in arrays}
        (new / SUMS).write_text(json.dumps(sums))
        for attempt in range(5):
            try:
                new.rename(place / folder)
                return
            except OSError:
                if _read(place / folder, right) is not None:
                    return
                if attempt == 4:
                    raise
                _move_away(place / folder, temp / f"broken-{attempt}")
    finally:
        shutil.rmtree(temp, ignore_errors=True)


def _move_away(broken: Path, to: Path) -> None:
    with contextlib.suppress(FileNotFoundError):  # another process was faster
        broken.rename(to)
