"""The MNIST family: IDX files, read with numpy where torchvision keeps them (its import takes 4 s)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gan.datasets import Data, DataError, Progress, _fetch

SIDE = 28


def load(root: Path, name: str, files: tuple[str, ...], names: tuple[str, ...]) -> Data:
    """Both splits from `files`: images and labels to train on, images and labels of the test.

    Raises DataError naming the file that is missing or broken.
    """
    _fetch.demand(root, name, files)
    train, test = (_split(root, name, files[i], files[i + 1], names) for i in (0, 2))
    return Data(train.images, train.labels, names, test=test)


def download(root: Path, kind: str, files: tuple[str, ...], megabytes: int) -> Iterator[Progress]:
    """Fetches `files` from the mirrors that torchvision knows for its class `kind`."""
    yield Progress(0, megabytes << 20, "bytes", f"Asking for {kind}")
    from torchvision import datasets

    source = getattr(datasets, kind)
    archives = [
        _fetch.Archive(
            tuple(mirror + packed for mirror in source.mirrors),
            md5,
            str(Path(file).parent),
            (file,),
        )
        for (packed, md5), file in zip(source.resources, files, strict=True)
    ]
    yield from _fetch.download(root, kind, archives, megabytes)


def _split(root: Path, name: str, images: str, labels: str, names: tuple[str, ...]) -> Data:
    x = _read(root / images, name, (SIDE, SIDE))
    y = _read(root / labels, name, ())
    if len(x) != len(y):
        raise _fetch.broken(root / labels, name, f"it has {len(y)} labels for {len(x)} images")
    if y.max(initial=0) >= len(names):
        raise _fetch.broken(root / labels, name, f"it speaks of a class {y.max()}")
    return Data(x[:, None], y.astype(np.int64), names)


def _read(path: Path, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """uint8 N,*shape: a header of big-endian int32 (kind and axes, N, shape), then the bytes."""
    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
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
