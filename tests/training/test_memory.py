"""Memory: an estimate before training, what is free, and what is told when it was short."""

from __future__ import annotations

import pytest
import torch

from gan.config import RunConfig, preset
from gan.training import memory
from tests.engine import tiny

MNIST = (1, 28, 28)


def test_an_estimate_grows_with_batch_and_width():
    config = preset("lean")[0]
    small, large = (memory.needed(config.replace(batch=batch), MNIST, 0) for batch in (32, 1024))
    assert 5e6 < small < 200e6
    assert 5 < large / small < 32
    assert memory.needed(config.replace(width=64), MNIST, 0) > 2 * small


@pytest.mark.parametrize("name", ["lean-cond", "gan-2014", "dcgan-16", "first-steps"])
def test_every_kind_of_network_can_be_estimated(name):
    config = preset(name)[0]
    shape = (2, 1, 1) if name == "first-steps" else (1, config.image_size or 28, config.image_size or 28)
    assert memory.needed(config, shape, 10) > 0
    assert memory.refusal_before(config.replace(device="cpu")) == ""


def test_what_cannot_fit_is_refused_with_what_would(monkeypatch):
    config = tiny(batch=4096, width=128)
    monkeypatch.setattr(memory, "free", lambda device: 10**9)
    told = memory.refusal(config, MNIST, 0)
    assert "1.0 GB are free: a batch of 4,096 with a width of 128 does not fit. A batch of " in told
    assert memory.refusal(tiny(), MNIST, 0) == ""
    monkeypatch.setattr(memory, "free", lambda device: 10**5)
    assert "Lower the width and the batch" in memory.refusal(config, MNIST, 0)
    monkeypatch.setattr(memory, "free", lambda device: None)
    assert memory.refusal(config, MNIST, 0) == ""


def test_too_many_parameters_and_layers_that_do_not_fit_are_refused_before_anything_starts(monkeypatch):
    monkeypatch.setattr(memory, "free", lambda device: None)
    large = RunConfig(model="own-mlp", units=4096, layers_g=8)
    assert memory.refusal_before(large).endswith("parameters, and 100,000,000 are the most: make them smaller.")
    assert memory.refusal_before(RunConfig(model="own-dcgan", stages=3)).startswith("G, layer 1: 28 × 28 cannot be")
    unread = RunConfig(model="own-dcgan", stages=3, dataset="own-images", source="x")
    assert memory.refusal_before(unread) == ""


def test_what_is_free_is_the_least_of_all_limits(tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 600\ninactive_file 50\nactive_file 25\n")
    assert memory._container(tmp_path) == 375
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._container(tmp_path) is None
    monkeypatch.setattr(memory, "_container", lambda: 375)
    assert memory.free("cpu") == 375


@pytest.mark.parametrize(
    ("error", "short"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory"),
            True,
        ),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (KeyError("out of memory"), False),
    ],
)
def test_a_shortage_is_known_by_its_words(error, short):
    assert memory.is_shortage(error) == short
    assert "smaller batch (now 32), width (now 16)" in memory.shortage(RunConfig())
