"""A stranger's folder or zip, read with bounds on everything: entries, bytes, ratio; links are not followed."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from gan.datasets import DataError
from gan.datasets._decode import Unreadable

ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".ppm", ".pgm")
MAX_ENTRIES = 200_000  # looked at, pictures or not
MAX_FILE = 50 << 20  # bytes of one picture
MAX_TOTAL = 20 << 30  # bytes of all
MAX_RATIO = 200  # unpacked to packed bytes, from 1 MB on

Content = bytes | Unreadable
Entry = tuple[tuple[str, ...], Content]  # (the folders it lies in, its bytes or why there are none)


def entries(source: Path) -> Iterator[Entry]:
    """The pictures of a folder or a zip by name order; their names are text, never used as paths.

    Raises DataError for what is neither, and when a bound on the whole is passed.
    """
    total = 0
    for folders, content in _folder(source) if source.is_dir() else _zip(source):
        total += len(content) if isinstance(content, bytes) else 0
        if total > MAX_TOTAL:
            raise DataError(f"{source} holds more than {MAX_TOTAL >> 30} GB of pictures.")
        yield folders, content


def _wanted(path: PurePosixPath) -> bool:
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return path.suffix.lower() in ENDINGS and not hidden


def _folder(source: Path) -> Iterator[Entry]:
    names, seen = [], 0
    for folder, _, files in os.walk(source):
        seen += 1 + len(files)
        _bound(source, seen)
        names += [Path(folder, name).relative_to(source) for name in files]
    for name in sorted(names):
        if _wanted(PurePosixPath(name)):
            yield name.parts[:-1], _file(source / name)


def _file(path: Path) -> Content:
    try:
        kind = path.lstat().st_mode
        if not stat.S_ISREG(kind):
            return Unreadable("a link" if stat.S_ISLNK(kind) else "no file")
        with path.open("rb") as file:
            return _whole(file.read(MAX_FILE + 1))
    except OSError:
        return Unreadable("unreadable")


def _zip(source: Path) -> Iterator[Entry]:
    if not source.is_file():
        raise DataError(f"{source} is not there: give a folder or a zip of pictures.")
    try:
        archive = zipfile.ZipFile(source)
    except OSError as error:
        raise DataError(f"{source} cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # a broken table of contents may raise anything
        raise DataError(f"{source} is neither a folder nor a zip that can be read.") from error
    with archive:
        _bound(source, len(archive.infolist()))
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            name = PurePosixPath(info.filename.replace("\\", "/"))
            if not info.is_dir() and _wanted(name):
                yield name.parts[:-1], _entry(archive, info)


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Content:
    if stat.S_ISLNK(info.external_attr >> 16):
        return Unreadable("a link")
    if info.flag_bits & 1:
        return Unreadable("encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return Unreadable("packed in a way we do not read")
    if info.file_size > max(1 << 20, MAX_RATIO * info.compress_size):
        return Unreadable("packed too tightly")
    try:
        with archive.open(info) as file:
            return _whole(file.read(MAX_FILE + 1))
    except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return Unreadable("unreadable")


def _whole(content: bytes) -> Content:
    return content if len(content) <= MAX_FILE else Unreadable("too large")


def _bound(source: Path, seen: int) -> None:
    if seen > MAX_ENTRIES:
        raise DataError(f"{source} has more than {MAX_ENTRIES:,} entries: choose a smaller one.")
