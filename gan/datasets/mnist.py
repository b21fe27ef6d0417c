"""MNIST: 70,000 handwritten digits.

Written by American clerks and pupils, scanned, scaled into 20 × 20 pixels and centred in 28 × 28 grey
ones: 60,000 to train on, 10,000 to test with. The data set on which the first GAN was shown. LeCun,
Cortes, Burges (1998), from NIST Special Databases 1 and 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gan.datasets import Data, Progress, _idx

LICENCE = "MNIST is Y. LeCun's and C. Cortes', under CC BY-SA 3.0 (yann.lecun.com/exdb/mnist)."
TORCHVISION = "MNIST"
FILES = (
    "MNIST/raw/train-images-idx3-ubyte",
    "MNIST/raw/train-labels-idx1-ubyte",
    "MNIST/raw/t10k-images-idx3-ubyte",
    "MNIST/raw/t10k-labels-idx1-ubyte",
)
FOLDERS = ("MNIST/raw", "MNIST", "mnist", "mnist/raw", "raw", "")  # where they may lie, too
DOWNLOAD_MB = 11
SHAPE = (1, 28, 28)
COUNT = 60000
LABELS = True
NAMES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")


def load(root: Path) -> Data:
    """Reads the four files. Raises DataError."""
    return _idx.load(root, "mnist", FILES, FOLDERS, NAMES)


def download(root: Path) -> Iterator[Progress]:
    """Fetches the files that are missing. Raises DataError."""
    return _idx.download(root, "MNIST", FILES, DOWNLOAD_MB)
