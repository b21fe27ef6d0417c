"""The tables of the benchmarks: how they are written, gathered on one page, and which exist. Nothing is timed."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest

from benchmarks import performance
from benchmarks._report import command, publish, spread, table

FILES = sorted(Path(performance.__file__).parent.glob("[!_]*.py"))


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(performance, "DOCS", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("values", "digits", "told"),
    [([3.14159], 2, "3.14"), ([1, 3, 2], 0, "2 (1 to 3)"), ([1000, 3000], 1, "2,000.0 (1,000.0 to 3,000.0)")],
)  # fmt: skip
def test_a_number_is_a_median_with_its_range(values: list[float], digits: int, told: str) -> None:
    assert spread(values, digits) == told


def test_a_page_names_its_command_and_machine_and_keeps_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "waits"
    monkeypatch.setattr(
        sys, "argv", ["x/waits.py", "--rounds", "2", "--out", str(out), "--only", "a b"]
    )
    assert command() == "python -m benchmarks.waits --rounds 2 --only 'a b'"
    publish("Waits", table(["What", "s"], [["one", "2"]]), {"one": [2]}, "a machine", out)
    page = out.with_suffix(".md").read_text()
    assert page == capsys.readouterr().out[:-1]
    assert page.startswith("# Waits\n")
    assert f"`{command()}`" in page
    assert "on: a machine." in page
    assert page.endswith("| What | s |\n| --- | --- |\n| one | 2 |\n")
    kept = json.loads(out.with_suffix(".json").read_text())
    assert kept == {"command": command(), "machine": "a machine", "found": {"one": [2]}}


def test_one_part_made_anew_leaves_the_others(docs: Path) -> None:
    first, second = (part.name for part in performance.PARTS[:2])
    for name, title in ((second, "Two"), (first, "One"), (second, "Two again")):
        performance.keep(name, {"page": f"# {title}\n\n| a |", "found": [title]})
    page = (docs / "performance.md").read_text()
    assert [line for line in page.splitlines() if line.startswith("#")][:3] == [
        "# Performance", "## One", "## Two again",
    ]  # fmt: skip
    told = json.loads((docs / "performance.json").read_text())
    assert {name: part["found"] for name, part in told.items()} == {
        first: ["One"],
        second: ["Two again"],
    }


def test_the_page_links_to_what_is_there(docs: Path) -> None:
    assert "explore.md" not in performance.page({})
    (docs / "explore.md").touch()
    assert "(explore.md)" in performance.page({})


def test_a_part_writes_into_a_folder_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "benchmarks").mkdir()
    code = "open('docs/part.json', 'w').write('[1]'); print('# Part')"
    (tmp_path / "benchmarks" / "part.py").write_text(code)
    monkeypatch.setattr(performance, "HERE", tmp_path / "benchmarks")
    made = performance.run(performance.Part("part", "", out=False), 60)
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
        wanted = given | ({"--out"} if part.out else set())
        assert part.name not in sources or wanted <= taken, part.name
