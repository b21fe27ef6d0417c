"""MNIST and thick strokes: real digits, and drawn ones with a pen that is thicker than theirs, to translate between.

The first kind is MNIST, the second the thick pictures of thin-thick, 20,000 to train on and 2,000 to test with. Nobody
wrote the same digit in both, so there are no pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gan.datasets import Data, Progress, _idx, mnist, thin_thick

LICENCE = "MNIST is Y. LeCun's and C. Cortes', under CC BY-SA 3.0 (yann.lecun.com/exdb/mnist)."
FILES = (
    "MNIST/raw/train-images-idx3-ubyte",
    "MNIST/raw/train-labels-idx1-ubyte",
    "MNIST/raw/t10k-images-idx3-ubyte",
    "MNIST/raw/t10k-labels-idx1-ubyte",
)
FOLDERS = ("MNIST/raw", "MNIST", "mnist", "mnist/raw", "raw", "")
DOWNLOAD_MB = 11
SHAPE = (1, 28, 28)
COUNT = 60000
LABELS = True
OTHER = True
NAMES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")


def load(root: Path) -> Data:
    """Reads MNIST, and makes the strokes where they are missing. Raises DataError."""
    thick = thin_thick.load(root)
    assert thick.test is not None
    other = replace(thick, sources=None, test=replace(thick.test, sources=None))
    return replace(mnist.load(root), other=other)


def download(root: Path) -> Iterator[Progress]:
    """Fetches the files of MNIST that are missing. Raises DataError."""
    return _idx.download(root, "MNIST", FILES, DOWNLOAD_MB)
