"""Format, lint, types, and the tests of the rooms that a change touches: `make quick`, at most 90 seconds.

A change is what differs from the place where this branch left main, committed or not. A room is a folder of modules
(gan/models), and a module beside such folders (gan/config.py). Its tests are those that lie in a folder of its name or
import from it, themselves or by helpers in tests/, and after them those of the rooms that import it; for a file that
is no Python, those that name it. Tests that find no time left are skipped and counted: `make check` runs all.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = ("gan", "ui", "pages", "benchmarks", "tools", "tests")
LIMIT, LAST = 90.0, 65.0  # seconds: for all; after which no test begins
UNTIL = "FORGER_QUICK_UNTIL"
NO_TIME = "no time left in make quick"


# -- what changed ------------------------------------------------------------------------------------


def git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.splitlines() if done.returncode == 0 else []


def changed() -> list[str]:
    """Paths that differ from where this branch left main, and files that git does not know yet."""
    base = next((found[0] for name in ("main", "origin/main") if (found := git("merge-base", "HEAD", name))), "HEAD")
    return sorted({*git("diff", "--name-only", base), *git("ls-files", "--others", "--exclude-standard")})


# -- who imports what --------------------------------------------------------------------------------


@cache
def modules() -> dict[str, str]:
    """{dotted name: path} of the repo's own Python."""
    paths = [path.relative_to(ROOT) for folder in CODE for path in (ROOT / folder).rglob("*.py")]
    paths += [path.relative_to(ROOT) for path in ROOT.glob("*.py")]
    return {".".join(path.with_suffix("").parts).removesuffix(".__init__"): str(path) for path in paths}


@cache
def imported(path: str) -> frozenset[str]:
    """Paths of own modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = path.split("/")[: -node.level] if node.level else []
            start = ".".join([*parts, *([node.module] if node.module else [])])
            found |= {start, *(f"{start}.{alias.name}" for alias in node.names)}
    return frozenset(modules()[name] for name in found if name in modules())


def with_helpers(test: str) -> set[str]:
    """What a test imports, itself or by helpers in tests/."""
    found, new = set[str](), {test}
    while new:
        more = {path for one in new for path in imported(one)}
        new = {path for path in more - found if path.startswith("tests/")}
        found |= more
    return found


def room(path: str) -> str:
    """The folder of a module, or the module itself where folders lie beside it; a file in another folder is its own."""
    folder = Path(path).parent
    return str(folder) if len(folder.parts) > 1 else path


def touched(paths: Iterable[str]) -> list[str]:
    """Files of tests that a change of these files touches, the nearest first."""
    paths = [path for path in paths if not path.startswith(("docs/", "checkpoints/", "locks/"))]
    rooms = {room(path) for path in paths if not path.startswith("tests/")}
    words = {Path(found).stem for found in rooms} - {"__init__", "__main__"}
    stems = [{*Path(path).stem.split("_")} for path in paths if Path(path).stem.strip("_") not in ("init", "main")]
    files = {Path(path).name for path in paths if not path.endswith(".py")}
    own = [path for path in modules().values() if not path.startswith("tests/")]
    around = {room(path) for path in own if rooms & {room(one) for one in imported(path)}}
    near: dict[str, int] = {}
    for test in sorted(path for path in modules().values() if Path(path).name.startswith("test_")):
        text = (ROOT / test).read_text(encoding="utf-8")
        fixtures = {str(folder / "conftest.py") for folder in Path(test).parents}
        named = {*Path(test).stem.split("_")[1:]}
        if test in paths:
            near[test] = 0
        elif any(stem <= named for stem in stems):
            near[test] = 1
        elif words & {*Path(test).parts[1:-1], *named}:
            near[test] = 2
        elif any(room(path) in rooms for path in imported(test)) or any(name in text for name in files):
            near[test] = 3
        elif {*paths} & (with_helpers(test) | fixtures) or rooms & {room(path) for path in with_helpers(test)}:
            near[test] = 4
        elif any(room(path) in around for path in imported(test)):
            near[test] = 5
        elif "assets/base" in rooms and "mark.browser" in text:  # all pages are built of it
            near[test] = 6
        if test in near and "mark.browser" in text:
            near[test] += 7
    return sorted(near, key=lambda test: (near[test], test))


# -- the run -----------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """As a plugin of pytest: no test begins after the time that the environment tells."""
    if time.time() > float(os.environ.get(UNTIL, "inf")):
        pytest.skip(NO_TIME)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.stats.get("skipped", [])
    if left := sum(NO_TIME in str(report.longrepr) for report in reports):
        terminalreporter.write_line(f"No time was left for {left} tests: make check runs them.")


def main(*arguments: str) -> int:
    began, paths = time.time(), changed()
    steps = [["ruff", "format", "--check"], ["ruff", "check"], ["mypy"]]
    if tests := touched(paths):
        steps.append(["pytest", "-p", "tools.quick", "--durations=3", *arguments, *tests])
    print(f"{len(paths)} changed files touch {len(tests)} files of tests.", flush=True)
    env = {**os.environ, UNTIL: str(began + LAST)}
    failed = [step[0] for step in steps if subprocess.call([sys.executable, "-m", *step], cwd=ROOT, env=env) != 0]
    print(f"{time.time() - began:.0f} s of {LIMIT:.0f}." + (f" Not clean: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
