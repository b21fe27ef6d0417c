"""KMNIST: 70,000 characters from old Japanese books.

Ten cursive kana (Kuzushiji), each with several shapes that look nothing alike; 28 × 28 grey pixels,
60,000 to train on, 10,000 to test with. Clanuwat et al. (2018), arXiv:1812.01718.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gan.datasets import Data, Progress, _idx

LICENCE = "KMNIST is made by ROIS-DS CODH, under CC BY-SA 4.0 (codh.rois.ac.jp/kmnist)."
TORCHVISION = "KMNIST"
FILES = (
    "KMNIST/raw/train-images-idx3-ubyte",
    "KMNIST/raw/train-labels-idx1-ubyte",
    "KMNIST/raw/t10k-images-idx3-ubyte",
    "KMNIST/raw/t10k-labels-idx1-ubyte",
)
FOLDERS = ("KMNIST/raw", "KMNIST", "kmnist")  # where they may lie, too
DOWNLOAD_MB = 21
SHAPE = (1, 28, 28)
COUNT = 60000
LABELS = True
NAMES = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")


def load(root: Path) -> Data:
    """Reads the four files. Raises DataError."""
    return _idx.load(root, "kmnist", FILES, FOLDERS, NAMES)


def download(root: Path) -> Iterator[Progress]:
    """Fetches the files that are missing. Raises DataError."""
    return _idx.download(root, "KMNIST", FILES, DOWNLOAD_MB)
