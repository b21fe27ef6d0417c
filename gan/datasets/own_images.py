"""Your own images: a folder or a zip of pictures, any size and kind.

Each is turned upright, cropped to the square in its middle and made small; PNG, JPEG, GIF, BMP, WebP
and PPM are read. If none has colour the data is grey. Pictures that lie in two or more sub-folders get
the name of their sub-folder as label. At least 16 pictures are needed; a few hundred are better.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import numpy as np

from gan.datasets import Data, DataError
from gan.datasets._decode import Unreadable, decode, is_grey
from gan.datasets._sources import entries

FILES = ()
SIZE = 28  # pixels a side where none are asked for
LEAST = 16
MOST = 50_000
MAX_BYTES = 1 << 30  # of the decoded pictures together
MAX_CLASSES = 100

Folders = tuple[str, ...]


def load(root: Path, source: str, image_size: int = 0) -> Data:
    """uint8 N,C,size,size of the pictures in `source`, C = 1 or 3; `root` is not needed.

    What could not be read is counted in `Data.note`. Raises DataError when fewer than 16 can be used,
    or more than fit.
    """
    if not source.strip():
        raise DataError("Say where your images are: a folder or a zip.")
    path = Path(os.path.expanduser(source.strip()))  # noqa: PTH111  (the other one may raise)
    size = image_size or SIZE
    pictures, folders, faults = _read(path, size, most=min(MOST, MAX_BYTES // (3 * size * size)))
    note = _note(faults)
    if len(pictures) < LEAST:
        raise DataError(
            f"{len(pictures)} pictures in {path} can be used, and at least {LEAST} are needed. "
            + (note or "PNG, JPEG, GIF, BMP, WebP and PPM are read.")
        )
    labels, names = _labels(folders)
    images = np.stack(pictures)
    if all(map(is_grey, pictures)):
        images = images.mean(1, keepdims=True, dtype=np.float32).round().astype(np.uint8)
    return Data(images, labels, names, note=note)


def _read(path: Path, size: int, most: int) -> tuple[list[np.ndarray], list[Folders], Counter[str]]:
    pictures: list[np.ndarray] = []
    places: list[Folders] = []
    faults: Counter[str] = Counter()
    for folders, content in entries(path):
        if isinstance(content, Unreadable):
            faults[str(content)] += 1
            continue
        try:
            picture = decode(content, size)
        except Unreadable as fault:
            faults[str(fault)] += 1
            continue
        if len(pictures) == most:
            raise DataError(f"{path} has more than {most:,} pictures, too many at {size} pixels.")
        pictures.append(picture)
        places.append(folders)
    return pictures, places, faults


def _note(faults: Counter[str]) -> str:
    if not faults:
        return ""
    total = sum(faults.values())
    kinds = ", ".join(f"{count} {fault}" for fault, count in faults.most_common())
    return f"{total} {'picture was' if total == 1 else 'pictures were'} left out: {kinds}."


def _labels(places: list[Folders]) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """A class for each sub-folder below what all pictures share; none where a picture lies above."""
    shared = 0
    while len({place[: shared + 1] for place in places}) == 1 and len(places[0]) > shared:
        shared += 1
    if any(len(place) <= shared for place in places):
        return None, ()
    words = [re.sub(r"[^\w .-]", "_", place[shared])[:40] for place in places]
    names = tuple(sorted(set(words)))
    if not 2 <= len(names) <= MAX_CLASSES:
        return None, ()
    index = {name: i for i, name in enumerate(names)}
    return np.array([index[word] for word in words], np.int64), names
