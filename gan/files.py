"""Files that hold what they should: atomic writes, bounded reading of what anybody may have put there, JSON lines."""

from __future__ import annotations

import errno
import itertools
import json
import math
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec

T = TypeVar("T")
READ_PATIENCE, WRITE_PATIENCE = 5.0, 60.0  # seconds to wait for a free descriptor: a writer may be a trainer
RETRY_SECONDS = 0.05
NO_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)
MAX_LINES_BYTES = 16 << 20  # of a JSON-lines file, unless the caller takes more
MAX_LINE_BYTES = 1 << 20  # of a JSON-lines file: a longer line is none of ours
LEAST_LINE_BYTES, FEW_LINES = 64, 1_000  # a file of more lines than so long ones, or this many, is none of ours
MAX_BROKEN = 1_000  # lines of a file that cannot be read: what follows so many is not looked at
CHUNK_BYTES = 1 << 20
SAFELY = os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW  # no waiting for a writer, no link at the end
_DECODER = msgspec.json.Decoder()


class Unreadable(OSError):
    """A file that is not read: no regular file, a link out of its folder, or longer than its kind ever is."""


# -- reading -----------------------------------------------------------------------------------------------------------


def read(path: Path, most: int, home: Path | None = None) -> bytes:
    """The bytes, at most `most`, of a regular file in `home` (its folder). Raises OSError, Unreadable among them.

    Links that stay inside `home` are followed. It never waits: neither for the writer of a pipe nor for a device.
    """
    with opened(path, home) as file:
        if (size := os.fstat(file.fileno()).st_size) > most:
            raise Unreadable(_too_long(path, size, most))
        content = file.read(most + 1)
    if len(content) > most:  # it grows
        raise Unreadable(_too_long(path, len(content), most))
    return content


def opened(path: Path, home: Path | None = None) -> IO[bytes]:
    """A regular file in `home` (its folder), open for reading. Raises OSError, Unreadable among them."""
    real = _real(path, home or path.parent)
    handle = patiently(lambda: os.open(real, os.O_RDONLY | SAFELY), READ_PATIENCE)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Unreadable(f"{path.name} is no regular file")
    return os.fdopen(handle, "rb")


def problem(path: Path, most: int, home: Path | None = None) -> str:
    """Why `read` would refuse a path, in words; "" where it would not, or where there is nothing. Opens nothing."""
    try:
        status = os.lstat(_real(path, home or path.parent))
    except Unreadable as why:
        return str(why)
    except OSError:
        return ""
    return _too_long(path, status.st_size, most) if stat.S_ISREG(status.st_mode) and status.st_size > most else ""


def names(folder: Path, home: Path | None = None) -> list[str]:
    """The names in a folder in `home`, itself by default; [] where none can be read, or for a link out of `home`."""
    try:
        if home and not is_inside(folder, home):
            return []
        with patiently(lambda: os.scandir(folder), READ_PATIENCE) as entries:
            return [entry.name for entry in entries]
    except OSError as error:
        if error.errno in NO_DESCRIPTORS:  # there may be names all the same
            raise
        return []


def why(error: BaseException) -> str:
    """What an error says, for people: of a file only its name, not where it lies."""
    if isinstance(error, OSError) and error.strerror:
        name = Path(os.fsdecode(error.filename)).name if isinstance(error.filename, str | bytes | Path) else ""
        return f"{error.strerror} ({name})" if name else error.strerror
    return str(error)


def patiently(attempt: Callable[[], T], seconds: float = WRITE_PATIENCE) -> T:
    """The result of `attempt`, tried again for so long as the process or the system has no descriptor left."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except OSError as error:
            if error.errno not in NO_DESCRIPTORS or time.monotonic() > deadline:
                raise
        time.sleep(RETRY_SECONDS)


def _real(path: Path, home: Path) -> Path:
    """The path without links, in `home`, to something that may be opened. Raises OSError, Unreadable among them."""
    real = path
    if not _is_direct(path, home):
        if not is_inside(path, home):
            raise Unreadable(f"{path.name} is a link out of its folder")
        real = Path(os.path.realpath(path))
    if not stat.S_ISREG(os.lstat(real).st_mode):  # opening a device may already do something
        raise Unreadable(f"{path.name} is no regular file")
    return real


def _is_direct(path: Path, home: Path) -> bool:
    """Whether no part of the path below `home` is a link."""
    while path != home and path != path.parent:
        if path.is_symlink():
            return False
        path = path.parent
    return path == home


def is_inside(path: Path, home: Path) -> bool:
    """Whether a path lies in `home` when all links are followed."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(home))


def _too_long(path: Path, size: int, most: int) -> str:
    return f"{path.name} has {size:,} bytes, and at most {most:,} are read"


