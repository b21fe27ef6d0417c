"""A generator as an ONNX file, for programs that know no PyTorch. It is checked against PyTorch before it is there.

Inputs `z` (float32 N,z_dim) and, where the generator is told classes, `y` (int64 N); output `images` (float32 N,C,H,W
in [-1, 1]); N is any. Needs packages that the app does not: NEEDS. It is for a process of its own: while PyTorch
exports, it changes classes of its own for all threads.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan import files, images
from gan.runs import RunError
from gan.sampler import Sampler

NEEDS = ("onnx", "onnxscript", "onnxruntime")
CHECKED = 64  # pictures that are compared
MAX_DIFFERENCE = 1  # of 255


def write(sampler: Sampler, out: Path) -> int:
    """Writes the file whole, and returns the largest difference (of 255) between its pictures and PyTorch's.

    Raises RunError where a package is missing, where PyTorch cannot export the model, where the pictures differ by more
    than MAX_DIFFERENCE (then there is no file), and when `out` cannot be written.
    """
    if lacking := [name for name in NEEDS if not find_spec(name)]:
        raise RunError(
            f"An ONNX file needs {', '.join(lacking)}, which the app does without: pip install {' '.join(lacking)}."
        )
    if sampler.config.from_source:
        raise RunError("A generator that makes one picture from another is not written as ONNX yet: the zip has it.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "generator.onnx"
        _export(sampler, path)
        raw = path.read_bytes()
    difference = _difference(sampler, raw)
    if difference > MAX_DIFFERENCE:
        raise RunError(
            f"The ONNX file is not handed out: its pictures differ from PyTorch's by up to {difference} of 255."
        )
    try:
        files.replace(out, raw)
    except OSError as error:
        raise RunError(f"{out.name} cannot be written: {error.strerror or error}.") from error
    return difference


class _Whole(nn.Module):
    """A generator whose inputs are arguments by place: z, and y where it is told classes."""

    def __init__(self, G: Any) -> None:
        super().__init__()
        self.G = G

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        x: Tensor = self.G(z, y)
        return x


def _export(sampler: Sampler, path: Path) -> None:
    inputs = {name: torch.from_numpy(values) for name, values in _inputs(sampler, 2).items()}
    logger = logging.getLogger("onnxscript")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            n = torch.export.Dim("N")
            program = torch.onnx.export(
                _Whole(sampler.generator).eval(),
                tuple(inputs.values()),
                input_names=list(inputs),
                output_names=["images"],
                dynamic_shapes=[{0: n}] * len(inputs),
                dynamo=True,
                verbose=False,
            )
            assert program is not None
            program.save(path, external_data=False)
    except Exception as error:
        raise RunError(f"PyTorch cannot write this generator as ONNX: {error}") from error
    finally:
        logger.setLevel(level)


def _difference(sampler: Sampler, raw: bytes) -> int:
    runtime = import_module("onnxruntime")

    feed = _inputs(sampler, CHECKED)
    (x,) = runtime.InferenceSession(raw, providers=["CPUExecutionProvider"]).run(["images"], feed)
    expected = sampler.images(feed["z"], feed.get("y"))
    return int(np.abs(images.to_pixels(x).astype(int) - expected.astype(int)).max())


def _inputs(sampler: Sampler, n: int) -> dict[str, NDArray[Any]]:
    z = np.random.default_rng(0).standard_normal((n, sampler.z_dim), np.float32)
    return {"z": z, **({"y": np.arange(n) % sampler.classes} if sampler.classes else {})}
