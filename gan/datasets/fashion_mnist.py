"""Fashion-MNIST: 70,000 pictures of clothes in ten kinds.

Made to fit wherever MNIST does, and harder: 28 × 28 grey pixels, 60,000 to train on, 10,000 to test
with. Xiao, Rasul, Vollgraf (2017), arXiv:1708.07747.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gan.datasets import Data, Progress, _idx

FILES = (
    "FashionMNIST/raw/train-images-idx3-ubyte",
    "FashionMNIST/raw/train-labels-idx1-ubyte",
    "FashionMNIST/raw/t10k-images-idx3-ubyte",
    "FashionMNIST/raw/t10k-labels-idx1-ubyte",
)
DOWNLOAD_MB = 30
SHAPE = (1, 28, 28)
COUNT = 60000
LABELS = True
NAMES = (
    "T-shirt", "trousers", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip


def load(root: Path) -> Data:
    """Reads the four files. Raises DataError."""
    return _idx.load(root, "fashion-mnist", FILES, NAMES)


def download(root: Path) -> Iterator[Progress]:
    """Fetches the files that are missing. Raises DataError."""
    return _idx.download(root, "FashionMNIST", FILES, DOWNLOAD_MB)
