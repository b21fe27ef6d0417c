"""The zip of a run as a file from anywhere: which of its files are taken, once names, sizes and types are looked at."""

from __future__ import annotations

import contextlib
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

MAX_FILES, MAX_DIRECTORY_BYTES = 1_000, 1 << 20  # of the zip's list of its files
MAX_RATIO, FREE_BYTES = 200, 1 << 20  # how tightly a file may be packed, if it is larger than that
MOST_BYTES = {  # of the files that are taken, unpacked; all others stay in the zip
    "config.json": 1 << 20,
    "control.json": 1 << 20,
    "data.json": 4 << 20,
    "events.jsonl": 4 << 20,
    "scores.jsonl": 16 << 20,
    "metrics.jsonl": 256 << 20,
    "weights.safetensors": 1 << 30,
}
NEEDED = ("config.json", "weights.safetensors")
PICTURE = re.compile(r"samples/(?:(fixed|random)-(0|[1-9][0-9]{0,14})|(real))\.png\Z")
PICTURE_BYTES = 16 << 20
END, END64 = b"PK\5\6", b"PK\6\7"  # signatures: the end of the list of files, and that of long lists
END_BYTES, END64_BYTES, COMMENT_BYTES = 22, 20, 1 << 16
PHOTOS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".heic")
NOT_OURS = (
    "is no zip of a run: {why}. The zip of a run is what Download (page Runs) or `python -m gan export` makes; "
    "pictures to train on are given in the form of a new run, data set Your own images."
)


class Refused(Exception):
    """Why a zip is not taken; the message continues its name."""


def is_ours(source: Path) -> bool:
    """Whether a file is the zip of a run, by the names in it."""
    try:
        with source.open("rb") as file:
            entries(file)
    except (OSError, Refused):
        return False
    return True


def entries(file: IO[bytes]) -> tuple[zipfile.ZipFile, str, dict[str, zipfile.ZipInfo]]:
    """The zip, the folder in it that holds the run, and the files of that to take. Raises Refused."""
    _check_directory(file)
    try:
        zipped = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise Refused(f"is damaged, or not downloaded to its end: {error}.") from error
    for info in zipped.infolist():
        _check_name(info)
    infos = [info for info in zipped.infolist() if not info.is_dir() and "__MACOSX" not in info.filename]
    homes = {PurePosixPath(i.filename).parent for i in infos if PurePosixPath(i.filename).name == "config.json"}
    if len(homes) != 1:
        raise Refused(NOT_OURS.format(why=f"it has {len(homes)} files config.json") if homes else _what_it_is(infos))
    home, members = homes.pop(), dict[str, zipfile.ZipInfo]()
    for info in infos:
        path = PurePosixPath(info.filename)
        part = path.relative_to(home).as_posix() if path.is_relative_to(home) else ""
        if part in MOST_BYTES or PICTURE.match(part):
            if part in members:
                raise Refused(f"is not taken: {part} stands in it twice.")
            _check_size(info, part)
            members[part] = info
    if lacking := [part for part in NEEDED if part not in members]:
        raise Refused(NOT_OURS.format(why=f"{' and '.join(lacking)} is missing"))
    return zipped, home.name, members


def _check_directory(file: IO[bytes]) -> None:
    """Looks how long the list of files is before it is read: each of its entries takes memory. Raises Refused."""
    file.seek(0)
    if not file.read(4).startswith(b"PK"):
        raise Refused(NOT_OURS.format(why="it is no zip at all"))
    size = file.seek(0, 2)
    file.seek(max(0, size - END_BYTES - COMMENT_BYTES - END64_BYTES))
    tail = file.read()
    at = len(tail) - END_BYTES
    if not (tail[at : at + 4] == END and tail.endswith(b"\0\0")):
        at = tail.rfind(END)
    end = tail[at : at + END_BYTES] if at >= 0 else b""
    if len(end) < END_BYTES:
        raise Refused("is damaged, or not downloaded to its end: its list of files is missing.")
    count, length = int.from_bytes(end[10:12], "little"), int.from_bytes(end[12:16], "little")
    if count > MAX_FILES or length > MAX_DIRECTORY_BYTES or tail[max(0, at - END64_BYTES) :].startswith(END64):
        raise Refused(NOT_OURS.format(why=f"it has {count:,} files or more"))


def _check_name(info: zipfile.ZipInfo) -> None:
    """Raises Refused for a name that leads out of its folder, and for what is no plain file."""
    path, mode = PurePosixPath(info.filename), info.external_attr >> 16
    if path.is_absolute() or ".." in path.parts or "\\" in info.filename or ":" in info.filename.partition("/")[0]:
        raise Refused(f"is not taken: {info.filename[:80]!r} in it leads out of its folder.")
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refused(f"is not taken: {info.filename[:80]!r} in it is a link or a device.")


def _check_size(info: zipfile.ZipInfo, part: str) -> None:
    """Raises Refused for a file that is locked, packed in an unknown way, or larger than its kind ever is."""
    if info.flag_bits & 1:
        raise Refused("is locked with a password: pack it anew without one.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused(f"is not taken: {part} is packed in a way that zips of runs are not.")
    most = MOST_BYTES.get(part, PICTURE_BYTES)
    if info.file_size > most:
        raise Refused(f"is not taken: {part} would have {info.file_size:,} bytes, and at most {most:,} are read.")
    if info.file_size > max(FREE_BYTES, MAX_RATIO * info.compress_size):
        raise Refused(f"is not taken: {part} would unpack to {info.file_size:,} bytes from {info.compress_size:,}.")


@contextlib.contextmanager
def unpacked(zipped: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
    """A file of the zip, open: it never gives more than its announced size. Raises Refused for a damaged one."""
    try:
        with zipped.open(info) as packed:
            yield packed
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Refused(f"is damaged: {PurePosixPath(info.filename).name} cannot be unpacked ({error}).") from error


def _what_it_is(infos: list[zipfile.ZipInfo]) -> str:
    endings = [PurePosixPath(info.filename).suffix.lower() for info in infos]
    pictures = sum(ending in PHOTOS for ending in endings)
    return NOT_OURS.format(why=f"it holds {pictures:,} pictures" if pictures else "config.json is missing")
