"""Cores that may really be used, and the device that is chosen."""

from __future__ import annotations

import os

import pytest
import torch

from gan import hardware
from gan.config import ConfigError, RunConfig


@pytest.fixture
def machine(monkeypatch):
    """A machine with eight cores and the accelerators of `here`."""

    def have(*here):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in here)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in here)

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    have()
    return have


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 8),
        ({"cpu.max": "max 100000\n"}, 8),
        ({"cpu.max": "250000 100000\n"}, 3),
        ({"cpu.max": "10000 100000\n"}, 1),
        ({"cpu.max": "1600000 100000\n"}, 8),
        ({"cpu.max": ""}, 8),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        ({"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2),
    ],
)
def test_affinity_and_quota_bound_the_cores(tmp_path, monkeypatch, machine, files, expected):
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    quota = hardware._quota(tmp_path)
    monkeypatch.setattr(hardware, "_quota", lambda: quota)
    assert hardware.cores() == expected


def test_a_system_without_affinity_counts_its_cores(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    monkeypatch.setattr(hardware, "_quota", lambda: 1_000_000)
    assert hardware.cores() == 3


@pytest.mark.parametrize(
    ("here", "wanted", "got"),
    [
        ((), "auto", "cpu"),
        (("mps",), "auto", "mps"),
        (("cuda", "mps"), "auto", "cuda"),
        (("cuda",), "cpu", "cpu"),
        (("mps",), "mps", "mps"),
    ],
)
def test_auto_takes_cuda_then_mps_then_the_cpu(machine, here, wanted, got):
    machine(*here)
    assert hardware.resolve(RunConfig(device=wanted)).device == got


def test_a_device_that_is_not_here_is_told_with_those_that_are(machine):
    with pytest.raises(ConfigError, match=r"^device: 'cuda' is not on this machine; there is cpu\."):
        hardware.resolve(RunConfig(device="cuda"))
    machine("cuda")
    with pytest.raises(ConfigError, match=r"there is cpu, cuda\."):
        hardware.resolve(RunConfig(device="mps"))


def test_threads_are_left_as_they_are(machine):
    assert hardware.resolve(RunConfig()).threads == 0
    settled = hardware.resolve(RunConfig(threads=2))
    assert settled.threads == 2
    assert hardware.resolve(settled) == settled


@pytest.mark.parametrize("threads", [1, 3])
def test_parts_are_worked_on_together_in_order_each_on_one_thread(threads):
    before = torch.get_num_threads()

    def work(part):
        return part, torch.get_num_threads(), torch.is_grad_enabled()

    try:
        torch.set_num_threads(threads)
        assert hardware.together(work, range(9)) == [(k, 1, False) for k in range(9)]
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


def test_a_part_that_fails_is_told():
    with pytest.raises(ZeroDivisionError):
        hardware.together(lambda part: 1 / part, [1, 0])
