"""From entries to small pictures: each is decoded as it comes, on a few threads; arrays and tables are kept."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import numpy as np

from gan.datasets import DataError, LeftOut, Progress, _decode, _paged
from gan.datasets._decode import Fit, Sample, Unreadable
from gan.datasets.own import arrays, entries, label_table, lots, parquet, pixel_table, sources
from gan.datasets.own.arrays import Block, NoImages
from gan.datasets.own.budget import Budget
from gan.datasets.own.entries import Entry, Place, Rank
from gan.datasets.own.label_table import LabelTable
from gan.datasets.own.lots import Lot

TICK_SECONDS = 0.1
TEXT = "text, no picture"
FEW_FILES = 8  # so many .npy files hold images; more are images themselves
MAX_WAITING = 256 << 20  # bytes of pictures that wait for their decoding
THREADS = max(1, min(4, os.cpu_count() or 1))
Job = Future[list[Sample] | Unreadable]


@dataclass(frozen=True, eq=False)
class Shot:
    """A picture with its place."""

    place: Place
    rank: Rank
    sample: Sample


@dataclass
class Collection:
    """All that a source holds, for pictures of one size."""

    source: Path
    size: int
    fit: Fit
    most: int  # pictures
    shots: list[Shot] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    unclear: list[tuple[Entry, np.ndarray]] = field(default_factory=list)  # one image, or one a row
    tables: list[LabelTable] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    files: int = 0
    paged: int = 0  # of them TIFFs of several pages
    animated: int = 0
    heap: _paged.Heap = field(default_factory=_paged.Heap)

    def keep(self, sample: Sample) -> Sample:
        """The same pictures, on the disk where memory has enough of them."""
        keep = self.heap.keep
        black, deep = (each if each is None else keep(each) for each in (sample.on_black, sample.deep))
        return replace(sample, pixels=keep(sample.pixels), on_black=black, deep=deep)


def collect(source: Path, size: int, fit: Fit, most: int) -> Generator[Progress, None, Collection]:
    """Reads a source; yields how far it is. Raises DataError, also for more than `most` pictures."""
    collection, counts = Collection(source, size, fit, most), Budget(str(source))
    waiting: deque[tuple[Entry, Job]] = deque()
    bytes_waiting, ticked = 0, 0.0
    with ThreadPoolExecutor(THREADS, "reading") as pool, closing(sources.read(source, counts)) as listed:
        try:
            for entry in listed:
                collection.files += 1
                if isinstance(entry.content, bytes):
                    waiting.append((entry, pool.submit(_decoded, entry.content, size, fit)))
                    bytes_waiting += len(entry.content)
                else:
                    _take(collection, entry, entry.content)
                while waiting and (bytes_waiting > MAX_WAITING or len(waiting) > 4 * THREADS or waiting[0][1].done()):
                    bytes_waiting -= _finish(collection, *waiting.popleft())
                _bound(collection, len(collection.shots))
                if time.monotonic() - ticked > TICK_SECONDS:
                    ticked = time.monotonic()
                    text = f"Reading pictures: {collection.files:,} of {counts.entries:,} files"
                    yield Progress(collection.files, max(collection.files, counts.entries), "files", text)
            while waiting:
                _finish(collection, *waiting.popleft())
        finally:
            for _, job in waiting:
                job.cancel()
    _clear_up(collection)
    _pair(collection)
    collection.shots.sort(key=lambda shot: shot.rank)
    return collection


def _bound(collection: Collection, pictures: int) -> None:
    if pictures > collection.most:
        raise DataError(
            f"{collection.source} has more than {collection.most:,} pictures, too many at {collection.size} pixels."
        )


def _decoded(content: bytes, size: int, fit: Fit) -> list[Sample] | Unreadable:
    try:
        return list(_decode.samples(content, size, fit))
    except Unreadable as why:
        return why


def _finish(collection: Collection, entry: Entry, job: Job) -> int:
    """Keeps what a picture came to; returns its bytes."""
    samples = job.result()
    if isinstance(samples, Unreadable):
        collection.left_out.append(LeftOut(entry.name, f"{entry.kind.name}, {samples}"))
    else:
        for page, sample in enumerate(samples):
            rank = (*entry.rank, (f"{page:06}",)) if page else entry.rank
            collection.shots.append(Shot(entry.place, rank, collection.keep(sample)))
        collection.paged += len(samples) > 1
        collection.animated += len(samples) == 1 and samples[0].frames > 1 and entry.kind.name != "TIFF"
    assert isinstance(entry.content, bytes)
    return len(entry.content)


def _take(collection: Collection, entry: Entry, content: IO[bytes] | Unreadable) -> None:
    """Keeps what is no single picture, or the reason why it is left out."""
    if isinstance(content, Unreadable):
        collection.left_out.append(LeftOut(entry.name, str(content)))
        return
    try:
        with content:
            match entry.kind.name:
                case "npz":
                    _npz(collection, entry, content)
                case "npy":
                    _array(collection, entry, arrays.npy_array(content, entries.length(content)))
                case "idx":
                    collection.arrays[entry.name] = arrays.idx_array(content)
                case "parquet":
                    _parquet(collection, entry, content)
                case _:
                    _text(collection, entry, content)
    except NoImages as why:
        collection.left_out.append(LeftOut(entry.name, str(why)))
    except DataError:
        raise
    except Exception:  # a reader fed with junk may raise anything
        collection.left_out.append(LeftOut(entry.name, f"a broken file of the kind {entry.kind.name}"))


def _array(collection: Collection, entry: Entry, array: np.ndarray) -> None:
    if array.ndim == 2 and arrays.as_images(array) is not None:
        collection.unclear.append((entry, array))
    elif arrays.is_one_image(array) and max(array.shape[:2]) <= arrays.MAX_SIDE:
        _single(collection, entry, array)
    else:
        collection.arrays[entry.name] = array


def _single(collection: Collection, entry: Entry, array: np.ndarray) -> None:
    images = array.reshape(1, *array.shape[:2], -1)[..., :3]
    collection.shots.append(Shot(entry.place, entry.rank, lots.shrunk(images, collection.size, collection.fit)))


def _clear_up(collection: Collection) -> None:
    """Decides on arrays H,W that may be one image, or one a row: many of them are images, a few hold images."""
    for entry, array in collection.unclear:
        if len(collection.unclear) > FEW_FILES and max(array.shape) <= arrays.MAX_SIDE:
            _single(collection, entry, array)
        else:
            collection.arrays[entry.name] = array


def _npz(collection: Collection, entry: Entry, file: IO[bytes]) -> None:
    taken, refused = arrays.npz_arrays(file)
    collection.left_out += [LeftOut(f"{entry.name}: {name}", why) for name, why in refused.items()]
    _blocks(collection, [replace(block, name=f"{entry.name}: {block.name}") for block in arrays.blocks(taken)])


def _blocks(collection: Collection, blocks: list[Block]) -> None:
    _bound(collection, sum(len(lot) for lot in collection.lots) + sum(len(block.images) for block in blocks))
    collection.lots += [lots.of_block(block, collection.size, collection.fit) for block in blocks]


def _text(collection: Collection, entry: Entry, file: IO[bytes]) -> None:
    """A text is a table of pixels, or a table of labels, or nothing of use."""
    head = file.read(1 << 16).decode("utf-8", "replace")
    file.seek(0)
    if pixel_table.has_cells(head):
        _blocks(collection, pixel_table.read_cells(entry.name, file))
    elif pixel_table.is_pixels(head):
        _blocks(collection, [pixel_table.read(entry.name, file)])
    elif table := label_table.read(entry.place, file):
        collection.tables.append(table)
        if len(collection.tables) > label_table.MAX_TABLES:
            shortest = min(collection.tables, key=lambda table: len(table.rows))
            collection.tables.remove(shortest)
            collection.left_out.append(LeftOut(shortest.name, TEXT))
    else:
        raise NoImages(TEXT)


def _parquet(collection: Collection, entry: Entry, file: IO[bytes]) -> None:
    content = parquet.read(entry.name, file)
    if isinstance(content, Block):
        _blocks(collection, [content])
        return
    pictures, names = content
    taken = [*_pictures(collection, pictures)]
    labels = [label for _, label in taken]
    known = None if None in labels else labels
    collection.lots.append(Lot(entry.name, [s for s, _ in taken], known, names, arrays.split(entry.name) == "test"))


def _pictures(collection: Collection, rows: Iterator[parquet.Picture]) -> Iterator[tuple[Sample, object]]:
    for number, row in enumerate(rows, 1):
        _bound(collection, number)
        samples = _decoded(row.content or b"", collection.size, collection.fit)
        if isinstance(samples, Unreadable):
            collection.left_out.append(LeftOut(row.name, str(samples)))
        else:
            yield collection.keep(samples[0]), row.label


def _pair(collection: Collection) -> None:
    """Puts arrays that came as files of their own together: images with their labels."""
    if collection.arrays:
        try:
            _blocks(collection, arrays.blocks(collection.arrays))
        except NoImages as why:
            collection.left_out += [LeftOut(name, str(why)) for name in collection.arrays]
