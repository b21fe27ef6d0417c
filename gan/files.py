"""Writing so that a crash leaves the old file or the new one, never half of either; reading JSON lines."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any


def replace(path: Path, data: bytes, durable: bool = True) -> None:
    """Writes `data` to `path` in one atomic move: temp file beside it, flush, fsync, replace, fsync the folder.

    `durable=False` leaves out the two fsyncs, for pictures that can be made again. Raises OSError, with the old file
    untouched and the temp file gone.
    """
    write(path, lambda file: file.write(data), durable)


def write(path: Path, fill: Callable[[IO[bytes]], object], durable: bool = True) -> None:
    """Like `replace`, for content that `fill(file)` writes."""
    handle, temp = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            fill(file)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            if durable:
                os.fsync(file.fileno())
        Path(temp).replace(path)
    except BaseException:
        Path(temp).unlink(missing_ok=True)
        raise
    if durable:
        sync(path.parent)


def sync(path: Path) -> None:
    """Makes what was written to a file, or a rename in a folder, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
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
    with path.open("ab", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        try:
            while left:  # a disk that is nearly full takes a part
                left = left[file.write(left) :]
        except OSError:
            file.truncate(end)
            raise


def load(text: str | bytes) -> Any:
    """The JSON value of a file that anybody may have written. Raises ValueError, whatever is wrong with it.

    Also for what Python reads but nothing can be done with: brackets deeper than the stack, half a character.
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


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole records of a JSON-lines file; a torn or broken line is passed over, an unreadable file has none."""
    try:
        text = path.read_bytes()
    except OSError:
        return
    for line in text.split(b"\n")[:-1]:  # what follows the last newline is still being written
        try:
            record = load(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record


def is_number(value: Any) -> bool:
    """Whether it is a number that can be reckoned with: finite, and of a size that a clock or a counter may have."""
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
