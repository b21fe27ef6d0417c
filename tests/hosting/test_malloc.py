"""Freed memory leaves the process, which by itself it would not."""

from __future__ import annotations

import subprocess
import sys

import pytest

CHURN = """
import random, sys
from pathlib import Path
import numpy as np
from gan.hosting.malloc import give_back

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


def told(script: str, given_back: str) -> float:
    """What a Python of its own prints."""
    command = [sys.executable, "-c", script, given_back]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc, sets glibc")
def test_large_blocks_are_given_back() -> None:
    assert told(CHURN, "yes") < 5 < 15 < told(CHURN, "no")


CROWD = """
import re, sys, threading
from pathlib import Path
from gan.hosting.malloc import give_back

assert sys.argv[1] != "yes" or give_back()
met = threading.Barrier(10)

def allocate():
    kept = [bytearray(1 << 10) for _ in range(100)]
    met.wait()

threads = [threading.Thread(target=allocate) for _ in range(10)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
maps = Path("/proc/self/maps").read_text()
starts = [int(start, 16) for start in re.findall(r"^([0-9a-f]+)-[0-9a-f]+ rw", maps, re.M)]
print(sum(start % (64 << 20) == 0 for start in starts))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc, sets glibc")
def test_threads_share_heaps() -> None:
    assert told(CROWD, "yes") <= 1 < 4 <= told(CROWD, "no")  # beside the process's own
