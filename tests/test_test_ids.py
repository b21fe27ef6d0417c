"""The ids of tests are the same in every process, else xdist's workers collect different tests and the run stops."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
COLLECT = [
    sys.executable,
    "-m",
    "pytest",
    "--collect-only",
    "-q",
    "-n",
    "0",
    "-p",
    "no:cacheprovider",
    "-o",
    "addopts=",
]


def collecting(seed: int, *where: str) -> "subprocess.Popen[str]":
    """A process that prints the id of every test under `where`, all by default; its hash seed is `seed`."""
    env = {**os.environ, "PYTHONHASHSEED": str(seed)}
    return subprocess.Popen([*COLLECT, "--import-mode=importlib", *where], cwd=ROOT, env=env, stdout=-1, text=True)


def ids(process: "subprocess.Popen[str]") -> list[str]:
    out = process.communicate()[0]
    assert process.returncode == 0, out[-2000:]
    return [line for line in out.splitlines() if "::" in line]


@pytest.mark.slow
@pytest.mark.timeout(300)  # the whole collection, beside all else
def test_another_process_collects_the_same_tests(request: pytest.FixtureRequest):
    """What was collected here is collected again later, with another hash seed: an id of its own time is not found."""
    here = [item.nodeid for item in request.session.items]
    files = sorted({nodeid.partition("::")[0] for nodeid in here})
    there = ids(collecting(1 if os.environ.get("PYTHONHASHSEED") != "1" else 2, *files))
    assert sorted(set(here) - set(there)) == []


@pytest.mark.parametrize("content", [b"x" * 17, "x" * 101])
def test_long_content_is_numbered(request: pytest.FixtureRequest, content: object):
    assert request.node.name.partition("[")[2] in ("content0]", "content1]")
