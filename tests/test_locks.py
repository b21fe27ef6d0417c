"""The locks: they pin everything with sums, name no place, and agree with the requirements and with each other."""

import re
from importlib.metadata import version

import pytest
from packaging.requirements import Requirement

from tools.lock import CUDA, LOCKS, PAIR, ROOT, entries, name

ENTRIES = {path.stem: entries(path.read_text()) for path in LOCKS.glob("*.txt")}
CPU = ENTRIES["cpu"] | ENTRIES["cpu-torch"]


def pins(file: str) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([\w-]+)==(\S+)", (ROOT / file).read_text()))


def pinned(found: dict[str, str]) -> dict[str, str]:
    """{package: version, without what names a build} of the entries of a lock that count on this machine."""
    there = [Requirement(entry) for entry in found]
    return {
        one.name: str(one.specifier)[2:].partition("+")[0] for one in there if not one.marker or one.marker.evaluate()
    }


def test_there_are_four():
    assert {*ENTRIES} == {"cuda", "cpu", "cpu-torch", "dev"}
    assert len(ENTRIES["cuda"]) > 40


@pytest.mark.parametrize("lock", sorted(ENTRIES))
def test_every_package_is_pinned_with_sums_and_no_place_is_named(lock: str):
    text = (LOCKS / f"{lock}.txt").read_text()
    assert "://" not in text
    assert re.findall(r"(?m)^\s*-(?!-hash=sha256:[0-9a-f]{64}( \\)?$).*", text) == []
    assert all(re.fullmatch(r"[\w.-]+==[\w.+]+( ; .*)?", entry) for entry in ENTRIES[lock])
    without = [entry for entry, lines in ENTRIES[lock].items() if "--hash" not in lines]
    said = "Not verified by this file" in " ".join(text.split())
    assert without == ([*ENTRIES[lock]] if lock == "cpu-torch" and said else [])


@pytest.mark.parametrize(
    ("file", "locked"),
    [
        ("requirements.txt", ENTRIES["cuda"]),
        ("requirements.txt", CPU),
        ("requirements-dev.txt", ENTRIES["dev"]),
    ],
    ids=["cuda", "cpu", "dev"],
)
def test_the_requirements_are_in_the_lock(file: str, locked: dict[str, str]):
    wanted = pins(file)
    assert {package: found for package, found in pinned(locked).items() if package in wanted} == wanted


def test_both_builds_differ_in_torch_and_what_cuda_needs_only():
    usual = {k: v for k, v in ENTRIES["cuda"].items() if not CUDA.match(k) and name(k) not in PAIR}
    assert usual == ENTRIES["cpu"]
    assert {name(entry) for entry in ENTRIES["cpu-torch"]} == {*PAIR}
    assert all(re.search(r"==[\d.]+\+cpu$", entry) for entry in ENTRIES["cpu-torch"])


def test_the_tools_come_on_top():
    tools = {name(entry) for entry in ENTRIES["dev"]}
    assert not tools & {name(entry) for entry in ENTRIES["cuda"]}


def test_what_is_installed_is_what_is_locked():
    here = {package: version(package).partition("+")[0] for package in pinned(CPU | ENTRIES["dev"])}
    assert here == pinned(CPU | ENTRIES["dev"])
