"""The weights of a network as a browser takes them: 16-bit numbers, and a checksum."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors import numpy as safetensors_numpy


def packed(raw: bytes, network: str = "G") -> bytes:
    """A safetensors file of one network in `raw`, a file of published weights: its EMA where there is one.

    Names are those of the network itself.

    Numbers that 16 bits cannot hold stay as they are. Its metadata has `step` and `crc32`, that of the bytes behind
    the header. Raises ValueError for a file that is none.
    """
    try:
        tensors = safetensors_numpy.load(raw)
        texts = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])["__metadata__"]
        step = str(int(json.loads(texts["step"])))
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"it holds no weights: {error}") from error
    ema = f"{network}_ema."
    prefix = ema if any(name.startswith(ema) for name in tensors) else f"{network}."
    own = {
        name.removeprefix(prefix): _half(values)
        for name, values in sorted(tensors.items())
        if name.startswith(prefix) and values.dtype.kind == "f"
    }
    return _checked(own, {"step": step})


def of_networks(networks: Mapping[str, Mapping[str, NDArray[Any]]], step: int) -> bytes:
    """The same of several networks at hand, by name; names in the file are NAME.own."""
    own = {
        f"{network}.{name}": _half(values)
        for network, tensors in networks.items()
        for name, values in sorted(tensors.items())
        if values.dtype.kind == "f"
    }
    return _checked(own, {"step": str(step)})


def of_network(tensors: Mapping[str, NDArray[Any]], step: int) -> bytes:
    """The same of one network at hand, under its own names."""
    own = {name: _half(values) for name, values in sorted(tensors.items()) if values.dtype.kind == "f"}
    return _checked(own, {"step": str(step)})


def step_of(packed_weights: bytes) -> int:
    """The step of the run that packed weights are of."""
    header = json.loads(packed_weights[8 : 8 + int.from_bytes(packed_weights[:8], "little")])
    return int(header["__metadata__"]["step"])


def _half(values: NDArray[np.floating]) -> NDArray[np.floating]:
    with np.errstate(over="ignore"):
        half = values.astype(np.float16, order="C")
    return half if np.isfinite(half).all() or not np.isfinite(values).all() else values.astype(np.float32, order="C")


def _checked(tensors: dict[str, NDArray[np.floating]], texts: dict[str, str]) -> bytes:
    bare = safetensors_numpy.save(tensors)
    data = memoryview(bare)[8 + int.from_bytes(bare[:8], "little") :]
    return safetensors_numpy.save(tensors, metadata={**texts, "crc32": str(zlib.crc32(data))})
