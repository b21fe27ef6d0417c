"""Downloading: bytes from the first mirror that has them, checked, unpacked aside, moved into place."""

from __future__ import annotations

import shutil
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit

from gan import registry
from gan.datasets import DataError, Progress, _cache

CHUNK = 1 << 18
PATIENCE = 20  # seconds without a byte
SLOW_SECONDS, SLOW_BYTES = 60, 1000  # after so long, bytes a second below which a mirror is given up
PAGES = (b"<!doctype", b"<html", b"<head", b"<?xml")  # how a web page begins
PREFIX = ".download."


@dataclass(frozen=True)
class Archive:
    """One packed file: where it may be had, its MD5, and what it holds.

    `files` are paths under the root; inside the archive they are relative to `folder`.
    """

    urls: tuple[str, ...]
    md5: str
    folder: str
    files: tuple[str, ...]


def demand(root: Path, name: str, files: tuple[str, ...], folders: tuple[str, ...] = ()) -> list[Path]:
    """Where each of `files` is, under `root` or in one of `folders` there. Raises DataError when one is missing."""
    paths = [registry.find_file(root, file, folders) for file in files]
    for file, path in zip(files, paths, strict=True):
        if path is None:
            looked = registry.looked_for(registry.card("datasets", name), root)
            raise DataError(f"{root / file} is missing. Get it: python -m gan data {name}. {looked}")
    return [path for path in paths if path]


def broken(path: Path, name: str, why: str) -> DataError:
    """The error for a file that is not what it should be."""
    return DataError(f"{path} is broken: {why}. Delete this file and get it again: python -m gan data {name}")


def download(root: Path, title: str, archives: list[Archive], megabytes: int) -> Iterator[Progress]:
    """Fetches what is not there yet, in bytes of about `megabytes`. Raises DataError.

    Nothing half done is left behind: not by an error, nor by a caller who stops asking.
    """
    from torchvision.datasets.utils import extract_archive

    temp, done, total = None, 0, megabytes << 20
    try:
        root.mkdir(parents=True, exist_ok=True)
        _cache.sweep(root, PREFIX)
        temp = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
        for archive in archives:
            if all((root / file).is_file() for file in archive.files):
                continue
            packed = temp / Path(urlsplit(archive.urls[0]).path).name
            for size in _transfer(archive, packed, title, 2 * total):
                text = f"Getting {title}: {packed.name}"
                yield Progress(done + size, max(total, done + size), "bytes", text)
            done += packed.stat().st_size
            (temp / "unpacked").mkdir(exist_ok=True)
            extract_archive(packed, temp / "unpacked", remove_finished=True)
            for file in archive.files:
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                (temp / "unpacked" / Path(file).relative_to(archive.folder)).replace(root / file)
    except OSError as error:
        raise DataError(f"{title} cannot be kept in {root}: {error.strerror or error}.") from error
    finally:
        if temp:
            shutil.rmtree(temp, ignore_errors=True)
    yield Progress(total, total, "bytes", f"{title} is here")


def _transfer(archive: Archive, to: Path, title: str, most: int) -> Iterator[int]:
    """Writes the archive to `to`; yields how many of its bytes are here."""
    from torchvision.datasets.utils import check_integrity

    problems = []
    for url in archive.urls:
        try:
            yield from _bytes(url, to, most)
        except _NoAnswer as error:
            problems.append(f"{urlsplit(url).netloc}: {error}")
            continue
        if check_integrity(to, archive.md5):
            return
        problems.append(f"{urlsplit(url).netloc}: {_other(to)}")
    raise DataError(
        f"{title} could not be downloaded ({'; '.join(problems)}). "
        "Check the network connection and try again, or choose data that is made here: strokes."
    )


class _NoAnswer(Exception):
    """A mirror that did not give the file."""


def _bytes(url: str, to: Path, most: int) -> Iterator[int]:
    request = urllib.request.Request(url, headers={"User-Agent": "forger"})
    try:
        answer = urllib.request.urlopen(request, timeout=PATIENCE)
    except HTTPError as error:
        error.close()
        raise _NoAnswer(f"it says {error.code} {error.reason}{_through(url)}") from error
    except (OSError, HTTPException) as error:
        raise _NoAnswer(_why(error) + _through(url)) from error
    size, begun = 0, time.monotonic()
    with answer, to.open("wb") as file:
        while chunk := _read(answer):
            file.write(chunk)
            size += len(chunk)
            if size > most:
                raise _NoAnswer("it sends more than the file can be")
            if (taken := time.monotonic() - begun) > SLOW_SECONDS and size < SLOW_BYTES * taken:
                raise _NoAnswer(f"it sends too slowly, {size:,} bytes in {taken:.0f} s")
            yield size
        if answer.length:
            raise _NoAnswer(f"it broke off after {size:,} bytes")


def _read(answer: object) -> bytes:
    try:
        return answer.read1(CHUNK)  # type: ignore[attr-defined]
    except (OSError, HTTPException) as error:
        raise _NoAnswer(_why(error)) from error


def _other(file: Path) -> str:
    """What came instead of the known file, in words."""
    with file.open("rb") as opened:
        begins = opened.read(100).lstrip().lower()
    if begins.startswith(PAGES):
        return (
            "a web page came instead of the file, as where a network wants a sign-in first: open any page in a browser"
        )
    return "another file came than the known one (checksum)"


def _through(url: str) -> str:
    """The proxy between, "" without one: it, too, may be what does not answer. Its password is left out."""
    where = urlsplit(url)
    proxy = urllib.request.getproxies().get(where.scheme)
    if not proxy or urllib.request.proxy_bypass(where.hostname or ""):
        return ""
    address = proxy.rpartition("@")[2].rpartition("//")[2].rstrip("/")
    return f", through the proxy {address} that {where.scheme}_proxy names"


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return "no answer in time" if isinstance(reason, TimeoutError) else f"no connection ({reason})"
