"""The tables of the benchmarks: how they are written, gathered on one page, and which exist. Nothing is timed."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import _attempt, _report, performance, speedrun, styles
from benchmarks._report import command, earlier, keep, publish, spread, table
from gan.metrics import Features

HOME = Path(performance.__file__).parent.parent
FILES = sorted([*HOME.glob("benchmarks/[!_]*.py"), *HOME.glob("tools/[!_]*.py")])


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(_report, "BENCH", tmp_path / ".bench")
    monkeypatch.setattr(_report, "DOCS", tmp_path / "docs")
    return tmp_path / "docs"


@pytest.mark.parametrize(
    ("values", "digits", "told"),
    [([3.14159], 2, "3.14"), ([1, 3, 2], 0, "2 (1 to 3)"), ([1000, 3000], 1, "2,000.0 (1,000.0 to 3,000.0)")],
)
def test_a_number_is_a_median_with_its_range(values: list[float], digits: int, told: str) -> None:
    assert spread(values, digits) == told


def test_a_page_names_its_command_and_machine_and_keeps_its_numbers(
    docs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["/x/tools/waits.py", "--rounds", "2", "--publish", "--only", "a b"])
    assert command() == "python -m tools.waits --rounds 2 --only 'a b'"
    publish("Waits", table(["What", "s"], [["one", "2"]]), {"one": [2]}, "a machine", "waits", True)
    page = (docs / "waits.md").read_text()
    assert page == capsys.readouterr().out[:-1]
    assert page.startswith("# Waits\n")
    assert f"`{command()}`" in page
    assert "on: a machine." in page
    assert page.endswith("| What | s |\n| --- | --- |\n| one | 2 |\n")
    kept = json.loads((docs / "results" / "waits.json").read_text())
    assert kept == {"command": command(), "machine": "a machine", "found": {"one": [2]}}


def test_only_what_is_published_reaches_the_docs(docs: Path) -> None:
    keep("waits", "published", [1], True)
    keep("waits", "tried", [2], False)
    assert (docs / "waits.md").read_text() == "published"
    assert (docs.parent / ".bench/waits.md").read_text() == "tried"
    assert earlier("waits") == [2]
    assert earlier("never") is None


def test_only_the_report_writes_into_the_docs() -> None:
    assert [path.name for path in FILES if 'Path("docs")' in path.read_text()] == []


def test_one_part_made_anew_leaves_the_others(docs: Path) -> None:
    first, second = (part.name for part in performance.PARTS[:2])
    for name, title in ((second, "Two"), (first, "One"), (second, "Two again")):
        performance.add(name, {"page": f"# {title}\n\n| a |", "found": [title]}, True)
    page = (docs / "performance.md").read_text()
    assert [line for line in page.splitlines() if line.startswith("#")][:3] == [
        "# Performance",
        "## One",
        "## Two again",
    ]
    told = json.loads((docs / "results" / "performance.json").read_text())
    assert {name: part["found"] for name, part in told.items()} == {first: ["One"], second: ["Two again"]}


def test_the_page_links_to_what_is_there(docs: Path) -> None:
    assert "explore.md" not in performance.page({})
    docs.mkdir()
    (docs / "explore.md").touch()
    assert "(explore.md)" in performance.page({})


def test_a_part_writes_into_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    code = (
        "import os; os.makedirs('.bench/results'); open('.bench/results/part.json', 'w').write('[1]'); print('# Part')"
    )
    (tmp_path / "benchmarks" / "part.py").write_text(code)
    monkeypatch.setattr(performance, "HERE", tmp_path / "benchmarks")
    made = performance.run(performance.Part("part", ""), 60)
    assert made == {"page": "# Part", "found": [1]}


@pytest.mark.parametrize("code", ["import sys; sys.exit(1)", "import time; time.sleep(60)"])
def test_a_part_that_fails_or_takes_too_long_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str
) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "part.py").write_text(code)
    monkeypatch.setattr(performance, "HERE", tmp_path / "benchmarks")
    assert performance.run(performance.Part("part", ""), 0.5) is None


def test_every_part_that_is_here_takes_what_it_is_given() -> None:
    sources = {path.stem: path.read_text() for path in FILES}
    for part in performance.PARTS:
        taken = {
            node.value
            for node in ast.walk(ast.parse(sources.get(part.name, "")))
            if isinstance(node, ast.Constant) and str(node.value).startswith("--")
        }
        given = {word for word in part.short.split() if word.startswith("--")}
        assert part.name not in sources or given <= taken, part.name


def test_mixing_tells_of_every_border_what_came_from_whom() -> None:
    class Parts:
        """Layer 0 decides the digit, layer 1 how thick its bar is."""

        layers = ("digit", "stroke")

        def mapping(self, z: np.ndarray) -> np.ndarray:
            return z

        def synthesis(self, w: np.ndarray) -> np.ndarray:
            x = -np.ones((len(w), 1, 28, 28), np.float32)
            for picture, (digit, stroke) in zip(x, w[..., 0], strict=True):
                wide = 2 + round(2 * abs(stroke))
                picture[0, 10, 5] = 1 if digit > 0 else -1
                picture[0, 4:14, 12 : 12 + wide] = 1
                picture[0, 14:24, 12 + (digit > 0) : 12 + (digit > 0) + wide] = 1
            return x

    class Ruler:
        def extract(self, pictures: np.ndarray) -> Features:
            classes = (pictures[:, 0, 10, 5] > 0).astype(int)
            return Features(pictures, np.zeros((1, 1), np.float32), None, np.eye(2, dtype=np.float32)[classes])

    z = np.random.default_rng(0).standard_normal((2, 40, 1))
    ((words, own, other, thick_coarse, thick_fine, *_, sure),) = styles.mixed(Parts(), Ruler(), *z)  # type: ignore
    assert (words, own, other, sure) == ("digit", "100.0%", "0.0%", "1.000")
    assert abs(float(thick_coarse)) < 0.5 < float(thick_fine)


def entry(name: str, seconds: list[float | None], labels: bool = False) -> dict[str, object]:
    attempts = [{"seed": k, "seconds": s, "images": None if s is None else 100 * s} for k, s in enumerate(seconds)]
    about = {"name": name, "labels": labels, "note": "", "judge": "abc", "settings": {"seed": 0}}
    return {**about, "machine": "a machine, load 1", "attempts": attempts}


def test_a_record_of_the_speedrun_is_faster_beyond_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speedrun, "SEEDS", 3)
    first = entry("first", [20.0, 21.0, 22.0])
    chance = entry("chance", [18.0, 21.0, 23.0])
    failed = entry("failed", [1.0, 1.0, None])
    faster = entry("faster", [10.0, 11.0, 12.0])
    assert speedrun.records([failed, first, chance, faster], "seconds") == [first, faster]
    assert speedrun.records([first, entry("two seeds", [1.0, 1.1])], "seconds") == [first], "there have to be as many"
    elsewhere = entry("elsewhere", [12.0, 13.0, 14.0]) | {"machine": "another machine, load 0"}
    assert not speedrun.alike(first, first | {"machine": "another machine"})
    assert speedrun.alike(first, first | {"machine": "a machine, load 0", "note": "more seeds"})
    page = speedrun.page([first, chance, failed, faster, elsewhere, entry("told", [3.0], labels=True)])
    assert "| elsewhere | 13.0 s | 13.0 (12.0 to 14.0) | 3 | **record** |" in page, "each machine has its own"
    assert "| faster | 11.0 s | 11.0 (10.0 to 12.0) | 3 | **record** |" in page
    assert "| chance | 20.7 s | 21.0 (18.0 to 23.0) | 3 | no record |" in page
    assert "| failed | 2 of 3 reached it |" in page
    assert "No record was set yet" in speedrun.page([])
    assert page.index("| told |") > page.index("## Seconds, labels")


@pytest.mark.parametrize(("share", "fd", "there"), [(0.01, 200, True), (0.009, 20, False), (0.08, 201, False)])
def test_the_goal_of_the_speedrun_needs_every_digit_and_a_distance(share: float, fd: float, there: bool) -> None:
    assert _attempt.reached({"share": share, "fd": fd}) == there
