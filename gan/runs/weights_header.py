"""The header of a safetensors file, read without its tensors: what a generator is and of what it was made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gan import files

MAX_HEADER = 10_000_000  # bytes


def read(path: Path) -> dict[str, Any]:
    """The metadata of weights or of a state, as values; {} for a file that cannot be read. No checksum is looked at."""
    try:
        with files.opened(path) as file:
            length = int.from_bytes(file.read(8), "little")
            header = files.load(file.read(min(length, MAX_HEADER)))
        texts = header.get("__metadata__") or {}
        return {key: json.loads(value) for key, value in texts.items() if key != "sha256"}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
