"""Tensor files: safetensors with JSON metadata and a checksum over both, checked before use."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from gan import files

MAX_HEADER_BYTES, MAX_BYTES = 16 << 20, 4 << 30


class CorruptFile(Exception):
    """A file that does not hold what it says."""


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]) -> None:
    """Writes tensors and JSON metadata with a checksum over both, atomically. Raises OSError."""
    # clones: none may share memory
    whole = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
    texts = {key: json.dumps(value) for key, value in metadata.items()}
    texts["sha256"] = _digest(whole, texts)
    files.replace(path, safetensors.torch.save(whole, metadata=texts))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What `write_tensors` wrote. Raises CorruptFile when the file is missing, damaged, or its checksum does not hold.

    The file is opened once: it may be replaced at any moment, and safe_open goes back to it by name for the tensors.
    """
    try:
        raw = _raw(path)
        tensors, texts = safetensors.torch.load(raw), _metadata(raw)
        if texts.pop("sha256", "") != _digest(tensors, texts):
            raise CorruptFile(f"{path.name} is damaged: its checksum does not hold.")
        return tensors, {key: json.loads(value) for key, value in texts.items()}
    except (OSError, ValueError, TypeError, LookupError, AttributeError, safetensors.SafetensorError) as error:
        raise CorruptFile(f"{path.name} cannot be read: {files.why(error)}") from error


def with_metadata(raw: bytes, changes: Mapping[str, Any]) -> bytes:
    """The bytes of a tensor file with other metadata, and the checksum made anew. Raises CorruptFile."""
    try:
        tensors, texts = safetensors.torch.load(raw), _metadata(raw)
    except (ValueError, KeyError, safetensors.SafetensorError) as error:
        raise CorruptFile(f"they cannot be read: {error}") from error
    texts.pop("sha256", "")
    texts |= {key: json.dumps(value) for key, value in changes.items()}
    texts["sha256"] = _digest(tensors, texts)
    return safetensors.torch.save(tensors, metadata=texts)


def load_strict(net: nn.Module, tensors: Mapping[str, Tensor], prefix: str) -> None:
    """Loads the tensors under `prefix` into `net` after checking names, shapes and types. Raises CorruptFile."""
    own, named = net.state_dict(), under(tensors, prefix)
    if own.keys() != named.keys():
        odd = sorted(own.keys() ^ named.keys())
        raise CorruptFile(f"{prefix[:-1]} has other layers than the file: {', '.join(odd[:4])}.")
    for key, value in own.items():
        new = named[key]
        if new.shape != value.shape or new.is_floating_point() != value.is_floating_point():
            raise CorruptFile(f"{prefix}{key} is {tuple(new.shape)}, and {tuple(value.shape)} is needed.")
    net.load_state_dict(named)


def under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, by the rest of their names."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _raw(path: Path) -> bytes:
    """The whole file, once its header has said that it is as long as it is. Raises OSError, ValueError."""
    with files.opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(size, MAX_HEADER_BYTES):
            raise ValueError("it has no header")
        header = files.load(file.read(length))
        ends = [about["data_offsets"][1] for name, about in header.items() if name != "__metadata__"]
        if 8 + length + max(ends, default=0) != size or size > MAX_BYTES:
            raise ValueError("it is not as long as its header says")
        file.seek(0)
        return file.read(size + 1)


def _metadata(raw: bytes) -> dict[str, str]:
    """The texts beside the tensors. A file begins with 8 bytes, the length of the JSON header that follows."""
    length = int.from_bytes(raw[:8], "little")
    return dict(files.load(raw[8 : 8 + length]).get("__metadata__") or {})


def _digest(tensors: Mapping[str, Tensor], texts: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(texts, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name}{tensor.dtype}{tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
