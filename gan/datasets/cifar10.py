"""CIFAR-10: 60,000 small colour photographs of ten things.

Animals and vehicles, 32 × 32 pixels in red, green and blue: 50,000 to train on, 10,000 to test with.
Much harder than digits: expect blurry animals from a small generator. Krizhevsky (2009).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gan.datasets import Data, Progress, _fetch

LICENCE = "CIFAR-10's makers state no licence and ask to be cited: Krizhevsky, 2009 (cs.toronto.edu/~kriz/cifar.html)."
TORCHVISION = "CIFAR10"
FILES = (
    "cifar-10-batches-py/data_batch_1",
    "cifar-10-batches-py/data_batch_2",
    "cifar-10-batches-py/data_batch_3",
    "cifar-10-batches-py/data_batch_4",
    "cifar-10-batches-py/data_batch_5",
    "cifar-10-batches-py/test_batch",
    "cifar-10-batches-py/batches.meta",
)
DOWNLOAD_MB = 163
SHAPE = (3, 32, 32)
COUNT = 50000
LABELS = True
NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def load(root: Path) -> Data:
    """Reads the pickled batches, after torchvision has checked the MD5 of each. Raises DataError."""
    _fetch.demand(root, "cifar10", FILES)
    from torchvision.datasets import CIFAR10
    from torchvision.datasets.utils import check_integrity

    known = dict([*CIFAR10.train_list, *CIFAR10.test_list])
    known[CIFAR10.meta["filename"]] = CIFAR10.meta["md5"]
    for path in (root / file for file in FILES):
        if not check_integrity(path, known[path.name]):
            raise _fetch.broken(path, "cifar10", "its checksum is another one")
    both = (CIFAR10(root, train=train) for train in (True, False))
    train, test = (_split(source.data, source.targets) for source in both)
    return Data(train.images, train.labels, NAMES, test=test)


def download(root: Path) -> Iterator[Progress]:
    """Fetches and unpacks the one archive unless all its files are there. Raises DataError."""
    yield Progress(0, DOWNLOAD_MB << 20, "bytes", "Asking for CIFAR-10")
    from torchvision.datasets import CIFAR10

    archive = _fetch.Archive((CIFAR10.url,), CIFAR10.tgz_md5, "", FILES)
    yield from _fetch.download(root, "CIFAR-10", [archive], DOWNLOAD_MB)


def _split(pixels: np.ndarray, targets: list[int]) -> Data:
    images = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))  # N,H,W,C -> N,C,H,W
    return Data(images, np.array(targets, np.int64), NAMES)
