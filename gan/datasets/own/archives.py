"""Archives: zip, tar and what is packed by gzip, bzip2 or xz; archives in one another are opened, too."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import IO, Any

from gan.datasets._decode import Unreadable
from gan.datasets.own import budget, entries, kinds, zip_names
from gan.datasets.own.budget import Budget
from gan.datasets.own.entries import Entry, Place, Rank
from gan.datasets.own.kinds import Kind

NPZ = Kind("npz", kinds.ARRAYS)
PACKING = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, tarfile.TarError)
BROKEN = (OSError, ValueError, EOFError, RuntimeError, LookupError, MemoryError, OverflowError, *PACKING)
PACKED: dict[str, Callable[[IO[bytes]], Any]] = {
    "gzip": lambda file: gzip.GzipFile(fileobj=file, mode="rb"),
    "bzip2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
}
ENDINGS = {".gz": "", ".bz2": "", ".xz": "", ".tgz": ".tar", ".tbz": ".tar", ".txz": ".tar"}
BEFORE = (
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)
MAX_BEFORE = 1 << 16  # bytes of such a header


class CannotOpen(Exception):
    """An archive that cannot be opened; the message says why."""


def opened(outer: Entry, counts: Budget, depth: int = 0) -> Iterator[Entry]:
    """The entries of an archive; of another entry itself. The first archive (depth 0) names no folder."""
    if outer.kind.group != kinds.ARCHIVE or isinstance(outer.content, (bytes, Unreadable)):
        yield outer
        return
    if depth > budget.MAX_DEPTH:
        outer.content.close()
        yield entries.left_out(outer.place, outer.rank, "an archive too deep in others; unpack it")
        return
    file, kind = outer.content, outer.kind.name
    inside = _zip if kind == "zip" else _tar if kind == "tar" else _unpacked
    try:
        with file, closing(inside(outer, file, counts, depth)) as inner:
            for each in inner:
                yield from opened(each, counts, depth + 1)
    except BROKEN as error:
        why = "packed too tightly" if isinstance(error, _TooTight) else "it is broken, or was cut off"
        reason = f"a {kind} that cannot be opened: {why}"
        if depth == 0:
            raise CannotOpen(reason) from error
        yield entries.left_out(outer.place, outer.rank, reason)


def _folder(place: Place) -> Place:
    """Where the entries of an archive inside another lie: a folder named as it is, without its ending."""
    stem = place[-1].rpartition(".")[0] or place[-1]
    return (*place[:-1], stem)


def _zip(outer: Entry, file: IO[bytes], counts: Budget, depth: int) -> Generator[Entry]:
    folder, rank = _folder(outer.place) if depth else (), outer.rank
    with zipfile.ZipFile(file) as archive:
        infos = [info for info in archive.infolist() if info.filename and not info.filename.endswith(("/", "\\"))]
        counts.look(len(archive.infolist()))
        if infos and all(info.filename.endswith(".npy") and "/" not in info.filename for info in infos):
            file.seek(0)
            yield Entry(outer.place, rank, NPZ, file)
            return
        named = sorted(zip(zip_names.names(infos), infos, strict=True), key=lambda pair: pair[1].filename)
        for name, info in named:
            place = entries.plain_place(name)
            here = (*rank, (info.filename,))
            if place is None:
                yield entries.left_out((name,), here, "its name leads out of the archive")
            elif place and not kinds.is_litter(place):
                yield _zipped(archive, info, (*folder, *place), here, counts)


def _zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: Place, rank: Rank, counts: Budget) -> Entry:
    if stat.S_ISLNK(info.external_attr >> 16):
        return entries.left_out(place, rank, "a link")
    if info.flag_bits & 1:
        return entries.left_out(place, rank, "encrypted; make a zip without a password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return entries.left_out(place, rank, "packed in a way that is not read; make the zip anew")
    if info.file_size > max(budget.SMALL, budget.MAX_RATIO * info.compress_size):
        return entries.left_out(place, rank, "packed too tightly")
    try:
        with archive.open(info) as packed:
            return entries.entry(place, rank, packed, counts, keep=True)
    except BROKEN:
        return entries.left_out(place, rank, "broken in the zip")


def _tar(outer: Entry, file: IO[bytes], counts: Budget, depth: int) -> Generator[Entry]:
    folder, rank = _folder(outer.place) if depth else (), outer.rank
    with tarfile.open(fileobj=file, mode="r|", tarinfo=_Member, encoding="utf-8", errors="surrogateescape") as archive:
        for member in archive:
            archive.members.clear()  # type: ignore[attr-defined]  # each keeps its headers
            counts.look()
            name = _readable(member.name)
            place = entries.plain_place(name)
            here = (*rank, place or (name,))
            if member.isdir() or place == ():
                continue
            if place is None:
                yield entries.left_out((name,), here, "its name leads out of the archive")
            elif kinds.is_litter(place):
                continue
            elif not member.isfile() or member.issparse():
                yield entries.left_out(
                    (*folder, *place), here, "a link" if member.islnk() or member.issym() else "no file"
                )
            elif (packed := archive.extractfile(member)) is not None:
                yield entries.entry((*folder, *place), here, packed, counts, keep=True)


class _Member(tarfile.TarInfo):
    """A header in a tar. One that goes before it, with a long name, is read into memory: it has to be short."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Member:
        member = super().frombuf(buf, encoding, errors)
        if member.type in BEFORE and member.size > MAX_BEFORE:
            raise tarfile.ReadError("a header is too long")
        return member


def _readable(name: str) -> str:
    """A name in a tar: UTF-8, or else guessed like those in a zip."""
    raw = name.encode("utf-8", "surrogateescape")
    return zip_names.composed(raw.decode(zip_names.guess([raw]), "replace"))


def _unpacked(outer: Entry, file: IO[bytes], counts: Budget, depth: int) -> Generator[Entry]:
    """The one file in a packed one: a tar is read as it comes, what else it may be is copied."""
    place, rank = outer.place, outer.rank
    packed = entries.length(file)
    bounded = _Bounded(PACKED[outer.kind.name](file), max(64 << 20, budget.MAX_RATIO * packed))
    buffered = io.BufferedReader(bounded, 1 << 16)
    name = place[-1]
    for ending, instead in ENDINGS.items():
        if name.lower().endswith(ending):
            name = name[: -len(ending)] + instead
    inner = (*place[:-1], name or place[-1])
    head = buffered.peek(kinds.HEAD)[: kinds.HEAD]
    if kinds.of(head, name).name == "tar":
        yield Entry(inner, rank, kinds.of(head, name), buffered)
    else:
        yield entries.entry(inner, rank, buffered, counts, keep=True)


class _TooTight(OSError):
    """More is packed in a file than is unpacked of a stranger's."""


class _Bounded(io.RawIOBase):
    """A stream that unpacks, of at most so many bytes. Raises _TooTight beyond."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self._stream, self._left = stream, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        self._left -= len(piece)
        if self._left < 0:
            raise _TooTight
        return len(piece)
