"""What lies in a folder, a file or an archive, one entry after the other, read with bounds on everything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from gan.datasets import _paged
from gan.datasets._decode import Unreadable
from gan.datasets.own import budget, kinds
from gan.datasets.own.budget import Budget
from gan.datasets.own.kinds import Kind

KEPT_IN_MEMORY = 32 << 20  # bytes of a file inside an archive; larger ones lie on disk meanwhile
Place = tuple[str, ...]  # folders and a name: text, never used as a path
Rank = tuple[tuple[str, ...], ...]  # where an entry stands among others: a part for each container around it


@dataclass(frozen=True, eq=False)
class Entry:
    """One file: a picture as bytes; arrays, texts and archives as a file to read; or why it is not taken."""

    place: Place
    rank: Rank
    kind: Kind
    content: bytes | IO[bytes] | Unreadable

    @property
    def name(self) -> str:
        """Its whole name, for people."""
        return "/".join(self.place)


def left_out(place: Place, rank: Rank, reason: str) -> Entry:
    """An entry that is not taken."""
    return Entry(place, rank, kinds.UNKNOWN, Unreadable(reason))


def entry(place: Place, rank: Rank, file: IO[bytes], counts: Budget, keep: bool) -> Entry:
    """The entry of an opened file; with `keep` its content is copied, because `file` cannot go back.

    Raises what reading a broken archive raises.
    """
    head = file.read(kinds.HEAD)
    kind = kinds.of(head, place[-1])
    if kind.group == kinds.OTHER:
        return Entry(place, rank, kind, Unreadable(kind.reason))
    if kind.group == kinds.PICTURE:
        content = _at_most(head, file, budget.MAX_FILE)
        counts.spend(len(content))
        large = len(content) > budget.MAX_FILE
        return Entry(place, rank, kind, Unreadable("too large") if large else content)
    if not keep:
        size = length(file)
        stays = kind.name == "npy" and size > _paged.MEMORY_BYTES  # in its file
        if size > (budget.MAX_TOTAL if stays else budget.MAX_ARRAYS) and kind.group != kinds.ARCHIVE:
            return left_out(place, rank, "too large")
        return Entry(place, rank, kind, file)
    copy = tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115  (whoever takes the entry closes it)
    try:
        copy.write(head)
        for block in blocks(file):
            copy.write(block)
            counts.spend(len(block))
            if copy.tell() > budget.MAX_ARRAYS:
                copy.close()
                return left_out(place, rank, "too large")
    except BaseException:
        copy.close()
        raise
    copy.seek(0)
    return Entry(place, rank, kind, copy)


def _at_most(head: bytes, file: IO[bytes], most: int) -> bytes:
    """A file that begins with `head`, but no more than a block beyond `most` bytes of it."""
    parts, size = [head], len(head)
    for block in blocks(file):
        parts.append(block)
        size += len(block)
        if size > most:
            break
    return b"".join(parts)


def blocks(file: IO[bytes], size: int = 1 << 20) -> Iterator[bytes]:
    """The rest of a file in pieces."""
    while block := file.read(size):
        yield block


def plain_place(name: str) -> Place | None:
    """A name in an archive as folders and a name; None where it climbs out of the archive."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if parts and len(parts[0]) == 2 and parts[0][1] == ":":
        parts = parts[1:]
    return None if ".." in parts else tuple(parts)


def length(file: IO[bytes]) -> int:
    """Bytes in a file that can go back; it stands at its beginning then."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    return size
