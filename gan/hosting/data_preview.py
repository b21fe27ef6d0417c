"""Own pictures read in the background before a run is made: what the network will see, and what was left out."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Generator
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np

from gan import datasets, images, registry
from gan.config import RunConfig, declared
from gan.datasets import Data, DataError, Progress, Reading, _source_path
from gan.hosting import jobs
from gan.hosting.process import singleton

MAX_TILES, MAX_PREVIEWS = 64, 8


@dataclass(frozen=True)
class Preview:
    """What was read: how many pictures of which shape, the classes with their counts, and some pictures as PNG.

    tiles: up to 64 pictures, the classes in turn, each with the name of its class ("" without classes). thumbs: one
    picture of each class. refused: why nothing can be trained on them, or "".
    """

    images: int
    shape: tuple[int, int, int] = (0, 0, 0)
    names: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    tiles: tuple[tuple[bytes, str], ...] = ()
    thumbs: tuple[bytes, ...] = ()
    reading: Reading = field(default_factory=Reading)
    refused: str = ""


@dataclass
class _Previews:
    by_key: OrderedDict[str, Preview] = field(default_factory=OrderedDict)
    guard: threading.Lock = field(default_factory=threading.Lock)


def key_of(config: RunConfig) -> str:
    """The name of the job that reads the data of a config; another one when the folder or a choice has changed."""
    facts = registry.card("datasets", config.dataset).facts
    names = ["dataset", "n_images", "image_size", *facts.get("KNOBS", ()), *declared("datasets", config.dataset)[0]]
    parts = [f"{name}={getattr(config, name)}" for name in dict.fromkeys(names)]
    try:
        stat = _source_path.path(config.source).stat()
        parts += [str(stat.st_mtime_ns), str(stat.st_size)]
    except (OSError, DataError):
        pass
    return f"read:{blake2b('|'.join(parts).encode(errors='replace'), digest_size=8).hexdigest()}"


def begin(config: RunConfig) -> str:
    """Reads the data of a config in the background, unless that was done; returns the key of the job."""
    key = key_of(config)
    if preview(key) is None:
        jobs.start_job(key, lambda: _read(config, key))
    return key


def preview(key: str) -> Preview | None:
    """What the job of that key has read; None while it has not ended."""
    previews = singleton("previews", _Previews)
    with previews.guard:
        return previews.by_key.get(key)


def forget(key: str) -> None:
    """Reads anew the next time."""
    previews = singleton("previews", _Previews)
    with previews.guard:
        previews.by_key.pop(key, None)
    jobs.forget_job(key)


def of(data: Data) -> Preview:
    """The preview of data that were read."""
    rows = _some(data.labels, len(data), len(data.names))
    labels = ["" if data.labels is None else data.names[int(data.labels[k])] for k in rows]
    tiles = tuple((_png(data.images[k]), label) for k, label in zip(rows, labels, strict=True))
    thumbs: tuple[bytes, ...] = ()
    if data.labels is not None:
        first = [int(np.argmax(data.labels == k)) for k in range(len(data.names))]
        thumbs = tuple(_png(data.images[k]) for k in first)
    counts, reading = data.counts or (), data.reading or Reading()
    return Preview(len(data), data.shape, data.names if counts else (), counts, tiles, thumbs, reading)


def _read(config: RunConfig, key: str) -> Generator[Progress]:
    try:
        data = yield from datasets.opening(config)
        made = of(data)
    except DataError as error:
        made = Preview(error.images, reading=error.reading or Reading(), refused=str(error))
    previews = singleton("previews", _Previews)
    with previews.guard:
        previews.by_key[key] = made
        while len(previews.by_key) > MAX_PREVIEWS:
            previews.by_key.popitem(last=False)


def _some(labels: np.ndarray | None, count: int, classes: int) -> list[int]:
    """The rows of up to MAX_TILES pictures: evenly spaced, and where there are classes, these in turn."""
    if labels is None:
        return [k * count // MAX_TILES for k in range(MAX_TILES)] if count > MAX_TILES else [*range(count)]
    queues = [np.flatnonzero(labels == k).tolist() for k in range(classes)]
    turns = [rows[turn] for turn in range(MAX_TILES) for rows in queues if turn < len(rows)]
    return turns[:MAX_TILES]


def _png(image: np.ndarray) -> bytes:
    return images.png(np.ascontiguousarray(image.transpose(1, 2, 0)))
