"""Fashion-MNIST: 70,000 pictures of clothes in ten kinds.

Made to fit wherever MNIST does, and harder: 28 × 28 grey pixels, 60,000 to train on, 10,000 to test
with. Xiao, Rasul, Vollgraf (2017), arXiv:1708.07747.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gan.datasets import Data, Progress, _idx

LICENCE = "Fashion-MNIST is Zalando's, under the MIT licence (github.com/zalandoresearch/fashion-mnist)."
TORCHVISION = "FashionMNIST"
FILES = (
    "FashionMNIST/raw/train-images-idx3-ubyte",
    "FashionMNIST/raw/train-labels-idx1-ubyte",
    "FashionMNIST/raw/t10k-images-idx3-ubyte",
    "FashionMNIST/raw/t10k-labels-idx1-ubyte",
)
FOLDERS = ("FashionMNIST/raw", "FashionMNIST", "fashion-mnist", "fashion_mnist", "fashion")  # where they may lie, too
DOWNLOAD_MB = 30
SHAPE = (1, 28, 28)
COUNT = 60000
LABELS = True
NAMES = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")


def load(root: Path) -> Data:
    """Reads the four files. Raises DataError."""
    return _idx.load(root, "fashion-mnist", FILES, FOLDERS, NAMES)


def download(root: Path) -> Iterator[Progress]:
    """Fetches the files that are missing. Raises DataError."""
    return _idx.download(root, "FashionMNIST", FILES, DOWNLOAD_MB)
