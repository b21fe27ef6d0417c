"""What the user names: a folder, an archive or a file of arrays; links are followed inside the folder only."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator, Iterator
from pathlib import Path

from gan.datasets import DataError
from gan.datasets._decode import Unreadable
from gan.datasets.own import archives, entries, kinds, zip_names
from gan.datasets.own.budget import Budget
from gan.datasets.own.entries import Entry, Place

OUTSIDE = "a link that leads out of the folder; copy what it leads to, or name that folder"


def read(source: Path, counts: Budget) -> Generator[Entry]:
    """The entries of a folder, an archive or a file, those of inner archives too. Raises DataError."""
    try:
        kind = source.stat().st_mode
    except (OSError, ValueError) as error:
        raise DataError(f"{source} is not there: give a folder or a zip of pictures.") from error
    if stat.S_ISDIR(kind):
        yield from _folder(source, counts)
    elif stat.S_ISREG(kind):
        yield from _single(source, counts)
    else:
        raise DataError(f"{source} is not there: give a folder or a zip of pictures.")


def _single(source: Path, counts: Budget) -> Iterator[Entry]:
    """The entries of one file, which must be an archive or hold arrays."""
    try:
        with source.open("rb") as file:
            single = entries.entry((source.name,), (), file, counts, keep=False)
            if single.kind.group == kinds.PICTURE:
                raise DataError(
                    f"{source} is one picture: give the folder that your pictures are in, or a zip of them."
                )
            if isinstance(single.content, Unreadable):
                if single.kind == kinds.EMPTY:
                    raise DataError(f"{source} is an empty file: nothing of it arrived. Get it again.")
                if single.kind == kinds.UNKNOWN:
                    raise DataError(f"{source} is neither a folder nor a zip that can be read.")
                raise DataError(f"{source} cannot be read. It is {single.content}.")
            yield from archives.opened(single, counts)
    except OSError as error:
        raise DataError(f"{source} cannot be read: {error.strerror or error}.") from error
    except archives.CannotOpen as error:
        raise DataError(f"{source} is neither a folder nor a zip that can be read: {error}. Get it again.") from error


def _folder(source: Path, counts: Budget) -> Iterator[Entry]:
    files = sorted(_walk(source, counts), key=lambda pair: pair[0])
    for place, file in files:
        named = tuple(zip_names.composed(part) for part in place)
        if isinstance(file, Unreadable):
            yield Entry(named, (place,), kinds.UNKNOWN, file)
            continue
        try:
            handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as content:
                if stat.S_ISREG(os.fstat(handle).st_mode):
                    each = entries.entry(named, (place,), content, counts, keep=False)
                    yield from archives.opened(each, counts, depth=1)
                else:
                    yield entries.left_out(named, (place,), "no file")
        except OSError as error:
            yield entries.left_out(named, (place,), f"cannot be opened: {error.strerror or error}")


def _walk(source: Path, counts: Budget) -> Iterator[tuple[Place, Path | Unreadable]]:
    """Every file below a folder with its place, and what is not taken; a linked folder is looked at once."""
    top = os.path.realpath(source)
    linked: set[str] = set()
    stack: list[tuple[Place, Path]] = [((), source)]
    while stack:
        place, folder = stack.pop()
        try:
            inside = list(os.scandir(folder))
        except OSError as error:
            if not place:
                raise DataError(f"{source} cannot be opened: {error.strerror or error}.") from error
            yield place, Unreadable(f"a folder that cannot be opened: {error.strerror or error}")
            continue
        counts.look(len(inside))
        for each in inside:
            here = (*place, each.name)
            if kinds.is_litter((each.name,)):
                continue
            if each.is_symlink() and (reason := _refused(each.path, folder, top, linked)):
                yield here, Unreadable(reason)
            elif each.is_dir():
                stack.append((here, Path(each.path)))
            else:
                yield here, Path(each.path)


def _refused(link: str, folder: Path, top: str, linked: set[str]) -> str:
    """Why a link is not followed, or ""."""
    target = os.path.realpath(link)
    if os.path.commonpath([top, target]) != top:
        return OUTSIDE
    if not os.path.exists(target):  # noqa: PTH110
        return "a link to nothing"
    if os.path.isdir(target):  # noqa: PTH112
        if os.path.commonpath([os.path.realpath(folder), target]) == target or target in linked:
            return "a link to a folder that is read already"
        linked.add(target)
    return ""
