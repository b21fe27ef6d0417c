"""Your own images: a folder or a zip of pictures, any size and kind, or a file of arrays.

Each is turned upright, cropped to the square in its middle and made small. Folders like train and test are
splits, other sub-folders classes. Arrays may come as .npz, .npy, idx, CSV or parquet. At least 16 pictures
are needed; a few hundred are better.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from gan import datasets
from gan.datasets import Data, Progress
from gan.datasets.own import reading as own
from gan.datasets.own.reading import Choices

LICENCE = "Whoever made the pictures has a say in what becomes of them."
KNOBS = ("source", "image_size", "batch", "source_b")
EXTRA = {
    "channels": {
        "label": "Grey or colour",
        "help": "Auto takes colour where any picture has some; it is the same for all of them.",
        "default": "auto",
        "choices": ("auto", "grey", "colour"),
    },
    "paper": {
        "label": "Paper",
        "help": "What lies under transparent pictures; auto takes white, or else what makes more of them visible.",
        "default": "auto",
        "choices": ("auto", "white", "black", "grey"),
    },
    "fit": {
        "label": "Fit",
        "help": "Crop keeps the square in the middle; pad keeps all, with the colour of the edge around it.",
        "default": "crop",
        "choices": ("crop", "pad"),
    },
    "levels": {
        "label": "Levels",
        "help": "Of pictures of more than 8 bits: stretch from their darkest to their brightest, or as stored.",
        "default": "auto",
        "choices": ("auto", "stretch", "stored"),
    },
    "splits": {
        "label": "Test folders",
        "help": "Auto keeps folders like test and val out of training; none trains on all of them.",
        "default": "auto",
        "choices": ("auto", "none"),
    },
}
LABELS = None  # sub-folders may be classes: not known before the pictures are read
FILES = ()
SIZE = 28  # pixels a side where none are asked for


def load(root: Path, source: str, image_size: int = 0, batch: int = 0, source_b: str = "", **choices: str) -> Data:
    """uint8 N,C,size,size of the pictures in `source`, C = 1 or 3; `root` is not needed. `source_b` has a second kind.

    What was left out and decided is told in `Data.reading`; the choices are those of EXTRA. Raises DataError when
    fewer than 16 pictures can be used, or more than fit, or when they cannot teach anything.
    """
    return datasets.finished(reading(root, source, image_size, batch, source_b, **choices))


def reading(
    _root: Path, source: str, image_size: int = 0, batch: int = 0, source_b: str = "", **choices: str
) -> Generator[Progress, None, Data]:
    """The same as a job."""
    wanted = Choices(image_size or SIZE, **choices)
    data = yield from own.read(source, wanted, batch)
    if source_b:  # in the colours of the first
        wanted = replace(wanted, channels="grey" if data.shape[0] == 1 else "colour")
        other = yield from own.read(source_b, wanted, batch)
        data = replace(data, other=other)
    return data
