"""Freed memory leaves the process, which by itself it would not."""

from __future__ import annotations

import subprocess
import sys

import pytest

CHURN = """
import random, sys
from pathlib import Path
import numpy as np
from ui.memory import give_back

def resident():
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1000

assert sys.argv[1] != "yes" or give_back()
before, draws, small = resident(), random.Random(0), []
for _ in range(20):
    large = []
    for _ in range(20):
        large.append(np.ones(draws.randrange(1 << 20, 6 << 20), np.uint8))
        small.append(np.ones(1 << 12, np.uint8))
    draws.shuffle(large)
    while large:
        large.pop()
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc, sets glibc")
def test_large_blocks_are_given_back() -> None:
    def grown(given_back: str) -> float:
        told = subprocess.run(
            [sys.executable, "-c", CHURN, given_back], check=True, capture_output=True, text=True
        )
        return float(told.stdout)

    assert grown("yes") < 5 < 15 < grown("no")
