"""The MNIST family: IDX files, read with numpy where torchvision keeps them (its import takes 4 s)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gan.datasets import Data, DataError, Progress, _fetch

SIDE = 28
GZIP = b"\x1f\x8b"
MAX_BYTES = 1 << 28  # unpacked from one file
CHUNK = 1 << 20


def load(root: Path, name: str, files: tuple[str, ...], folders: tuple[str, ...], names: tuple[str, ...]) -> Data:
    """Both splits from `files`: images and labels to train on, images and labels of the test.

    They may lie in one of `folders`, packed or not (registry.find_file). Raises DataError naming the file that is
    missing or broken.
    """
    paths = _fetch.demand(root, name, files, folders)
    train, test = (_split(name, paths[i], paths[i + 1], names) for i in (0, 2))
    return Data(train.images, train.labels, names, test=test)


def download(root: Path, kind: str, files: tuple[str, ...], megabytes: int) -> Iterator[Progress]:
    """Fetches `files` from the mirrors that torchvision knows for its class `kind`."""
    yield Progress(0, megabytes << 20, "bytes", f"Asking for {kind}")
    from torchvision import datasets

    source = getattr(datasets, kind)
    archives = [
        _fetch.Archive(tuple(mirror + packed for mirror in source.mirrors), md5, str(Path(file).parent), (file,))
        for (packed, md5), file in zip(source.resources, files, strict=True)
    ]
    yield from _fetch.download(root, kind, archives, megabytes)


def _split(name: str, images: Path, labels: Path, names: tuple[str, ...]) -> Data:
    x = _read(images, name, (SIDE, SIDE))
    y = _read(labels, name, ())
    if len(x) != len(y):
        raise _fetch.broken(labels, name, f"it has {len(y)} labels for {len(x)} images")
    if y.max(initial=0) >= len(names):
        raise _fetch.broken(labels, name, f"it speaks of a class {y.max()}")
    return Data(x[:, None], y.astype(np.int64), names)


def _read(path: Path, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """uint8 N,*shape: a header of big-endian int32 (kind and axes, N, shape), then the bytes."""
    content = np.frombuffer(_bytes(path, name), np.uint8).copy()  # that may be written to
    axes = 1 + len(shape)
    body = content[4 + 4 * axes :]
    header = content[: 4 + 4 * axes]
    if len(header) < 4 + 4 * axes or header[:4].tolist() != [0, 0, 8, axes]:
        raise _fetch.broken(path, name, "it does not begin like an IDX file")
    count, *sides = np.frombuffer(header[4:].tobytes(), ">i4").tolist()
    wanted = count * int(np.prod(shape, dtype=int))
    if tuple(sides) != shape or count < 1:
        raise _fetch.broken(path, name, f"it holds {count} items of shape {tuple(sides)}")
    if len(body) != wanted:
        raise _fetch.broken(path, name, f"it has {len(body):,} bytes of {wanted:,}")
    return body.reshape(count, *shape)


def _bytes(path: Path, name: str) -> bytes:
    """What a file holds, unpacked where it is packed by gzip, whatever its name says."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == GZIP
        if not packed:
            return path.read_bytes()
        content = bytearray()
        with gzip.open(path) as file:
            while (piece := file.read(CHUNK)) and len(content) <= MAX_BYTES:
                content += piece
        return bytes(content)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _fetch.broken(path, name, "it cannot be unpacked") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
