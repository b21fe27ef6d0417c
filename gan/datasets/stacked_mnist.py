"""Stacked MNIST: three random digits in red, green and blue, a thousand modes to count.

Each picture is three of MNIST's on top of each other, one in each colour: a number from 000 to 999. How many of the
thousand a generator draws, and how evenly, can be counted by reading each colour alone: the usual measure of mode
collapse, from Metz et al., "Unrolled Generative Adversarial Networks" (2017, arXiv:1611.02163). 60,000 to train on,
10,000 to test with, always the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gan.datasets import Data, Progress, _idx, _stacked

LICENCE = "MNIST is Y. LeCun's and C. Cortes', under CC BY-SA 3.0 (yann.lecun.com/exdb/mnist)."
STACK_OF = "mnist"
FILES = (
    "MNIST/raw/train-images-idx3-ubyte",
    "MNIST/raw/train-labels-idx1-ubyte",
    "MNIST/raw/t10k-images-idx3-ubyte",
    "MNIST/raw/t10k-labels-idx1-ubyte",
)
FOLDERS = ("MNIST/raw", "MNIST", "mnist", "mnist/raw", "raw", "")
DOWNLOAD_MB = 11
SHAPE = (3, 28, 28)
COUNT = 60000
LABELS = False


def load(root: Path) -> Data:
    """Reads MNIST and stacks it. Raises DataError."""
    return _stacked.load(root, STACK_OF)


def download(root: Path) -> Iterator[Progress]:
    """Fetches the files of MNIST that are missing. Raises DataError."""
    return _idx.download(root, "MNIST", FILES, DOWNLOAD_MB)
