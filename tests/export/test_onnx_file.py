"""A generator as ONNX: the same pictures in another runtime; refused where they are not, or a package is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan import images
from gan.export import onnx_file
from gan.runs import RunError
from gan.sampler import Sampler

RUN = Path("checkpoints/dcgan-deep-cond-mnist")


@pytest.fixture(scope="module")
def sampler() -> Sampler:
    return Sampler.load(RUN)


def test_a_missing_package_is_named_with_how_to_get_it(sampler, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_file, "find_spec", lambda name: None if name == "onnxscript" else object())
    with pytest.raises(RunError, match=r"needs onnxscript, which .* pip install onnxscript"):
        onnx_file.write(sampler, tmp_path / "x.onnx")


def test_another_runtime_draws_the_same_for_any_number_of_pictures_and_a_wrong_file_is_not_handed_out(
    sampler, tmp_path, monkeypatch
):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    out = tmp_path / "x.onnx"
    assert onnx_file.write(sampler, out) <= 1
    session = runtime.InferenceSession(out, providers=["CPUExecutionProvider"])
    assert [(i.name, i.type) for i in session.get_inputs()] == [("z", "tensor(float)"), ("y", "tensor(int64)")]
    for n in (1, 5):
        z, y = np.random.default_rng(n).standard_normal((n, sampler.z_dim), np.float32), np.arange(n) % 10
        (x,) = session.run(["images"], {"z": z, "y": y})
        assert x.dtype == np.float32
        assert np.abs(images.to_pixels(x).astype(int) - sampler.images(z, y)).max() <= 1
    raw, draw = out.read_bytes(), sampler.images
    out.unlink()

    def lighter(z: Any, classes: Any = None) -> Any:
        return np.minimum(draw(z, classes), 250) + 5

    monkeypatch.setattr(onnx_file, "_export", lambda sampler, path: path.write_bytes(raw))  # once is slow enough
    monkeypatch.setattr(sampler, "images", lighter)
    with pytest.raises(RunError, match="not handed out: its pictures differ"):
        onnx_file.write(sampler, out)
    assert not out.exists()