# -- writing -----------------------------------------------------------------------------------------------------------


def replace(path: Path, data: bytes, durable: bool = True, mode: int = 0o644) -> None:
    """Writes `data` to `path` in one atomic move: temp file beside it, flush, fsync, replace, fsync the folder.

    `durable=False` leaves out the two fsyncs, for pictures that can be made again. Raises OSError, with the old file
    untouched and the temp file gone.
    """
    write(path, lambda file: file.write(data), durable, mode)


def write(path: Path, fill: Callable[[IO[bytes]], object], durable: bool = True, mode: int = 0o644) -> None:
    """Like `replace`, for content that `fill(file)` writes."""
    handle, temp = patiently(lambda: tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp"))
    try:
        with os.fdopen(handle, "wb") as file:
            fill(file)
            file.flush()
            os.fchmod(file.fileno(), mode)
            if durable:
                os.fsync(file.fileno())
        Path(temp).replace(path)
    except BaseException:
        Path(temp).unlink(missing_ok=True)
        raise
    if durable:
        sync(path.parent)


def sync(path: Path) -> None:
    """Flushes a file, or a rename in a folder, to the disk, so that it survives a power cut."""
    handle = patiently(lambda: os.open(path, os.O_RDONLY))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def dump(value: Any) -> str:
    """JSON on one line that a browser can read: NaN and infinities become null (RFC 8259 has neither)."""
    return json.dumps(_finite(value), allow_nan=False, ensure_ascii=False)


def append(path: Path, records: list[dict[str, Any]]) -> None:
    """Appends records as JSON lines, so that a reader sees whole lines or a torn last one.

    Raises OSError, with what was there before untouched.
    """
    left = memoryview("".join(dump(record) + "\n" for record in records).encode())
    with appended(path) as file:
        end = file.seek(0, os.SEEK_END)
        try:
            while left:  # a disk that is nearly full takes a part
                left = left[file.write(left) :]
        except OSError:
            file.truncate(end)
            raise


def appended(path: Path) -> IO[bytes]:
    """A regular file, made where there is none, open for reading and appending. Raises OSError, also for a link."""
    handle = patiently(lambda: os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | SAFELY, 0o644))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Unreadable(f"{path.name} is no regular file")
    return os.fdopen(handle, "r+b", buffering=0)


# -- JSON --------------------------------------------------------------------------------------------------------------


def load(text: str | bytes) -> Any:
    """The JSON value of a file from an untrusted source. Raises ValueError, whatever is wrong with it.

    Also for what Python reads but cannot use: brackets deeper than the stack, half a surrogate pair.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if isinstance(text, str):
        text = text.encode()
    if b"\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair cannot be sent
    return value


def lines(
    path: Path, most: int = MAX_LINES_BYTES, home: Path | None = None, having: bytes = b""
) -> Iterator[dict[str, Any]]:
    """The whole records of a JSON-lines file of at most `most` bytes, one after the other.

    Torn or broken lines are skipped, an unreadable or longer file has none. Lines without the bytes `having` are passed
    over before they are parsed. Of a file of far more lines than ours have, or of junk, only the beginning is read.
    """
    broken, last = 0, max(FEW_LINES, most // LEAST_LINE_BYTES)
    if problem(path, most, home):
        return
    try:
        file = opened(path, home)
    except OSError as error:
        if error.errno in NO_DESCRIPTORS:  # there may be lines all the same
            raise
        return
    with file:
        for line in itertools.islice(whole_lines(file), last):
            if having not in line:
                continue
            if isinstance(value := _value(line), dict):
                yield value
            elif (broken := broken + 1) > MAX_BROKEN:  # each takes longer than a record
                return


def _value(line: bytes) -> Any:
    """The JSON value of a line; None for a broken one."""
    try:
        return _DECODER.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        try:
            return load(line)  # NaN, which earlier versions wrote
        except ValueError:
            return None


def whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines from where the file stands; not one that is still being written, nor one longer than MAX_LINE_BYTES."""
    rest, skipping = b"", False
    while chunk := file.read(CHUNK_BYTES):
        first, *others = chunk.split(b"\n")
        rest += first
        if others:
            if not skipping:
                yield rest
            yield from others[:-1]
            rest, skipping = others[-1], False
        if len(rest) > MAX_LINE_BYTES:
            rest, skipping = b"", True


def is_number(value: Any) -> bool:
    """Whether a value is a number fit for arithmetic: finite, and of a size that a clock or a counter may have."""
    return type(value) in (int, float) and -1e12 < value < 1e12


def _finite(value: Any) -> Any:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {key: _finite(item) for key, item in value.items()}
        case list() | tuple():
            return [_finite(item) for item in value]
    return value
