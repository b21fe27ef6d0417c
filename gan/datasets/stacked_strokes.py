"""Stacked strokes: three drawn digits in red, green and blue, a thousand modes to count.

As stacked MNIST, from the digits that this project writes itself: nothing is downloaded. 60,000 to train on, 10,000 to
test with, always the same.
"""

from __future__ import annotations

from pathlib import Path

from gan.datasets import Data, _stacked

LICENCE = "The pictures are made by Forger itself, under the MIT licence."
STACK_OF = "strokes"
SHAPE = (3, 28, 28)
COUNT = 60000
LABELS = False


def load(root: Path) -> Data:
    """Makes the strokes where they are missing, and stacks them. Raises DataError."""
    return _stacked.load(root, STACK_OF)
