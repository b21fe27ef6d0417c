"""Bounds on what is read of a stranger's files, counted over everything that lies in one another."""

from __future__ import annotations

from dataclasses import dataclass

from gan.datasets import DataError

MAX_ENTRIES = 200_000  # looked at, pictures or not
MAX_FILE = 256 << 20  # bytes of one picture
MAX_ARRAYS = 2 << 30  # bytes of one file of arrays, or of an archive inside another
MAX_TOTAL = 100 << 30  # bytes of all
MAX_RATIO = 200  # unpacked to packed bytes, from SMALL on
SMALL = 1 << 20
MAX_DEPTH = 3  # archives in one another


@dataclass
class Budget:
    """What has been looked at so far. Raises DataError when it is too much."""

    source: str
    entries: int = 0
    bytes: int = 0

    def look(self, entries: int = 1) -> None:
        """Counts entries."""
        self.entries += entries
        if self.entries > MAX_ENTRIES:
            raise DataError(f"{self.source} has more than {MAX_ENTRIES:,} entries: choose a smaller one.")

    def spend(self, count: int) -> None:
        """Counts bytes."""
        self.bytes += count
        if self.bytes > MAX_TOTAL:
            raise DataError(f"{self.source} holds more than {MAX_TOTAL >> 30} GB: choose a smaller one.")
